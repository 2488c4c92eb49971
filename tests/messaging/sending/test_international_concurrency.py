"""The month's limit, its notices and blocks with several workers at once, each with its own connection."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from console.accounts.models import EventName, Notice, Project, ProjectEvent
from messaging.gateways.simulator import Simulator
from messaging.models import CountryBlock, InternationalUsage, Message
from messaging.policies.international import month_of
from messaging.sending.international_settings import lift_block
from messaging.sending.limits import block_countries, check_limits
from messaging.sending.planning import plan_send
from messaging.sending.submitting import drain
from messaging.states import Lane, MessageState
from tests.factories import MembershipFactory
from tests.messaging.sending.conftest import MakeCommand
from tests.messaging.sending.counts import assert_exact
from tests.messaging.sending.test_concurrency import at_once
from tests.messaging.sending.test_international import abroad, block, limit, unchecked

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_limit_is_exact_whoever_sends(
    command: MakeCommand, project: Project, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    unchecked(monkeypatch)
    limit(project, 23)
    requests = [plan_send(command(recipients=[*abroad(5), "01012340001"])) for _n in range(10)]
    at_once(*[lambda: drain(Lane.SINGLE, 60)] * 4)

    left = Message.objects.exclude(country_code=82)
    states = {state: left.filter(state=state).count() for state in (MessageState.SENT, MessageState.FAILED)}
    assert states == {"SENT": 23, "FAILED": 27}
    assert set(left.filter(state="FAILED").values_list("result_code", flat=True)) == {"B014"}
    assert Message.objects.filter(country_code=82, state="SENT").count() == 10
    assert InternationalUsage.objects.get().sent == 23
    assert simulator.ledger.counts()["messages"] == 33
    assert_exact(*requests)


def test_what_is_reached_is_told_once(project: Project) -> None:
    MembershipFactory(project=project)
    limit(project, 10)
    InternationalUsage.objects.create(project=project, month=month_of(timezone.now()), sent=10)
    at_once(*[check_limits] * 4)
    assert [notice.kind for notice in Notice.objects.all()] == ["limit_100"]
    assert ProjectEvent.objects.filter(name=EventName.LIMIT_REACHED).count() == 1


def test_a_country_is_blocked_once_and_not_while_it_is_unblocked(
    command: MakeCommand, project: Project, simulator: Simulator
) -> None:
    user = MembershipFactory(project=project).user
    limit(
        project,
        100,
        blocks_by_conversion=True,
        conversion_countries=[1],
        conversion_minimum=2,
        conversion_rate=50,
    )
    plan_send(command(recipients=abroad(3), collects_conversion=True))
    drain(Lane.SINGLE)

    def watch() -> None:
        block_countries(project.pk)

    at_once(*[watch] * 4)
    assert CountryBlock.objects.filter(project=project).count() == 1
    assert Notice.objects.filter(kind="country_blocked").count() == 1

    at_once(watch, lambda: lift_block(project=project, user=user, country_code=1), watch, watch)
    # Whoever was first, what was measured before it was unblocked blocks it no more.
    assert not CountryBlock.objects.filter(project=project, lifted_at=None).exists()
    assert CountryBlock.objects.get().lifted_at > timezone.now() - timedelta(minutes=1)  # type: ignore[operator]


def test_who_unblocks_a_country_waits_for_who_measures(project: Project) -> None:
    """What was measured before is blocked before, so that the unblocking comes after it."""
    user = MembershipFactory(project=project).user
    limit(project, 100, blocks_by_conversion=True, conversion_countries=[1])
    block(project, 1)
    done = threading.Event()

    def lift() -> None:
        lift_block(project=project, user=user, country_code=1)
        done.set()
        connection.close()

    thread = threading.Thread(target=lift)
    with transaction.atomic():
        assert block_countries(project.pk) == []
        thread.start()
        assert not done.wait(0.5)
    thread.join(20)
    assert done.is_set()
    assert CountryBlock.objects.get().lifted_by == user
