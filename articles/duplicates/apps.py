from django.apps import AppConfig


class DuplicatesConfig(AppConfig):
    name = "articles.duplicates"
    label = "duplicates"
    verbose_name = "Duplicates"
