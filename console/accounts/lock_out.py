"""The second limit on wrong passwords: by the name alone, for whoever guesses from many addresses.

axes has one limit (`AXES_FAILURE_LIMIT`) for every way of counting. So the name alone is a way of counting
only once its own, higher limit is reached, and the lower one then holds for it. An address from which the
person has signed in before is never closed by what others do; no lock lasts longer than the cool-off.
"""

from datetime import timedelta
from typing import Any

from axes.helpers import get_client_username
from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest
from django.utils import timezone

from console.accounts.middleware import client_address

FAILURES_OF_A_NAME = 20
KEPT = timedelta(days=90)

Counted = list[str | list[str]]


def counted_by(request: HttpRequest, credentials: dict[str, Any] | None = None) -> Counted:
    """By what failures are counted for this request. Named in AXES_LOCKOUT_PARAMETERS."""
    pair: Counted = [["username", "ip_address"]]
    username = get_client_username(request, credentials)
    if not username or failures_of(username) < FAILURES_OF_A_NAME:
        return pair
    known = AccessLog.objects.filter(username=username, ip_address=client_address(request))
    return pair if known.exists() else [*pair, "username"]


def failures_of(username: str) -> int:
    """How many wrong passwords were tried for the name within the cool-off, from wherever."""
    since = timezone.now() - settings.AXES_COOLOFF_TIME
    recent = AccessAttempt.objects.filter(username=username, attempt_time__gte=since)
    return recent.aggregate(failures=Sum("failures_since_start"))["failures"] or 0
