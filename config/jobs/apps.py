from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "config.jobs"
    label = "jobs"
    verbose_name = "Background jobs"

    def ready(self) -> None:
        from config.jobs.schedule import every, forget_finished_tasks

        every(60 * 60, forget_finished_tasks)
