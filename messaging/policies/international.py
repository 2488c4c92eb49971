"""What may go to other countries, and how much of it in a month. Pure rules.

A month is one of the console's clock.
"""

import calendar
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from messaging.content.countries import every_code
from messaging.result_codes import ABROAD_OFF, COUNTRY_BLOCKED, COUNTRY_NOT_ALLOWED

# So many hundredths of the month's limit are told to the members when they are reached.
TOLD_AT = (70, 100)


@dataclass(frozen=True, slots=True)
class Countries:
    """Where a project's messages may go now: calling codes, every one of a country."""

    is_on: bool
    allowed: frozenset[int]
    blocked: frozenset[int] = frozenset()

    def refusal(self, code: int) -> str | None:
        """Our result code for why nothing may go to a message's country, or None where it may."""
        if not self.is_on:
            return ABROAD_OFF
        if code not in self.allowed:
            return COUNTRY_NOT_ALLOWED
        return COUNTRY_BLOCKED if code in self.blocked else None


@dataclass(frozen=True, slots=True)
class ConversionRule:
    """A country is blocked where, of at least `minimum` messages that went out in the last `hours`, fewer
    than `rate` percent converted.
    """

    rate: int
    minimum: int
    hours: int

    def blocks(self, sent: int, converted: int) -> bool:
        return sent >= self.minimum and converted * 100 < sent * self.rate


def countries_allowed(*, is_on: bool, allowed: frozenset[int], blocked: frozenset[int]) -> Countries:
    """The rules for countries that are named by their first code."""
    return Countries(is_on, every_code(allowed), every_code(blocked))


def month_of(at: datetime) -> date:
    """The month of a moment, as its first day."""
    return timezone.localdate(at).replace(day=1)


def places_left(sent: int, limit: int) -> int:
    """How many more may go in a month in which so many went."""
    return max(limit - sent, 0)


def reached(sent: int, limit: int) -> int:
    """The highest of `TOLD_AT` that so many of the limit have reached, 0 for none."""
    return max((percent for percent in TOLD_AT if sent * 100 >= limit * percent), default=0)


def forecast(sent: int, at: datetime) -> int:
    """How many it will be at the end of the month, if it goes on as it did since its beginning."""
    local = timezone.localtime(at)
    days = calendar.monthrange(local.year, local.month)[1]
    passed = local.day - 1 + (local.hour * 3600 + local.minute * 60 + local.second) / 86_400
    return round(sent * days / passed) if passed else sent
