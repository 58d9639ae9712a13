from django.apps import AppConfig


class HttpConfig(AppConfig):
    name = "config.http"
    label = "http"
    verbose_name = "Outgoing requests"

    def ready(self) -> None:
        from django.core.checks import register

        from config.http.checks import allowed_hosts_can_be_read

        register(allowed_hosts_can_be_read)
