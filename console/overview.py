"""What the dashboard and the menu say about the project: what runs, what waits for a person, what is done."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.accounts.models import Membership, User
from console.accounts.roles import Permission
from console.accounts.scoping import Scope
from console.formatting import group_number
from console.guard import is_cleared
from console.navigation import address_of
from console.panels import Need
from messaging.ids import first_id_at
from messaging.models import SendRequest, TemplateVersion, UidImport, Webhook
from messaging.states import DeliveryKind, ImportState, RequestState
from senders.models import OptOutLine, Review, SenderNumber
from senders.services.opt_out_lines import rejected_lines, waiting_lines_count
from senders.services.registration import needs_attention_count
from senders.services.review import waiting_count
from senders.states import NumberState

MOVING = (RequestState.LOADING, RequestState.SENDING, RequestState.CANCELING)
LOOK_BACK = timedelta(days=62)  # a schedule is at most 60 days ahead
SHOWN_HELD = 3
MOST_COUNTED = 99


def recent_requests(scope: Scope) -> QuerySet[SendRequest]:
    """The project's requests that may still be open, newest first, by a range of ids."""
    first = first_id_at(timezone.now() - LOOK_BACK)
    return SendRequest.objects.filter(project=scope.project, pk__gte=first).order_by("-pk")


def running_and_held(scope: Scope) -> int:
    """How many requests move now or wait for a person's release; 99 stands for 99 and more."""
    if scope.project is None:
        return 0
    open_ones = recent_requests(scope).filter(state__in=[*MOVING, RequestState.HELD])
    return len(open_ones.values_list("pk")[:MOST_COUNTED])


def needs_of(scope: Scope) -> list[Need]:
    """What waits for this person, most pressing first."""
    needs = [*_waiting_reviews(scope), *_waiting_lines(scope)]
    if scope.project is None:
        return needs
    if not is_cleared(scope):
        return [*_identity(), *needs]
    return [*_held(scope), *_senders(scope), *_rejected_lines(scope), *needs]


def _identity() -> list[Need]:
    sentence = _("Your identity is not verified yet. Until it is, only the sender pages are open to you.")
    return [Need(sentence, reverse(settings.IDENTITY_PAGE), _("Verify now"))]


def _held(scope: Scope) -> list[Need]:
    if not scope.allows(Permission.SEND):
        return []
    held = recent_requests(scope).filter(state=RequestState.HELD)[:SHOWN_HELD]
    return [
        Need(_held_sentence(row), reverse("admin:delivery_request", args=[row.pk]), _("Check"))
        for row in held
    ]


def _held_sentence(request: SendRequest) -> str:
    sentence = ngettext(
        "“%(name)s” is ready: %(count)s message waits for you to send or cancel it.",
        "“%(name)s” is ready: %(count)s messages wait for you to send or cancel them.",
        request.total,
    )
    return sentence % {"name": request, "count": group_number(request.total)}


def _senders(scope: Scope) -> list[Need]:
    numbers = address_of("admin:senders_numbers")
    if count := needs_attention_count(scope):
        sentence = ngettext(
            "%d submission was rejected: send new documents.",
            "%d submissions were rejected: send new documents.",
            count,
        )
        return [Need(sentence % count, numbers, _("See why"), "red")]
    if scope.allows(Permission.MANAGE_SENDERS) and not _has_sender(scope):
        sentence = _("No sender number is approved yet: without one, nothing can be sent.")
        return [Need(sentence, numbers, _("Register a number"))]
    return []


def _waiting_reviews(scope: Scope) -> list[Need]:
    if not (count := waiting_count(scope)):
        return []
    sentence = ngettext("%d submission waits for a review.", "%d submissions wait for a review.", count)
    return [Need(sentence % count, address_of("admin:senders_review_queue"), _("Review"))]


def _waiting_lines(scope: Scope) -> list[Need]:
    if not (count := waiting_lines_count(scope)):
        return []
    sentence = ngettext("%d 080 line waits to be opened.", "%d 080 lines wait to be opened.", count)
    return [Need(sentence % count, address_of("admin:senders_opt_out_lines_queue"), _("Open"))]


def _rejected_lines(scope: Scope) -> list[Need]:
    if scope.project is None or not scope.allows(Permission.MANAGE_SENDERS):
        return []
    return [
        Need(
            _("The 080 line for “%(name)s” was rejected.") % {"name": line.business_name},
            address_of("admin:senders_opt_out_lines"),
            _("See why"),
            "red",
        )
        for line in rejected_lines(scope.project)
    ]


def _has_sender(scope: Scope) -> bool:
    return SenderNumber.objects.filter(project=scope.project, state=NumberState.APPROVED).exists()


# The first five minutes: whether this person has done each of them.


def has_sender(scope: Scope) -> bool:
    return scope.project is not None and _has_sender(scope)


def has_sent_one(scope: Scope) -> bool:
    return _own_requests(scope, kind=DeliveryKind.GENERAL).exists()


def has_sent_a_file(scope: Scope) -> bool:
    return _own_requests(scope, kind=DeliveryKind.MASS).exists()


def has_released(scope: Scope) -> bool:
    return scope.project is not None and recent_requests(scope).filter(released_by=_person(scope)).exists()


def has_kept_a_template(scope: Scope) -> bool:
    kept = TemplateVersion.objects.filter(template__project=scope.project, created_by=_person(scope))
    return scope.project is not None and kept.exists()


def has_uploaded_uids(scope: Scope) -> bool:
    uploads = UidImport.objects.filter(project=scope.project, uploaded_by=_person(scope))
    return scope.project is not None and uploads.filter(state=ImportState.SAVED).exists()


def has_sent_to_a_tag(scope: Scope) -> bool:
    return _own_requests(scope, kind=DeliveryKind.TAG).exists()


def has_sent_with_a_key(scope: Scope) -> bool:
    return _own_requests(scope, statistics_key__isnull=False).exists()


def has_invited(scope: Scope) -> bool:
    """Whether there is anybody else in the project."""
    others = Membership.objects.filter(project=scope.project).exclude(user=_person(scope))
    return scope.project is not None and others.exists()


def has_webhook(scope: Scope) -> bool:
    return scope.project is not None and Webhook.objects.filter(project=scope.project).exists()


def has_second_factor(scope: Scope) -> bool:
    return isinstance(scope.user, User) and scope.user.second_factor_at is not None


def has_reviewed(scope: Scope) -> bool:
    return Review.objects.filter(reviewer=_person(scope)).exists()


def has_opened_a_line(scope: Scope) -> bool:
    return OptOutLine.objects.filter(decided_by=_person(scope)).exists()


def _own_requests(scope: Scope, **conditions: Any) -> QuerySet[SendRequest]:
    return recent_requests(scope).filter(created_by=_person(scope), **conditions)


def _person(scope: Scope) -> User | None:
    return scope.user if isinstance(scope.user, User) else None
