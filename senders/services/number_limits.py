"""How many sender numbers a person may have: ten, or more where an administrator allows it.

SENS: "at most ten for one member ID". A member is a person here, over all projects; what counts are numbers
under review, approved and suspended, not drafts, and none that was rejected or withdrawn. Whoever lets a
person have one more locks their row first, so that two at once never pass the limit together.
"""

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from console.accounts.audit import record_deed
from console.accounts.models import User
from console.accounts.roles import Permission
from console.formatting import group_number
from senders.deeds import LIMIT_SET
from senders.models import NumberLimit, SenderNumber
from senders.services.errors import Refused, Sentence
from senders.states import COUNTED_NUMBER_STATES

MOST_EVER = 10_000
MAX_REASON = 1000


@dataclass(frozen=True)
class Usage:
    """How many numbers a person has, and may have."""

    used: int
    most: int

    @property
    def is_full(self) -> bool:
        return self.used >= self.most


def usage_of(user: User) -> Usage:
    """Of this moment; exact only while the person's row is locked."""
    raised = NumberLimit.objects.filter(user=user).values_list("most", flat=True).first()
    used = SenderNumber.objects.filter(registered_by=user, state__in=COUNTED_NUMBER_STATES).count()
    return Usage(used, raised if raised is not None else settings.BONGSU_NUMBERS_PER_MEMBER)


def limit_problem(user: User) -> Sentence:
    """Why the person may not have one more number, or "".

    Locks their row to the end of the caller's transaction: after a number's row, never before it.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    usage = usage_of(user)
    return full_sentence(usage) if usage.is_full else ""


def full_sentence(usage: Usage) -> str:
    """That a person has all the numbers they may have, and what can be done."""
    said = ngettext(
        "You have %(used)s of the %(most)s number that a member may have. Withdraw one, or ask an"
        " administrator of the platform for more.",
        "You have %(used)s of the %(most)s numbers that a member may have. Withdraw one, or ask an"
        " administrator of the platform for more.",
        usage.most,
    )
    return said % {"used": group_number(usage.used), "most": group_number(usage.most)}


def set_limit(*, user: User, most: int, reason: str, by: User) -> NumberLimit:
    """Allow the person so many numbers, with the reason. Raises Refused; numbers they have stay."""
    words = reason.replace("\0", "").strip()
    if problems := _problems(user, most, words, by):
        raise Refused(problems)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        limit = NumberLimit.objects.filter(user=user).first() or NumberLimit(user=user)
        limit.most, limit.reason, limit.set_by, limit.set_at = most, words, by, timezone.now()
        limit.save()
        record_deed(actor=by, obj=user, project=None, what=LIMIT_SET(n=most, reason=words))
    return limit


def _problems(user: User, most: int, reason: str, by: User) -> dict[str, Sentence]:
    problems: dict[str, Sentence] = {}
    least = settings.BONGSU_NUMBERS_PER_MEMBER
    if not by.has_platform_permission(Permission.ADMINISTER) or by.pk == user.pk:
        return {"most": _("Only another administrator sets this.")}
    if not least <= most <= MOST_EVER:
        said = _("Allow %(least)s, as everybody has, up to %(most)s.")
        problems["most"] = said % {"least": group_number(least), "most": group_number(MOST_EVER)}
    if not reason:
        problems["reason"] = _("Write why: the audit trail keeps it.")
    elif len(reason) > MAX_REASON:
        problems["reason"] = _("At most 1,000 characters.")
    return problems
