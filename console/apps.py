from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class ConsoleAdminConfig(AdminConfig):
    """Django's admin with the console's own site in place of the default one."""

    default_site = "console.site.ConsoleSite"


class ConsoleConfig(AppConfig):
    name = "console"
    verbose_name = _("Console")
