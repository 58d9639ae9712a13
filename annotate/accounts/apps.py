from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "annotate.accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from annotate.accounts.triggers import TRIGGERS
        from config.db.triggers import install_triggers

        install_triggers(self, TRIGGERS)
