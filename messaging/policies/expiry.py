"""Does this message still make sense, so late?"""

from datetime import datetime, timedelta

from django.conf import settings

from messaging.states import Purpose


def is_too_late(*, purpose: str, released_at: datetime, now: datetime) -> bool:
    """Whether a one-time code was released so long ago that its reader no longer waits for it."""
    longest = timedelta(minutes=settings.BONGSU_AUTH_MINUTES)
    return purpose == Purpose.AUTHENTICATION and now - released_at > longest
