"""What the page says of now: how much of the month is used, and how many messages convert."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project
from messaging.content.countries import country_of
from messaging.models import CountryBlock, InternationalSettings
from messaging.policies.international import forecast, month_of, places_left
from messaging.sending.international import sent_in
from messaging.sending.limits import current_rates, rule_of
from messaging.statistics.conversion_rates import Rate

WIDTH, MARK = 1000, 8  # of a bar and of the line on it, in their own units


@dataclass(frozen=True)
class Usage:
    """The month so far against its limit; `expected` by its end, if it goes on like this."""

    month: datetime
    sent: int
    limit: int
    expected: int

    @property
    def left(self) -> int:
        return places_left(self.sent, self.limit)

    @property
    def percent(self) -> int:
        return self.sent * 100 // self.limit

    @property
    def colour(self) -> str:
        if not self.left:
            return "red"
        return "amber" if self.percent >= 70 or self.expected > self.limit else "green"

    @property
    def passes(self) -> bool:
        return self.expected > self.limit > self.sent

    @property
    def bar(self) -> dict[str, int]:
        """Where things lie on the bar, whose whole is the limit or what is expected, if that is more."""
        whole = max(self.limit, self.sent, min(self.expected, self.limit * 2))
        places = {"used": self.sent, "expected": self.expected, "limit": self.limit, "mark": self.limit * 0.7}
        return {name: min(WIDTH, round(WIDTH * value / whole)) for name, value in places.items()}


def usage_of(settings: InternationalSettings, now: datetime) -> Usage:
    sent = sent_in(settings.project_id, month_of(now))
    return Usage(now, sent, settings.monthly_limit, forecast(sent, now))


@dataclass(frozen=True)
class CountryRate:
    """A row of the table of conversion rates. `block`: why nothing goes there now."""

    code: int
    rate: Rate
    threshold: int
    missing: int
    is_chosen: bool
    falls_short: bool
    block: CountryBlock | None

    @property
    def name(self) -> str:
        country = country_of(self.code)
        return country.name if country else f"+{self.code}"

    @property
    def state(self) -> tuple[Any, str]:
        """A word and its colour."""
        if self.block is not None:
            return _("Blocked"), "red"
        if not self.is_chosen:
            return _("Not watched"), "grey"
        if self.missing:
            return _("Too few to judge"), "grey"
        return (_("Below the rate"), "amber") if self.falls_short else (_("Converts"), "green")

    @property
    def bar(self) -> dict[str, int]:
        mark = min(self.threshold * WIDTH // 100, WIDTH - MARK)
        return {"used": round(self.rate.percent * WIDTH / 100), "mark": mark}


def rates_shown(project: Project, settings: InternationalSettings, now: datetime) -> list[CountryRate]:
    """Every country that anything went to or that is blocked: blocked ones first, then by messages."""
    rule, rates = rule_of(settings), current_rates(settings, now)
    blocks = {
        block.country_code: block for block in CountryBlock.objects.filter(project=project, lifted_at=None)
    }
    chosen = set(settings.conversion_countries) if settings.blocks_by_conversion else set()
    rows = [
        CountryRate(
            code=code,
            rate=(rate := rates.get(code, Rate())),
            threshold=rule.rate,
            missing=max(rule.minimum - rate.sent, 0),
            is_chosen=code in chosen,
            falls_short=rule.blocks(rate.sent, rate.converted),
            block=blocks.get(code),
        )
        for code in rates.keys() | blocks.keys()
    ]
    return sorted(rows, key=lambda row: (row.block is None, -row.rate.sent, row.code))
