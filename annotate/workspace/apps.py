from django.apps import AppConfig


class WorkspaceConfig(AppConfig):
    name = "annotate.workspace"
    label = "workspace"
    verbose_name = "Workspace"
