from functools import partial

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SearchConfig(AppConfig):
    name = "config.search"
    verbose_name = _("Search index")

    def ready(self) -> None:
        from config.jobs.schedule import every
        from config.search.queue import WORKER_TIMEOUT, index_pending

        # Searches then rarely find anything left to index.
        every(2, partial(index_pending, WORKER_TIMEOUT))
