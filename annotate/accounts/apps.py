from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from config.jobs.schedule import every


class AccountsConfig(AppConfig):
    name = "annotate.accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from annotate.accounts.sign_in_limits import delete_old_logs
        from annotate.accounts.triggers import TRIGGERS
        from config.db.triggers import install_triggers

        every(24 * 60 * 60, delete_old_logs)
        install_triggers(self, TRIGGERS)
