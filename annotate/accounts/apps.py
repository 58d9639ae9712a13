from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from config.jobs.schedule import every


class AccountsConfig(AppConfig):
    name = "annotate.accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from annotate.accounts.sign_in_limits import delete_old_logs

        every(24 * 60 * 60, delete_old_logs)
