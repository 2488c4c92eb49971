"""Signing in, as the audit trail keeps it: who came, who left, who was refused, who was locked out.

axes hears of every one of them; it is told here too (`AXES_HANDLER`). What is tried while somebody is locked
out is not written: the lock is, once, so that nobody fills the trail by guessing on. A name that nobody has
is not written either: people type their password into the wrong field.
"""

from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from console.accounts.audit import record_event
from console.accounts.models import AuditEntry, User
from console.accounts.sentences import sentence

REFUSED = sentence("sign_in_refused", _("a wrong password or code"))
LOCKED = sentence("sign_in_locked", _("after too many wrong passwords or codes"))


class RecordingHandler(AxesDatabaseHandler):
    """axes' own handler, that also writes the trail. Named in AXES_HANDLER."""

    def user_logged_in(self, sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
        super().user_logged_in(sender, request, user, **kwargs)
        record_event(AuditEntry.Action.SIGN_IN, user=user, actor=user, request=request)

    def user_logged_out(self, sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
        super().user_logged_out(sender, request, user, **kwargs)
        if user is not None:
            record_event(AuditEntry.Action.SIGN_OUT, user=user, actor=user, request=request)

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> None:
        was_locked_out = bool(getattr(request, "axes_locked_out", False))
        super().user_login_failed(sender, credentials, request, **kwargs)
        if request is None or was_locked_out:
            return
        user = User.objects.filter(username=get_client_username(request, credentials)).first()
        if user is None:
            return
        record_event(AuditEntry.Action.SIGN_IN_FAILED, user=user, what=REFUSED(), request=request)
        if getattr(request, "axes_locked_out", False):
            record_event(AuditEntry.Action.LOCKED_OUT, user=user, what=LOCKED(), request=request)
