"""More messages a month to other countries than a project may have by itself: asked for, decided by staff.

Nobody decides for their own organization, or what they asked for themselves.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.accounts.audit import record_deed
from console.accounts.models import Project, User
from console.accounts.notices import notify_person
from console.accounts.roles import Permission
from console.accounts.scoping import Scope
from console.accounts.sentences import Said, sentence
from console.accounts.services import lock_project
from console.formatting import group_number
from messaging.models import InternationalSettings, LimitRequest
from messaging.models.international import MOST_EVER, MOST_WITHOUT_ASKING
from messaging.sending.commands import Sentence
from messaging.sending.international import settings_of
from messaging.sending.limits import PATH
from messaging.sending.moves import LIMIT_REQUEST
from messaging.states import LimitRequestState
from senders.services.opt_out_lines import own_organizations

MAX_REASON = 1000

WITHDRAWN = sentence("limit_request_withdrawn", _("Request for a higher limit withdrawn"))
REJECTED = sentence("limit_request_rejected", _("Request for a higher limit rejected"))
ALLOWED = sentence("limit_request_allowed", _("%(granted)s messages a month to other countries allowed"))

_DECIDED = _("Meanwhile this was decided or withdrawn. Look at it again.")


@dataclass
class RequestRefused(Exception):
    """Nothing was changed: what is wrong, by field; "" is the whole."""

    problems: dict[str, Sentence] = field(default_factory=dict)

    def __str__(self) -> str:
        return " ".join(map(str, self.problems.values()))


@dataclass(frozen=True, slots=True)
class Verdict:
    """`granted` messages a month, or None for a rejection, which needs an `answer`."""

    granted: int | None
    answer: str = ""


def open_request(project: Project) -> LimitRequest | None:
    """The request that waits for staff; a project has one at most."""
    rows = LimitRequest.objects.filter(project=project, state=LimitRequestState.WAITING)
    return rows.select_related("asked_by").first()


def requests_of(project: Project) -> QuerySet[LimitRequest]:
    """Every request of the project, newest first."""
    return (
        LimitRequest.objects.filter(project=project).select_related("asked_by", "decided_by").order_by("-id")
    )


def ask(*, project: Project, user: User, wanted: int, reason: str) -> LimitRequest:
    """Ask staff for a higher limit. Raises RequestRefused, also while another request is open."""
    words = reason.replace("\0", "").strip()
    with transaction.atomic():
        if not lock_project(project).is_active:
            raise RequestRefused({"": _("The SMS service of this project is closed.")})
        if problems := _problems(settings_of(project.pk), wanted, words):
            raise RequestRefused(problems)
        try:
            with transaction.atomic():
                return LimitRequest.objects.create(
                    project=project, wanted=wanted, reason=words, asked_by=user, asked_at=timezone.now()
                )
        except IntegrityError as error:
            raise RequestRefused({"": _("A request is waiting already. Withdraw it to ask anew.")}) from error


def _problems(settings: InternationalSettings, wanted: int, reason: str) -> dict[str, Sentence]:
    problems: dict[str, Sentence] = {}
    least = max(settings.raised_limit or 0, MOST_WITHOUT_ASKING)
    if not least < wanted <= MOST_EVER:
        said = _("Ask for more than %(least)s, which you may set yourself, and at most %(most)s.")
        problems["wanted"] = said % {"least": group_number(least), "most": group_number(MOST_EVER)}
    if not reason:
        problems["reason"] = _("Say what the messages are for, so that staff can decide.")
    elif len(reason) > MAX_REASON:
        problems["reason"] = _("At most 1,000 characters.")
    return problems


def withdraw(*, project: Project, user: User) -> bool:
    """Take the open request back. False where none is open, or it has been decided."""
    request = open_request(project)
    if request is None:
        return False
    return _move(request, LimitRequestState.WITHDRAWN, user, WITHDRAWN(), decided_at=timezone.now())


# --- staff ---------------------------------------------------------------------------------------


def may_decide(*, user: User, request: LimitRequest) -> bool:
    """Whether the person is a reviewer, no member of the organization, and did not ask for it."""
    if not user.has_platform_permission(Permission.REVIEW) or request.asked_by_id == user.pk:
        return False
    return not own_organizations(user).filter(pk=request.project.organization_id).exists()


def waiting_requests(user: User) -> QuerySet[LimitRequest]:
    """What waits for this person, oldest first; nothing that they asked for, or of their organizations."""
    rows = LimitRequest.objects.filter(state=LimitRequestState.WAITING).exclude(asked_by=user)
    rows = rows.exclude(project__organization__in=own_organizations(user))
    return rows.select_related("project__organization", "asked_by").order_by("asked_at", "id")


def waiting_requests_count(scope: Scope) -> int:
    """How many requests wait for this person; 0 for anybody who is no reviewer."""
    if not isinstance(scope.user, User) or not scope.user.has_platform_permission(Permission.REVIEW):
        return 0
    return waiting_requests(scope.user).count()


def decide(*, request: LimitRequest, reviewer: User, verdict: Verdict) -> LimitRequest:
    """Allow an amount, which becomes the limit at once, or reject with a reason; who asked is told by mail.

    Raises RequestRefused. Of two decisions at once, one counts.
    """
    if not may_decide(user=reviewer, request=request):
        raise RequestRefused({"": _("Nobody decides for their own organization.")})
    answer = verdict.answer.replace("\0", "").strip()
    if problems := _verdict_problems(verdict, answer):
        raise RequestRefused(problems)
    now = timezone.now()
    with transaction.atomic():
        lock_project(request.project)
        said = {"decided_by": reviewer, "answer": answer, "granted": verdict.granted, "decided_at": now}
        if not _move(request, _state(verdict), reviewer, _deed(verdict), **said):
            raise RequestRefused({"": _DECIDED})
        if verdict.granted is not None:
            _raise_limit(request.project, reviewer, verdict.granted)
        request.refresh_from_db()
        _tell(request)
    return request


def _verdict_problems(verdict: Verdict, answer: str) -> dict[str, Sentence]:
    problems: dict[str, Sentence] = {}
    if verdict.granted is None and not answer:
        problems["answer"] = _("Write the reason, so that the project knows what to do.")
    if verdict.granted is not None and not MOST_WITHOUT_ASKING < verdict.granted <= MOST_EVER:
        said = _("Allow more than %(least)s, which every project may set, and at most %(most)s.")
        limits = {"least": group_number(MOST_WITHOUT_ASKING), "most": group_number(MOST_EVER)}
        problems["granted"] = said % limits
    if len(answer) > MAX_REASON:
        problems["answer"] = _("At most 1,000 characters.")
    return problems


def _state(verdict: Verdict) -> LimitRequestState:
    return LimitRequestState.REJECTED if verdict.granted is None else LimitRequestState.APPROVED


def _deed(verdict: Verdict) -> Said:
    return REJECTED() if verdict.granted is None else ALLOWED(granted=verdict.granted)


def _move(request: LimitRequest, to: LimitRequestState, user: User, deed: Said, **fields: Any) -> bool:
    """Move the request and note who did it, in one transaction. False where it waits no more."""
    with transaction.atomic():
        if not LIMIT_REQUEST.advance(LimitRequest.objects.filter(pk=request.pk), to, **fields):
            return False
        record_deed(actor=user, obj=request, project=request.project, what=deed)
    return True


def _raise_limit(project: Project, reviewer: User, granted: int) -> None:
    settings = settings_of(project.pk)
    settings.raised_limit = settings.monthly_limit = granted
    settings.updated_by = reviewer
    settings.save()


def _tell(request: LimitRequest) -> None:
    if request.asked_by is None:
        return
    context = {
        "project_name": request.project.name,
        "wanted": request.wanted,
        "granted": request.granted,
        "answer": request.answer,
        "path": PATH,
    }
    notify_person(user=request.asked_by, kind="limit_decided", context=context)


def decided_since(project: Project, since: datetime) -> LimitRequest | None:
    """The newest request that staff decided since then."""
    rows = LimitRequest.objects.filter(project=project, decided_at__gte=since, decided_by__isnull=False)
    return rows.order_by("-id").first()
