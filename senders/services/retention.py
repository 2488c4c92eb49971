"""What the consent text promises of how long documents are kept, made true once a day.

A registration that nobody went on with for a month has not come about: what was uploaded for it goes, and a
draft with it. Documents go a year after the registration ended: a number's after it was withdrawn, an
identity's after the person left the organization or was closed, and those of a registration that was rejected
after the month in which nobody went on with it. Submissions, decisions and the audit trail stay, so that who
comes back is who they were. Rows go first and files after the commit; a file that outlives its row is found
by `stray_files`.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from console.accounts.models import Membership
from senders.models import Document, EvidenceRequest, IdentityVerification, SenderNumber
from senders.requirements import months_before
from senders.services.documents import EDITABLE_STATES, delete_files
from senders.states import IdentityState, NumberState

DRAFT_DAYS = 30
MONTHS_KEPT = 12  # after a registration ended
AT_ONCE = 200


def remove_old_documents() -> int:
    """Remove whatever is past its time; return how many documents. Any number of these may run at once."""
    note_who_left()
    return sum(_in_portions(step) for step in STEPS)


def note_who_left() -> None:
    """Write down since when a person is no member of the organization; who came back is one again."""
    memberships = Membership.objects.filter(
        user=OuterRef("user"), project__organization=OuterRef("organization"), user__is_active=True
    )
    rows = IdentityVerification.objects.all()
    rows.filter(~Exists(memberships), left_at=None).update(left_at=timezone.now())
    rows.filter(Exists(memberships), left_at__isnull=False).update(left_at=None)


def _in_portions(step: Callable[[datetime], tuple[int, int]]) -> int:
    """`step` takes at most AT_ONCE of its subjects, in a transaction: how many it took, and documents."""
    total, now = 0, timezone.now()
    while True:
        with transaction.atomic():
            taken, documents = step(now)
        total += documents
        if taken < AT_ONCE:
            return total


def _of_forsaken_identities(now: datetime) -> tuple[int, int]:
    return _forsaken(IdentityVerification.objects.all(), "verification", now)


def _of_forsaken_numbers(now: datetime) -> tuple[int, int]:
    return _forsaken(SenderNumber.objects.all(), "sender_number", now)


def _of_forsaken_evidence(now: datetime) -> tuple[int, int]:
    """What was uploaded as evidence and not handed in; the request itself stays."""
    return _forsaken(EvidenceRequest.objects.all(), "evidence", now)


def _forsaken(rows: QuerySet, field: str, now: datetime) -> tuple[int, int]:
    """Drafts, and what was uploaded after a rejection, where nothing was done for DRAFT_DAYS."""
    stale = _untouched_since(rows, field, now - timedelta(days=DRAFT_DAYS))
    locked = list(_locked(stale).values_list("pk", flat=True)[:AT_ONCE])
    # Looked at again under the lock: an upload may have come in while this one was being taken.
    found = list(stale.filter(pk__in=locked).values_list("pk", "state"))
    unsubmitted = Document.objects.filter(**{f"{field}__in": [pk for pk, _state in found]})
    count = _delete(unsubmitted.filter(round__gt=F(f"{field}__round")))
    rows.filter(pk__in=[pk for pk, state in found if state == IdentityState.DRAFT]).delete()
    return len(locked), count


def _untouched_since(rows: QuerySet, field: str, moment: datetime) -> QuerySet:
    """Those that are not submitted, hold something to remove, and were last touched before the moment."""
    own = Document.objects.filter(**{field: OuterRef("pk")}, round__gt=OuterRef("round"))
    newest = [Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__lt": moment}) for name in _touches(rows)]
    return rows.filter(
        *newest,
        Q(state=IdentityState.DRAFT) | Exists(own),
        ~Exists(own.filter(uploaded_at__gte=moment)),
        state__in=EDITABLE_STATES,
        created_at__lt=moment,
    )


def _touches(rows: QuerySet) -> tuple[str, ...]:
    """The moments that a row keeps of what was done to it."""
    common = ("consented_at", "decided_at")
    return (*common, "phone_verified_at") if rows.model is IdentityVerification else common


def _of_withdrawn_numbers(now: datetime) -> tuple[int, int]:
    over = SenderNumber.objects.filter(
        Exists(Document.objects.filter(sender_number=OuterRef("pk"))),
        state=NumberState.WITHDRAWN,
        withdrawn_at__lt=_year_before(now),
    )
    locked = list(_locked(over).values_list("pk", flat=True)[:AT_ONCE])
    return len(locked), _delete(Document.objects.filter(sender_number__in=locked))


def _of_people_who_left(now: datetime) -> tuple[int, int]:
    over = IdentityVerification.objects.filter(
        Exists(Document.objects.filter(verification=OuterRef("pk"))), left_at__lt=_year_before(now)
    ).exclude(state=IdentityState.REVIEWING)
    locked = list(_locked(over).values_list("pk", flat=True)[:AT_ONCE])
    return len(locked), _delete(Document.objects.filter(verification__in=locked))


def _of_rejected_identities(now: datetime) -> tuple[int, int]:
    return _given_up(IdentityVerification.objects.all(), "verification", now)


def _of_rejected_numbers(now: datetime) -> tuple[int, int]:
    return _given_up(SenderNumber.objects.all(), "sender_number", now)


def _given_up(rows: QuerySet, field: str, now: datetime) -> tuple[int, int]:
    """Rejected, and nobody went on with it: it ended DRAFT_DAYS after the decision, and its year is over."""
    limit = _year_before(now - timedelta(days=DRAFT_DAYS))
    own = Document.objects.filter(**{field: OuterRef("pk")})
    over = rows.filter(
        Exists(own),
        ~Exists(own.filter(uploaded_at__gte=limit)),
        state=IdentityState.REJECTED,
        decided_at__lt=limit,
    )
    locked = list(_locked(over).values_list("pk", flat=True)[:AT_ONCE])
    # Looked at again under the lock: it may have been handed in anew meanwhile.
    found = list(over.filter(pk__in=locked).values_list("pk", flat=True))
    return len(locked), _delete(Document.objects.filter(**{f"{field}__in": found}))


def _year_before(now: datetime) -> datetime:
    local = timezone.localtime(now)
    day = months_before(local.date(), MONTHS_KEPT)
    return datetime.combine(day, local.time(), tzinfo=local.tzinfo)


def _locked(rows: QuerySet) -> QuerySet:
    """What another process holds is left to it, or to tomorrow."""
    return rows.select_for_update(of=("self",), skip_locked=True).order_by("pk")


def _delete(documents: QuerySet[Document]) -> int:
    """Delete the rows now and the files after the commit; how many documents."""
    found = list(documents)
    names = [name for row in found for name in row.stored_names]
    Document.objects.filter(pk__in=[row.pk for row in found]).delete()
    transaction.on_commit(lambda: delete_files(names))
    return len(found)


STEPS: tuple[Callable[[datetime], tuple[int, int]], ...] = (
    _of_forsaken_identities,
    _of_forsaken_numbers,
    _of_forsaken_evidence,
    _of_withdrawn_numbers,
    _of_people_who_left,
    _of_rejected_identities,
    _of_rejected_numbers,
)
