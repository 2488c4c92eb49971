from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "console.accounts"
    label = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from console.accounts.audit import register_models

        register_models()
