"""080 lines: applied for, canceled while they wait, opened by staff with the carrier's number.

Giving up one that is in service is `senders.services.line_stopping`.

Whatever concerns a project's being open or closed locks the project's row first, so that a line cannot be
applied for while its project is being closed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.accounts.audit import record_deed
from console.accounts.models import Organization, Project, User
from console.accounts.roles import Permission
from console.accounts.scoping import Scope
from console.accounts.services import lock_project
from console.queues import TaskName, enqueue_on_commit
from senders import phone_numbers
from senders.deeds import LINE_CANCELED
from senders.models import OptOutLine
from senders.models.opt_out import MAX_BUSINESS_NAME
from senders.services.errors import Refused
from senders.states import LINE, LIVE_LINE_STATES, LineState

NUMBER_OF_LINE = re.compile(r"080[0-9]{7,8}")
MAX_REASON = 1000
QUEUE_LIMIT = 200

_DECIDED = _("Meanwhile somebody else decided this.")


@dataclass(frozen=True)
class LineUse:
    """A send still to come that names a line: what it is, its address, when, to how many.

    `due_at` is None for one that waits for a person, `messages` where they are not counted yet.
    """

    title: str
    url: str
    due_at: datetime | None
    messages: int | None


def open_lines(project: Project) -> QuerySet[OptOutLine]:
    """The lines that the project's advertising may name, in the order in which they were opened."""
    return OptOutLine.objects.filter(project=project, state=LineState.OPEN).order_by("opened_at", "id")


def lines_of(project: Project) -> QuerySet[OptOutLine]:
    """Every line that the project ever applied for, newest first."""
    return OptOutLine.objects.filter(project=project).select_related("applied_by").order_by("-id")


def rejected_lines(project: Project) -> list[OptOutLine]:
    """The last application, where it was rejected: one that came after it answers it."""
    last = OptOutLine.objects.filter(project=project).order_by("-id").first()
    return [last] if last is not None and last.state == LineState.REJECTED else []


def uses_of(line: OptOutLine) -> Sequence[LineUse]:
    """The advertising still to come that names the line. A higher layer knows it (`OPT_OUT_LINE_USES`)."""
    found: Sequence[LineUse] = import_string(settings.OPT_OUT_LINE_USES)(line)
    return found


# --- the project's side --------------------------------------------------------------------------


def apply_for_line(*, project: Project, user: User, business_name: str) -> OptOutLine:
    """Apply for a line whose callers hear that business name, 1 to 20 characters. Raises Refused."""
    name = " ".join(business_name.split())
    _check_name(name)
    with transaction.atomic():
        if not lock_project(project).is_active:
            raise Refused(_("The SMS service of this project is closed: no line can be applied for."))
        waiting = OptOutLine.objects.filter(project=project, state=LineState.SCHEDULED, business_name=name)
        if waiting.exists():
            raise Refused({"business_name": _("A line with this business name is scheduled already.")})
        return OptOutLine.objects.create(
            project=project, business_name=name, applied_by=user, applied_at=timezone.now()
        )


def _check_name(name: str) -> None:
    if not name:
        raise Refused({"business_name": _("Write the business name that callers are to hear.")})
    if len(name) > MAX_BUSINESS_NAME:
        sentence = _("A business name has at most %(most)d characters; this one has %(count)d.")
        raise Refused({"business_name": sentence % {"most": MAX_BUSINESS_NAME, "count": len(name)}})
    if not name.isprintable():
        raise Refused({"business_name": _("Use letters, digits and punctuation only.")})


def cancel_line(*, line: OptOutLine, user: User) -> None:
    """Take the application back while it waits: at once, and it costs nothing. Raises Refused.

    Of this and a reviewer who opens the line at the same time one wins.
    """
    rows = OptOutLine.objects.filter(pk=line.pk)
    with transaction.atomic():
        if LINE.advance(rows, LineState.CANCELED, canceled_by=user, canceled_at=timezone.now()):
            record_deed(actor=user, obj=line, project=line.project, what=LINE_CANCELED())
            return
    if rows.filter(state=LineState.OPEN).exists():
        raise Refused(_("Meanwhile the line was opened. Stop its service if you do not need it."))
    raise Refused(_("This line has changed meanwhile. Reload the page and look at it again."))


def why_not_close(project: Project) -> str:
    """Why the project's SMS service cannot be closed, as one sentence; "" where no line keeps it open.

    Named in `PROJECT_CLOSING_CHECKS`.
    """
    states = set(
        OptOutLine.objects.filter(project=project, state__in=LIVE_LINE_STATES).values_list("state", flat=True)
    )
    if LineState.OPEN in states:
        return gettext(
            "An 080 line of this project is in service. Stop it first, then close the SMS service."
        )
    if states:
        return gettext(
            "An 080 line of this project is scheduled for registration. Cancel the application first, then"
            " close the SMS service."
        )
    return ""


# --- staff ---------------------------------------------------------------------------------------


def may_decide(*, user: User, line: OptOutLine) -> bool:
    """Whether the person is a reviewer, no member of the line's organization, and did not apply for it."""
    if not user.has_platform_permission(Permission.REVIEW) or line.applied_by_id == user.pk:
        return False
    return not own_organizations(user).filter(pk=line.project.organization_id).exists()


def waiting_lines(user: User) -> QuerySet[OptOutLine]:
    """What waits for this person, oldest first; nothing that they applied for, or of their organizations."""
    rows = OptOutLine.objects.filter(state=LineState.SCHEDULED).exclude(applied_by=user)
    rows = rows.exclude(project__organization__in=own_organizations(user))
    return rows.select_related("project__organization", "applied_by").order_by("applied_at", "id")


def waiting_lines_count(scope: Scope) -> int:
    """How many lines wait for this person to be opened; 0 for anybody who is no reviewer."""
    if not isinstance(scope.user, User) or not scope.user.has_platform_permission(Permission.REVIEW):
        return 0
    return waiting_lines(scope.user).count()


def own_organizations(user: User) -> QuerySet[Organization]:
    """Those of which the person is a member of a project."""
    return Organization.objects.filter(projects__memberships__user=user)


def open_line(*, line: OptOutLine, reviewer: User, number: str) -> OptOutLine:
    """Open the line with the number that the carrier assigned; the result is mailed. Raises Refused.

    `number` as typed. Of two at once one wins, and no number is open twice.
    """
    _check_reviewer(line, reviewer)
    digits = line_number(number)
    taken = Refused({"number": _("This number is in service already, for this or another project.")})
    if OptOutLine.objects.filter(number=digits, state=LineState.OPEN).exclude(pk=line.pk).exists():
        raise taken
    try:
        with transaction.atomic():
            return _decide(line, LineState.OPEN, reviewer, number=digits, opened_at=timezone.now())
    except IntegrityError as error:
        raise taken from error


def reject_line(*, line: OptOutLine, reviewer: User, reason: str) -> OptOutLine:
    """Reject the application with a reason, which is mailed. Raises Refused."""
    _check_reviewer(line, reviewer)
    words = reason.replace("\0", "").strip()
    if not words:
        raise Refused({"reason": _("Write the reason, so that the project knows what to do.")})
    if len(words) > MAX_REASON:
        raise Refused({"reason": _("The reason is too long: 1,000 characters at most.")})
    with transaction.atomic():
        return _decide(line, LineState.REJECTED, reviewer, reason=words, rejected_at=timezone.now())


def line_number(written: str) -> str:
    """The digits of an 080 number: 080 and 7 or 8 more. Raises Refused."""
    try:
        digits = phone_numbers.normalize(written)
    except phone_numbers.WrongNumber as wrong:
        raise Refused({"number": wrong.sentence}) from wrong
    if not NUMBER_OF_LINE.fullmatch(digits):
        raise Refused({"number": _("An 080 number is 080 and 7 or 8 digits: 080-123-4567.")})
    return digits


def _check_reviewer(line: OptOutLine, reviewer: User) -> None:
    if not may_decide(user=reviewer, line=line):
        raise Refused(_("Nobody opens or rejects a line of their own organization."))


def _decide(line: OptOutLine, to: LineState, reviewer: User, **fields: Any) -> OptOutLine:
    """Move the line and have its applicant told, in the caller's transaction."""
    if not LINE.advance(OptOutLine.objects.filter(pk=line.pk), to, decided_by=reviewer, **fields):
        raise Refused(_DECIDED)
    enqueue_on_commit(TaskName.SEND_LINE_MAIL, line.pk)
    line.refresh_from_db()
    return line
