from gettext import NullTranslations
from typing import cast

from django.apps import AppConfig
from django.utils import translation
from django.utils.translation import gettext_lazy as _


class ArticlesConfig(AppConfig):
    name = "articles"
    verbose_name = _("Articles")

    def ready(self) -> None:
        from articles.models.article import ARTICLES
        from articles.text.translation import translations
        from articles.triggers import TRIGGERS
        from config.db.triggers import install_triggers
        from config.search.queue import install_index

        # Django's module has the functions that a class of the standard library's gettext needs.
        translations.add_fallback(cast("NullTranslations", translation))
        install_triggers(self, TRIGGERS)
        install_index(self, [ARTICLES])
