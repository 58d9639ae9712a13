from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FeedsConfig(AppConfig):
    name = "articles.feeds"
    label = "feeds"
    verbose_name = _("Feeds")

    def ready(self) -> None:
        from articles.feeds.services import queue_due_feeds
        from config.jobs.schedule import every

        every(30, queue_due_feeds)
