"""What of sending needs a person, and whom it is told."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from console import dashboard
from console.accounts.models import AccessKey, Membership, User
from console.accounts.scoping import scope_for
from console.panels import Need
from console.queues import Queue
from messaging.admin.home.needs import needs_of
from messaging.health import carriers
from messaging.health.bells import heard, ring_all
from messaging.health.pulses import Process, pulse
from messaging.models import GatewayAccount, Webhook, WebhookDrop
from messaging.states import Counter
from messaging.statistics.counting import Delta, add_deltas
from tests.factories import MembershipFactory, RouteFactory, SenderNumberFactory, UserFactory
from tests.messaging.admin.delivering import send

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 3, 0, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    carriers.forget_what_was_written()
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def account() -> GatewayAccount:
    found: GatewayAccount = RouteFactory().account
    return found


@pytest.fixture
def manager(account: GatewayAccount) -> Membership:
    return MembershipFactory(role="MANAGER")


@pytest.fixture
def administrator(account: GatewayAccount) -> User:
    return UserFactory(administrator=True)


def all_lives(queues: tuple[Queue, ...] = tuple(Queue)) -> None:
    pulse(Process("beat@one", "BEAT"))
    pulse(Process("worker@one", "WORKER", tuple(queue.value for queue in queues)))
    ring_all(lambda queue, at: heard(queue.value, at))


def sentences(user: User) -> list[tuple[str, str]]:
    return [(str(need.sentence), need.colour) for need in needs_of(scope_for(user, None))]


def test_where_all_is_well_nobody_is_needed(manager: Membership, administrator: User) -> None:
    all_lives()
    assert sentences(manager.user) == []
    assert sentences(administrator) == []


def test_beat_and_workers_that_are_gone_are_for_administrators(
    manager: Membership, administrator: User, clock: time_machine.Traveller
) -> None:
    all_lives((Queue.AUTH, Queue.SINGLE, Queue.FILES, Queue.REPORTS, Queue.SWEEPS, Queue.WEBHOOKS))
    clock.shift(40)
    pulse(Process("worker@one", "WORKER", tuple(queue.value for queue in Queue if queue != Queue.MASS)))
    assert sentences(administrator) == [
        ("Beat is not seen: nothing that is due starts by itself.", "red"),
        ("No worker takes from “Mass sends”: it waits.", "red"),
    ]
    assert sentences(manager.user) == []


def test_a_carrier_that_is_down_or_paused_is_told_to_everybody_of_its_projects(
    manager: Membership, administrator: User, account: GatewayAccount
) -> None:
    all_lives()
    carriers.note_refused(account.pk, "secret words")
    assert sentences(manager.user) == [
        ("The carrier cannot be reached: what is due waits, and goes by itself later.", "red")
    ]
    assert sentences(administrator) == [(f"The carrier account “{account.name}” cannot be reached.", "red")]
    GatewayAccount.objects.update(is_paused=True)
    assert sentences(manager.user) == [
        ("The carrier is paused: what is due waits until an administrator lets it go on.", "amber")
    ]


def test_outcomes_that_nobody_knows_are_for_those_who_send(manager: Membership) -> None:
    SenderNumberFactory(approved=True, project=manager.project, number="021234567")
    request = send(manager.project, ["01012340001"])
    add_deltas([Delta(request.pk, 1, Counter.UNKNOWN, "B008", 82, 1200)], at=NOW)
    viewer = MembershipFactory(role="VIEWER", project=manager.project)
    assert sentences(manager.user) == [
        ("Of 1,200 messages of the last 24 hours nobody knows whether they arrived.", "amber")
    ]
    assert sentences(viewer.user) == []
    add_deltas([Delta(request.pk, 1, Counter.UNKNOWN, "B008", 82, -1200)], at=NOW)
    assert sentences(manager.user) == []
    add_deltas([Delta(request.pk, 1, Counter.DELIVERY_FAILED, "2003", 82, 7)], at=NOW)
    assert sentences(manager.user) == [], "a failure is no unknown outcome"


def test_unknown_outcomes_lead_to_the_requests_of_those_days(manager: Membership) -> None:
    SenderNumberFactory(approved=True, project=manager.project, number="021234567")
    request = send(manager.project, ["01012340001"])
    add_deltas([Delta(request.pk, 1, Counter.UNKNOWN, "B008", 82, 1)], at=NOW)
    [need] = needs_of(scope_for(manager.user, None))
    assert need.url == "/deliveries/requests/?result=UNKNOWN&since=2026-11-16&until=2026-11-22"


def test_the_carrier_of_another_project_is_no_need_of_this_one(manager: Membership) -> None:
    carriers.note_refused(RouteFactory(project=MembershipFactory().project).account.pk, "down")
    assert sentences(manager.user) == []


def test_an_unverified_member_is_told_nothing(
    manager: Membership, account: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    carriers.note_refused(account.pk, "down")
    monkeypatch.setattr("messaging.admin.home.needs.is_cleared", lambda scope: False)
    assert sentences(manager.user) == []


def test_a_webhook_that_a_person_paused_is_not_told_of_and_no_more_than_three_are(
    manager: Membership,
) -> None:
    given = {"project": manager.project, "events": [], "failing_since": NOW - timedelta(hours=1)}
    Webhook.objects.create(url="https://paused.example.com/h", state="PAUSED", **given)
    for number in range(4):
        Webhook.objects.create(url=f"https://hooks{number}.example.com/h", **given)
    found = sentences(manager.user)
    assert [sentence.split()[2] for sentence, _colour in found] == [
        f"hooks{number}.example.com" for number in range(3)
    ]


@pytest.mark.parametrize(
    ("made", "used", "said"),
    [
        (100, None, "was not used for 90 days"),
        (100, 91, "was not used for 90 days"),
        (366, 1, "is older than a year"),
        (90, None, ""),
        (91, None, "was not used for 90 days"),
        (100, 90, ""),
        (100, 1, ""),
        (365, 1, ""),
    ],
)
def test_keys_that_nobody_uses_or_that_are_old(
    manager: Membership, made: int, used: int | None, said: str
) -> None:
    key = AccessKey.objects.create(project=manager.project, name="Shop")
    last = None if used is None else NOW - timedelta(days=used)
    AccessKey.objects.filter(pk=key.pk).update(created_at=NOW - timedelta(days=made), last_used_at=last)
    found = " ".join(sentence for sentence, _colour in sentences(manager.user))
    assert said in found
    assert bool(said) == bool(found)
    for role in ("VIEWER", "SENDER"):
        assert sentences(MembershipFactory(project=manager.project, role=role).user) == []
    assert sentences(MembershipFactory().user) == [], "nobody hears of another project's keys"
    AccessKey.objects.update(revoked_at=NOW)
    assert sentences(manager.user) == []


def test_webhooks_that_fail_for_long_or_are_off_are_for_managers(manager: Membership) -> None:
    address = "https://hooks.example.com/secret-path"
    webhook = Webhook.objects.create(project=manager.project, url=address, events=[])
    Webhook.objects.create(project=MembershipFactory().project, url=address, events=[], state="DISABLED")
    assert sentences(manager.user) == []
    for minutes, count in ((10, 0), (11, 1)):
        Webhook.objects.filter(pk=webhook.pk).update(failing_since=NOW - timedelta(minutes=minutes))
        assert len(sentences(manager.user)) == count
    assert sentences(manager.user) == [
        (
            "The webhook hooks.example.com does not answer as it should; it is tried again and again.",
            "amber",
        )
    ]
    Webhook.objects.filter(pk=webhook.pk).delete()
    Webhook.objects.create(project=manager.project, url=address, events=[], state="DISABLED")
    assert sentences(manager.user) == [
        (
            "The webhook hooks.example.com was switched off after its failures: what happens waits for it.",
            "red",
        )
    ]
    assert sentences(MembershipFactory(project=manager.project, role="SENDER").user) == []


def test_what_a_webhook_was_never_told_is_said_until_it_is_seen(manager: Membership) -> None:
    address = "https://hooks.example.com/secret-path"
    times = {"first_at": NOW, "last_at": NOW, "dropped_at": NOW}
    webhook = Webhook.objects.create(project=manager.project, url=address, events=[])
    theirs = Webhook.objects.create(project=MembershipFactory().project, url=address, events=[])
    for one, event, hooks in ((webhook, "a", 1_200), (webhook, "b", 34), (theirs, "a", 5)):
        WebhookDrop.objects.create(webhook=one, event=event, hooks=hooks, **times)
    said = "The webhook hooks.example.com was never told of 1,234 things that happened."
    assert sentences(manager.user) == [(said, "amber")]
    assert sentences(MembershipFactory(project=manager.project, role="SENDER").user) == []
    WebhookDrop.objects.filter(webhook=webhook).update(seen_at=NOW)
    assert sentences(manager.user) == []


def test_what_is_red_stands_first(manager: Membership, monkeypatch: pytest.MonkeyPatch) -> None:
    needs = [Need("one", "/", "x"), Need("two", "/", "x", "red"), Need("three", "/", "x")]
    monkeypatch.setattr(dashboard, "NEEDS", ("messaging.admin.home.needs.needs_of",))
    monkeypatch.setattr("messaging.admin.home.needs.needs_of", lambda scope: needs)
    found = dashboard.needs_for(scope_for(manager.user, None))
    assert [need.sentence for need in found] == ["two", "one", "three"]
