from django.apps import AppConfig


class FeedsConfig(AppConfig):
    name = "articles.feeds"
    label = "feeds"
    verbose_name = "Feeds"

    def ready(self) -> None:
        from articles.feeds.services import queue_due_feeds
        from config.jobs.schedule import every

        every(30, queue_due_feeds)
