from django.apps import AppConfig


class StudiesConfig(AppConfig):
    name = "annotate.studies"
    label = "studies"
    verbose_name = "Studies"
