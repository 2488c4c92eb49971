"""What of the backup waits for a person: a storage that fails keeps old history from being dropped."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.accounts.roles import Permission
from console.accounts.scoping import Scope
from console.formatting import group_number
from console.navigation import address_of
from console.panels import Need
from messaging.models import BackupFile
from messaging.models.backup import BackupState


def needs_of(scope: Scope) -> list[Need]:
    """A need where days wait for a storage that failed, for those who may mend it."""
    if scope.project is None or not scope.allows(Permission.MANAGE_PROJECT):
        return []
    failed = BackupFile.objects.filter(project=scope.project, state=BackupState.WAITING)
    n = failed.exclude(problem="").count()
    if not n:
        return []
    sentence = ngettext(
        "The backup of %(n)s day failed: its history stays until the storage takes it.",
        "The backup of %(n)s days failed: their history stays until the storage takes it.",
        n,
    )
    return [Need(sentence % {"n": group_number(n)}, address_of("admin:settings_backup"), _("See why"), "red")]
