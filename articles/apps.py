from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ArticlesConfig(AppConfig):
    name = "articles"
    verbose_name = _("Articles")

    def ready(self) -> None:
        from articles.models.article import ARTICLES
        from articles.triggers import TRIGGERS
        from config.db.triggers import install_triggers
        from config.search.queue import install_index

        install_triggers(self, TRIGGERS)
        install_index(self, [ARTICLES])
