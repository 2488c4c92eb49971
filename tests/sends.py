"""What benchmarks and fault tests send: a project, a route to a simulator, files."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from console.accounts.models import Project
from messaging.audience.conditions import Condition
from messaging.gateways.simulator import Simulator
from messaging.models import Contact, GatewayAccount, Route, Tag, TaggedUid, Uid
from messaging.sending.accounts import gateway_of
from messaging.sending.commands import SendCommand
from messaging.states import ContactKind, DeliveryKind, MessageType, Purpose
from senders.models import OptOut
from senders.models.opt_out import OptOutSource
from tests.factories import OptOutLineFactory, ProjectFactory, SenderNumberFactory
from tests.messaging.sending.files import checked_file, numbers

SENDER = "0212345678"


def make_project(**simulator: Any) -> Project:
    """A project that may send from SENDER, over a simulator with these settings."""
    project: Project = ProjectFactory()  # type: ignore[assignment]
    SenderNumberFactory(approved=True, project=project, number=SENDER)
    options = {
        "ledger_path": str(Path(settings.BONGSU_HOME) / f"ledger-{project.pk}"),
        "report_delay_ms": 0,
        **simulator,
    }
    account = GatewayAccount.objects.create(
        name=f"Simulator of {project.pk}", gateway="simulator", settings=json.dumps(options)
    )
    Route.objects.create(project=project, account=account)
    return project


def simulator_of(project: Project) -> Simulator:
    """The project's carrier."""
    gateway = gateway_of(Route.objects.get(project=project).account)
    assert isinstance(gateway, Simulator)
    return gateway


def mass_command(project: Project, rows: int, *, body: str = "To ##name##", **changes: Any) -> SendCommand:
    """A mass send of so many rows, with one placeholder; keywords change it."""
    file = checked_file(project, numbers(rows), body=body, values=[[f"name {n}"] for n in range(rows)])
    given: dict[str, Any] = {
        "project": project,
        "actor": None,
        "message_type": MessageType.SMS,
        "purpose": Purpose.GENERAL,
        "sender": SENDER,
        "body": body,
        "kind": DeliveryKind.MASS,
        "recipient_file": file,
    }
    return SendCommand(**given | changes)


def advertising_command(project: Project, rows: int, *, refusing: int) -> SendCommand:
    """The same as advertising; every so manieth recipient, from the first, refuses it."""
    line = OptOutLineFactory(project=project, opened=True, number="0801234567")
    refuse(project, numbers(rows)[::refusing])
    body = "(광고)To ##name##\n무료거부 0801234567"
    return mass_command(project, rows, body=body, purpose=Purpose.ADVERTISING, opt_out_line=line)


def refuse(project: Project, refusing: Iterable[str]) -> None:
    """Enter the numbers as those that refuse the project's advertising."""
    since = {"created_at": (now := timezone.now()), "last_refused_at": now}
    OptOut.objects.bulk_create(
        OptOut(project=project, number=number, source=OptOutSource.HAND, **since) for number in refusing
    )


def tag_command(project: Project, rows: int) -> SendCommand:
    """A send to a tag that so many UIDs have, with a number each."""
    tag = Tag.objects.create(project=project, name="all")
    now = timezone.now()
    uids = Uid.objects.bulk_create(Uid(project=project, uid=f"uid{n}", created_at=now) for n in range(rows))
    Contact.objects.bulk_create(
        Contact(
            project=project, uid=uid, kind=ContactKind.PHONE, country_code=82, value=number, created_at=now
        )
        for uid, number in zip(uids, numbers(rows), strict=True)
    )
    TaggedUid.objects.bulk_create(TaggedUid(tag=tag, uid=uid, created_at=now) for uid in uids)
    return SendCommand(
        project=project,
        actor=None,
        message_type=MessageType.SMS,
        purpose=Purpose.GENERAL,
        sender=SENDER,
        body="To all",
        kind=DeliveryKind.TAG,
        tag_condition=Condition((tag.pk,)),
    )
