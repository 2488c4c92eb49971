"""What signing in leaves behind, removed when nobody needs it any more; and what is too old of the trail."""

from datetime import timedelta
from importlib import import_module

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.utils import timezone

from console.accounts.lock_out import KEPT
from console.accounts.models import AuditEntry, Notice

DELETED_AT_ONCE = 5000
YEAR = timedelta(days=365.25)


def prune_sign_ins() -> int:
    """Delete ended sessions, and what is known of sign-ins, or was mailed of an account, before KEPT.

    Returns how many sign-ins were forgotten.
    """
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    before = timezone.now() - KEPT
    Notice.objects.filter(project=None, created_at__lt=before).delete()
    rows = (
        model.objects.filter(attempt_time__lt=before)
        for model in (AccessAttempt, AccessFailureLog, AccessLog)
    )
    return sum(found.delete()[0] for found in rows)


def prune_trail() -> int:
    """Delete entries of the audit trail past BONGSU_TRAIL_YEARS, in short statements; how many went."""
    before = timezone.now() - settings.BONGSU_TRAIL_YEARS * YEAR
    old = AuditEntry.objects.filter(timestamp__lt=before).order_by("timestamp").values("pk")
    total = 0
    while gone := AuditEntry.objects.filter(pk__in=old[:DELETED_AT_ONCE]).delete()[0]:
        total += gone
    return total
