from django.apps import AppConfig


class SearchPagesConfig(AppConfig):
    name = "annotate.search"
    label = "search_pages"
