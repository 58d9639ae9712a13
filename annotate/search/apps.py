from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SearchPagesConfig(AppConfig):
    name = "annotate.search"
    label = "search_pages"
    verbose_name = _("Search")
