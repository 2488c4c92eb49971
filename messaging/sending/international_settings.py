"""What a project sends to other countries, changed by a person, and countries unblocked.

Who changes it holds the project's row, so that of two people at once the second is told of the first.
"""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project, User
from console.accounts.services import lock_project
from console.formatting import group_number
from console.queues import TaskName, enqueue_on_commit
from messaging.content.countries import MAJOR, country_of, named_by
from messaging.models import CountryBlock, InternationalSettings
from messaging.models.international import MOST_WITHOUT_ASKING
from messaging.policies.settings import changed_meanwhile
from messaging.sending.commands import Sentence
from messaging.sending.international import settings_of

RATES, MINIMUMS, HOURS = range(1, 101), range(1, 10_001), range(1, 169)


@dataclass(frozen=True, slots=True, kw_only=True)
class AbroadWish:
    """What the settings shall be. Countries are named by their first code. `seen`: when what the person saw
    was changed, None: never.
    """

    is_on: bool
    countries: frozenset[int]
    monthly_limit: int
    notifies_limit: bool
    blocks_by_conversion: bool = False
    conversion_countries: frozenset[int] = frozenset()
    conversion_rate: int = 50
    conversion_minimum: int = 50
    conversion_hours: int = 24
    seen: datetime | None = None


@dataclass
class AbroadRefused(Exception):
    """Nothing was changed: what is wrong, by field; "" is the whole."""

    problems: dict[str, Sentence] = field(default_factory=dict)


def most_allowed(settings: InternationalSettings) -> int:
    """The highest monthly limit that a manager may set: what staff allowed, where that is more."""
    return max(settings.raised_limit or 0, MOST_WITHOUT_ASKING)


def change_abroad(*, project: Project, user: User, wish: AbroadWish) -> InternationalSettings:
    """Change the settings; what was not handed over yet goes by the new ones. Raises AbroadRefused."""
    with transaction.atomic():
        settings = settings_of(lock_project(project).pk)
        if problems := changed_meanwhile(settings, wish.seen):
            raise AbroadRefused(problems)
        if problems := _problems(wish, settings):
            raise AbroadRefused(problems)
        _fill(settings, wish)
        settings.updated_by = user
        settings.save()
        enqueue_on_commit(TaskName.CHECK_LIMITS)
    return settings


def _problems(wish: AbroadWish, settings: InternationalSettings) -> dict[str, Sentence]:
    problems: dict[str, Sentence] = {}
    most = most_allowed(settings)
    if not 1 <= wish.monthly_limit <= most:
        problems["monthly_limit"] = _("Choose 1 to %(most)s messages.") % {"most": group_number(most)}
    if wish.is_on and not wish.countries:
        problems["countries"] = _("Choose at least one country, or switch international sending off.")
    if unknown := [code for code in wish.countries | wish.conversion_countries if not _is_named(code)]:
        problems["countries"] = _("No messages go to +%(code)s.") % {"code": unknown[0]}
    if wish.blocks_by_conversion and not wish.conversion_countries:
        problems["conversion_countries"] = _(
            "Choose the countries that are blocked by their conversion rate."
        )
    if wish.conversion_rate not in RATES:
        problems["conversion_rate"] = _("Choose 1 to 100 %.")
    if wish.conversion_minimum not in MINIMUMS:
        problems["conversion_minimum"] = _("Choose 1 to 10,000 messages.")
    if wish.conversion_hours not in HOURS:
        problems["conversion_hours"] = _("Choose 1 to 168 hours.")
    return problems


def _is_named(code: int) -> bool:
    return country_of(code) is not None and named_by(code) == code


def _fill(settings: InternationalSettings, wish: AbroadWish) -> None:
    settings.is_on, settings.notifies_limit = wish.is_on, wish.notifies_limit
    settings.countries = None if wish.countries == MAJOR else sorted(wish.countries)
    settings.monthly_limit = wish.monthly_limit
    settings.blocks_by_conversion = wish.blocks_by_conversion
    settings.conversion_countries = sorted(wish.conversion_countries)
    settings.conversion_rate = wish.conversion_rate
    settings.conversion_minimum = wish.conversion_minimum
    settings.conversion_hours = wish.conversion_hours


def lift_block(*, project: Project, user: User, country_code: int) -> bool:
    """Unblock a country: its conversions are measured anew from now on. False where it is not blocked."""
    with transaction.atomic():
        InternationalSettings.objects.select_for_update(no_key=True).filter(project=project).first()
        rows = CountryBlock.objects.select_for_update(no_key=True).filter(project=project, lifted_at=None)
        block = rows.filter(country_code=country_code).first()
        if block is None:
            return False
        block.lifted_at, block.lifted_by = timezone.now(), user
        block.save(update_fields=["lifted_at", "lifted_by"])
    return True
