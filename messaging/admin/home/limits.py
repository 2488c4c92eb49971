"""Limits in use: how much of what is allowed is used up."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from console.accounts.roles import Permission
from console.accounts.scoping import Scope
from console.navigation import address_of
from console.panels import Panel
from messaging.admin.home.drawing import WIDTH
from messaging.policies.international import month_of
from messaging.sending.international import sent_in, settings_of

NEAR = 70  # of a hundred, as the guide's first notice


@dataclass(frozen=True)
class LimitRow:
    """A limit: what it is of, how much is used, and how much is allowed."""

    label: Any
    used: int
    most: int
    url: str

    @property
    def percent(self) -> int:
        return min(self.used * 100 // self.most, 100) if self.most else 100

    @property
    def width(self) -> int:
        return self.percent * WIDTH // 100

    @property
    def colour(self) -> str:
        if self.used >= self.most:
            return "red"
        return "amber" if self.percent >= NEAR else "blue"


def limits_panel(scope: Scope, now: datetime) -> Panel:
    """The limits of the project; nothing is shown where it may send nothing that has one."""
    rows = list(_limits(scope, now))
    return Panel("limits", _("Limits"), "messaging/home/limits.html", {"limits": rows}, is_empty=not rows)


def _limits(scope: Scope, now: datetime) -> Iterator[LimitRow]:
    if scope.project is None:
        return
    settings = settings_of(scope.project.pk)
    if settings.is_on:
        sent = sent_in(scope.project.pk, month_of(now))
        may_change = scope.allows(Permission.MANAGE_PROJECT)
        url = address_of("admin:settings_international") if may_change else ""
        yield LimitRow(_("To other countries, this month"), sent, settings.monthly_limit, url)
