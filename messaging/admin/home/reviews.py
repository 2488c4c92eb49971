"""What awaits a review: for staff what waits for them, for members what they sent in themselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, QuerySet
from django.utils.translation import gettext as _

from console.accounts.models import User
from console.accounts.roles import Permission
from console.accounts.scoping import Scope
from console.navigation import address_of
from console.panels import Panel
from messaging.models import LimitRequest
from messaging.sending.limit_requests import waiting_requests
from messaging.states import LimitRequestState
from senders.models import IdentityVerification, OptOutLine, SenderNumber
from senders.services import review
from senders.services.opt_out_lines import waiting_lines
from senders.states import IdentityState, LineState, NumberState


@dataclass(frozen=True)
class ReviewRow:
    """So many things of a kind wait, the oldest since then."""

    label: Any
    n: int
    oldest: datetime | None
    url: str


def reviews_panel(scope: Scope) -> Panel:
    """What waits; nothing is shown where nothing does."""
    rows = [row for row in (*_for_staff(scope), *_of_members(scope)) if row.n]
    template = "messaging/home/reviews.html"
    return Panel("reviews", _("Awaits a review"), template, {"rows": rows}, is_empty=not rows)


def _for_staff(scope: Scope) -> Iterator[ReviewRow]:
    if not isinstance(scope.user, User) or not scope.user.has_platform_permission(Permission.REVIEW):
        return
    waiting = review.queue(scope.user)
    oldest = waiting[0].submitted_at if waiting else None
    yield ReviewRow(
        _("Submissions to review"), len(waiting), oldest, address_of("admin:senders_review_queue")
    )
    lines = waiting_lines(scope.user)
    yield _row(_("080 lines to open"), lines, "applied_at", "admin:senders_opt_out_lines_queue")
    limits = waiting_requests(scope.user)
    yield _row(_("Higher limits to decide"), limits, "asked_at", "admin:limit_requests")


def _of_members(scope: Scope) -> Iterator[ReviewRow]:
    if scope.project is None:
        return
    if isinstance(scope.user, User) and scope.allows(Permission.MANAGE_SENDERS):
        identity = IdentityVerification.objects.filter(user=scope.user, state=IdentityState.REVIEWING)
        yield _row(_("Your identity"), identity, "submitted_at", "admin:senders_identity")
        numbers = SenderNumber.objects.filter(project=scope.project, state=NumberState.REVIEWING)
        yield _row(_("Sender numbers"), numbers, "submitted_at", "admin:senders_numbers")
        lines = OptOutLine.objects.filter(project=scope.project, state=LineState.SCHEDULED)
        yield _row(_("080 lines"), lines, "applied_at", "admin:senders_opt_out_lines")
    if scope.allows(Permission.MANAGE_PROJECT):
        wishes = LimitRequest.objects.filter(project=scope.project, state=LimitRequestState.WAITING)
        yield _row(_("A higher limit"), wishes, "asked_at", "admin:settings_international")


def _row(label: Any, waiting: QuerySet[Any], since: str, url_name: str) -> ReviewRow:
    counted = waiting.order_by().aggregate(n=Count("pk"), oldest=Min(since))
    return ReviewRow(label, counted["n"], counted["oldest"], address_of(url_name))
