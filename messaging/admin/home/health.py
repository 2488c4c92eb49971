"""How the processes, queues and carriers are. Machines and what carriers said are for administrators."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from console.accounts.roles import Permission
from console.accounts.scoping import Scope
from console.panels import Panel
from console.queues import Queue
from messaging.health.readings import (
    CarrierReading,
    ProcessReading,
    QueueReading,
    Wellness,
    has_beat,
    read_processes,
    read_queues,
)
from messaging.models.health import ProcessKind

WORK: dict[Queue, Any] = {
    Queue.AUTH: gettext_lazy("One-time codes"),
    Queue.SINGLE: gettext_lazy("Single sends"),
    Queue.MASS: gettext_lazy("Mass sends"),
    Queue.FILES: gettext_lazy("Files"),
    Queue.REPORTS: gettext_lazy("Delivery reports"),
    Queue.SWEEPS: gettext_lazy("What is due"),
    Queue.WEBHOOKS: gettext_lazy("Webhooks"),
}


@dataclass(frozen=True)
class Health:
    """Everything that the panel draws. `is_detailed`: with machines, numbers, and words of carriers."""

    processes: Sequence[ProcessReading]
    queues: Sequence[QueueReading]
    carriers: Sequence[CarrierReading]
    is_detailed: bool
    waiting: Mapping[int, int] = field(default_factory=dict)

    @property
    def accounts(self) -> list[tuple[CarrierReading, int | None]]:
        """Each carrier account, with how many of its messages wait for a report where that is known."""
        return [(each, self.waiting.get(each.account.pk)) for each in self.carriers]

    @property
    def has_beat(self) -> bool:
        return has_beat(self.processes)

    @property
    def rows(self) -> list[tuple[Any, QueueReading]]:
        return [(WORK[each.queue], each) for each in self.queues]

    @property
    def unwell(self) -> list[ProcessReading]:
        return [each for each in self.processes if each.wellness != Wellness.WELL]

    @property
    def sentence(self) -> str:
        """What matters of the processes, in one sentence."""
        if not self.processes:
            return _("No worker has been seen: nothing is sent.")
        if not self.has_beat:
            return _("Beat is not seen: nothing that is due starts by itself.")
        if count := len(self.unwell):
            words = ngettext(
                "%(n)d of %(all)d processes does not answer.",
                "%(n)d of %(all)d processes do not answer.",
                count,
            )
            return words % {"n": count, "all": len(self.processes)}
        return _("All %(n)d processes answer.") % {"n": len(self.processes)}

    @property
    def wellness(self) -> Wellness:
        if not self.processes or any(each.wellness == Wellness.GONE for each in self.unwell):
            return Wellness.GONE
        is_well = not self.unwell and self.has_beat
        return Wellness.WELL if is_well else Wellness.LATE

    @staticmethod
    def kind(reading: ProcessReading) -> str:
        return str(ProcessKind(reading.pulse.kind).label)


def health_panel(
    scope: Scope,
    carriers: Sequence[CarrierReading],
    now: datetime,
    waiting: Mapping[int, int] | None = None,
) -> Panel:
    """How all of it is, as this person may know it. `waiting`: messages without a report, by account."""
    processes = read_processes(now)
    queues = read_queues(processes, now)
    is_detailed = scope.allows(Permission.ADMINISTER)
    health = Health(processes, queues, carriers, is_detailed, waiting or {})
    return Panel("health", _("Processes and carriers"), "messaging/home/health.html", {"health": health})
