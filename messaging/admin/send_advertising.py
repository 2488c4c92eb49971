"""Advertising on a send page: its 080 line, the statements of the law, the hours in which none goes.

Beside the steps of every send page, its form is posted with
apply     writes what the law wants of advertising into the text
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from console.accounts.models import Project
from console.accounts.roles import Permission
from console.accounts.scoping import Scope
from console.formatting import clock, minute
from console.navigation import address_of
from messaging.admin.forms.compose import ComposeForm
from messaging.models import AdvertisingHours
from messaging.policies.advertising import apply_statements
from messaging.policies.hours import Hours, closed_until, is_night
from messaging.sending.checking import batch_due_times
from messaging.sending.commands import Split
from messaging.states import HoursAction


def with_statements(form: ComposeForm) -> QueryDict:
    """What the form holds, with the statements for its 080 line in the text."""
    data = form.held()
    line = form.chosen_line
    if line is not None:
        data["opt_out_line"] = str(line.pk)
        data["body"] = apply_statements(form.raw("body"), line.number)
    return data


def advertising_context(form: Any, scope: Scope) -> dict[str, Any]:
    """What the page says about advertising; it asks the database only where the message is."""
    return {
        "lines_url": address_of("admin:senders_opt_out_lines"),
        "may_apply_for_line": scope.allows(Permission.MANAGE_SENDERS),
        "statement_problems": form.statement_problems if form.is_advertising else [],
    }


# --- hours ---------------------------------------------------------------------------------------


def hours_words(project: Project, due_at: datetime | None, split: Split | None) -> str:
    """What the hours of advertising mean for a send that is due then (None: now), or "" for nothing."""
    due_times = batch_due_times(due_at or timezone.now(), split)
    own = AdvertisingHours.objects.filter(project=project, is_on=True).first()
    if own is None:
        return _night_words(due_times)
    hours = Hours(own.starts_at, own.ends_at)
    closed = [until for until in (closed_until(hours, each) for each in due_times) if until is not None]
    return _closed_words(own, closed, len(due_times)) if closed else ""


def _night_words(due_times: Sequence[datetime]) -> str:
    if not any(map(is_night, due_times)):
        return ""
    return _(
        "From 21:00 to 08:00 the law asks for a consent of its own to advertising:"
        " send it by day, or only to those who gave it."
    )


def _closed_words(own: AdvertisingHours, closed: list[datetime], parts: int) -> str:
    """`closed`: when each part that is due in the closed hours may go."""
    params = {
        "starts": clock(own.starts_at),
        "ends": clock(own.ends_at),
        "moment": minute(closed[0]),
        "closed": len(closed),
        "parts": parts,
    }
    return _closed_sentence(own, parts) % params


def _closed_sentence(own: AdvertisingHours, parts: int) -> str:
    waits = own.action == HoursAction.WAIT
    if parts == 1 and waits:
        return _("No advertising goes here from %(starts)s to %(ends)s: it waits until %(moment)s.")
    if parts == 1:
        return _("No advertising goes here from %(starts)s to %(ends)s: at this time all of it would fail.")
    if waits:
        return _(
            "No advertising goes here from %(starts)s to %(ends)s:"
            " %(closed)s of the %(parts)s parts wait until that is over, the first of them until %(moment)s."
        )
    return _(
        "No advertising goes here from %(starts)s to %(ends)s:"
        " %(closed)s of the %(parts)s parts would fail at their time."
    )
