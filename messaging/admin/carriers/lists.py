"""The carrier accounts: how each is, how much it takes, how much of that fails, who goes through it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project
from console.accounts.roles import Permission
from console.pages import ConsolePage, register_page
from messaging.gateways import registry
from messaging.health.readings import CarrierReading, carrier_reading, read_carriers
from messaging.health.throughput import Throughput, read_throughput
from messaging.models import GatewayAccount, Route

SHOWN_PROJECTS = 5


@dataclass(frozen=True)
class AccountRow:
    """An account as its card shows it. `is_common`: of all projects without a route of their own."""

    reading: CarrierReading
    gateway: Any
    throughput: Throughput
    is_common: bool
    projects: Sequence[Project]
    more: int

    @property
    def account(self) -> GatewayAccount:
        return self.reading.account


def rows_of(readings: Sequence[CarrierReading]) -> list[AccountRow]:
    """The cards, in the order of the readings."""
    found = read_throughput(timezone.now())
    routes = Route.objects.select_related("project__organization").order_by("project__name")
    by_account: dict[int, list[Route]] = {}
    for route in routes:
        by_account.setdefault(route.account_id, []).append(route)
    return [_row(each, found, by_account.get(each.account.pk, [])) for each in readings]


def row_of(account: GatewayAccount) -> AccountRow:
    """One card."""
    return rows_of([carrier_reading(account)])[0]


def _row(reading: CarrierReading, found: dict[int, Throughput], routes: list[Route]) -> AccountRow:
    projects = [route.project for route in routes if route.project is not None]
    return AccountRow(
        reading=reading,
        gateway=registry.GATEWAYS[reading.account.gateway].label
        if reading.account.gateway in registry.GATEWAYS
        else reading.account.gateway,
        throughput=found.get(reading.account.pk, Throughput()),
        is_common=any(route.project_id is None for route in routes),
        projects=projects[:SHOWN_PROJECTS],
        more=max(len(projects) - SHOWN_PROJECTS, 0),
    )


class CarrierAdministration:
    """A page for administrators alone: secrets of carriers are changed here."""

    permission: ClassVar[Permission | None] = Permission.ADMINISTER
    needs_project: ClassVar[bool] = False
    needs_fresh: ClassVar[bool] = True


@register_page
class CarriersPage(CarrierAdministration, ConsolePage):
    path = "platform/carriers/"
    name = "carriers"
    title = _("Carriers")
    template_name = "messaging/carriers/list.html"
    is_wide = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = {"rows": rows_of(read_carriers()), "gateways": registry.choices()}
        return super().get_context_data(**own, **kwargs)
