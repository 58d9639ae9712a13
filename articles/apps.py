from django.apps import AppConfig


class ArticlesConfig(AppConfig):
    name = "articles"
    label = "articles"
    verbose_name = "Articles"

    def ready(self) -> None:
        from articles.models.article import ARTICLES
        from articles.triggers import TRIGGERS
        from config.db.triggers import install_triggers
        from config.search.queue import install_index

        install_triggers(self, TRIGGERS)
        install_index(self, [ARTICLES])
