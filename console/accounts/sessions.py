"""Django's sessions in a table that knows whose each is, since when and from where. Named in SESSION_ENGINE.

Whatever signs a person in stamps the session, so a page that asks for a recent sign-in never takes one for
recent that is not.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import SESSION_KEY as PERSON
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.http import HttpRequest

from console.accounts.models import Session, User

SIGNED_IN_AT = "signed_in_at"
CONFIRMED_AT = "confirmed_at"
ADDRESS = "address"
BROWSER = "browser"
FRESH_SECONDS = 4 * 3600


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        if key == PERSON:
            now = int(time.time())
            super().__setitem__(SIGNED_IN_AT, now)
            super().__setitem__(CONFIRMED_AT, now)

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row of this session: what it holds, and of it what is looked for."""
        row = cast(Session, super().create_model_instance(data))
        row.user_id = Session.person_in(data)
        stamp = data.get(SIGNED_IN_AT)
        row.signed_in_at = datetime.fromtimestamp(stamp, UTC) if stamp else None
        if row.signed_in_at is not None:
            longest = timedelta(hours=settings.BONGSU_SESSION_HOURS)
            row.expire_date = min(row.expire_date, row.signed_in_at + longest)
        row.address = data.get(ADDRESS)
        row.browser = data.get(BROWSER, "")
        return row


def describe(request: HttpRequest, address: str | None) -> None:
    """Note from where, and with what browser, the person has just signed in."""
    request.session[ADDRESS] = address
    request.session[BROWSER] = request.headers.get("User-Agent", "").replace("\x00", "")[:300]


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person gave their password to this session within the last hours."""
    return time.time() - request.session.get(CONFIRMED_AT, 0) < FRESH_SECONDS


def confirm(request: HttpRequest) -> None:
    """The person has just given their password once more."""
    request.session[CONFIRMED_AT] = int(time.time())


def end_sessions(*, user: User, but: str | None = None) -> int:
    """Sign the person out everywhere, but in the session of that key. How many ended."""
    rows = Session.objects.filter(user=user)
    return (rows.exclude(session_key=but) if but else rows).delete()[0]
