"""Whose turn it is: which webhook is taken, what it is told next, and what is collected for whom."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from console.accounts.events import record_events
from console.accounts.models import EventName, Project, ProjectEvent
from messaging.models import Webhook, WebhookCall, WebhookEntry
from messaging.states import CallState, WebhookState
from messaging.webhooks import collecting, delivering
from messaging.webhooks.addresses import WrongAddress
from messaging.webhooks.calling import Answer
from messaging.webhooks.claiming import LEASE, Claim, claim_webhook, next_call
from messaging.webhooks.collecting import COLLECT_LOCK, bells_due, collect_events
from messaging.webhooks.delivering import deliver
from tests.factories import WebhookFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def entries(webhook: Webhook, *events: EventName, **fields: Any) -> None:
    """What the webhook is still to be told, each of these events once."""
    given = {"payload": {"recipientNo": "01012340000"}, "created_at": timezone.now()} | fields
    WebhookEntry.objects.bulk_create(WebhookEntry(webhook=webhook, event=each, **given) for each in events)


def waiting_one(**fields: Any) -> Webhook:
    """A webhook that is to be told of one opt-out."""
    webhook = WebhookFactory(**fields)
    entries(webhook, EventName.OPT_OUT)
    return webhook


def finished_call(webhook: Webhook, state: CallState) -> WebhookCall:
    now = timezone.now()
    call = WebhookCall(webhook=webhook, event="UNSUBSCRIBE", n=1, happened_at=now, created_at=now)
    call.origin, call.state = call.key, state
    call.save()
    return call


def taken() -> Claim:
    claim = claim_webhook()
    assert claim is not None
    return claim


class TestTaking:
    def test_one_to_whom_nothing_is_to_be_said_is_left_alone(self) -> None:
        webhook = WebhookFactory()
        for state in (CallState.DELIVERED, CallState.FAILED, CallState.REPLAYED):
            finished_call(webhook, state)
        assert (claim_webhook(), bells_due()) == (None, 0)
        finished_call(webhook, CallState.WAITING)
        assert bells_due() == 1
        assert taken().webhook_id == webhook.pk

    @pytest.mark.parametrize("state", [WebhookState.PAUSED, WebhookState.DISABLED])
    def test_one_that_is_off_is_left_alone(self, state: WebhookState) -> None:
        waiting_one(state=state)
        assert (claim_webhook(), bells_due()) == (None, 0)

    def test_one_that_rests_is_left_alone_until_its_time(self, clock: time_machine.Traveller) -> None:
        waiting_one(next_at=NOW + SECOND)
        assert (claim_webhook(), bells_due()) == (None, 0)
        clock.shift(SECOND)
        assert (bells_due(), claim_webhook() is not None) == (1, True)

    def test_one_in_another_workers_hands_is_left_alone_until_the_lease_is_over(
        self, clock: time_machine.Traveller
    ) -> None:
        waiting_one()
        assert taken()
        clock.shift(LEASE - SECOND)
        assert (claim_webhook(), bells_due()) == (None, 0)
        clock.shift(SECOND)
        assert (bells_due(), claim_webhook() is not None) == (1, True)

    def test_who_goes_on_keeps_it(self, clock: time_machine.Traveller) -> None:
        waiting_one()
        claim = taken()
        clock.shift(LEASE - SECOND)
        assert next_call(claim) is not None
        assert Webhook.objects.get().lease_until == timezone.now() + LEASE
        clock.shift(2 * SECOND)
        assert claim_webhook() is None

    def test_who_lost_it_does_not_give_it_back_for_another(self, clock: time_machine.Traveller) -> None:
        waiting_one()
        first = taken()
        clock.shift(LEASE)
        second = taken()
        first.release()
        assert Webhook.objects.get().claimed_by == second.token
        assert claim_webhook() is None
        second.release()
        assert claim_webhook() is not None

    @pytest.mark.django_db(transaction=True)
    def test_nobody_waits_for_one_that_another_is_about_to_take(self) -> None:
        first, second = waiting_one(), waiting_one()

        def elsewhere() -> int:
            try:
                return taken().webhook_id
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool, transaction.atomic():
            assert taken().webhook_id == first.pk
            assert pool.submit(elsewhere).result(timeout=20) == second.pk


class TestTelling:
    def test_one_that_was_paused_since_it_was_taken_is_told_nothing(self) -> None:
        webhook = waiting_one()
        claim = taken()
        Webhook.objects.filter(pk=webhook.pk).update(state=WebhookState.PAUSED)
        assert next_call(claim) is None
        assert not WebhookCall.objects.exists()
        assert WebhookEntry.objects.count() == 1

    def test_a_call_is_of_one_event_and_says_when_the_first_of_it_happened(self) -> None:
        webhook = WebhookFactory()
        entries(webhook, EventName.OPT_OUT, created_at=NOW)
        entries(webhook, EventName.LIMIT_REACHED, created_at=NOW + SECOND)
        entries(webhook, EventName.OPT_OUT, created_at=NOW + 2 * SECOND)
        claim = taken()
        first = next_call(claim)
        assert first is not None
        assert (first.event, first.n, first.happened_at) == (EventName.OPT_OUT, 2, NOW)
        WebhookCall.objects.update(state=CallState.DELIVERED)
        second = next_call(claim)
        assert second is not None
        assert (second.event, second.n, second.happened_at) == (EventName.LIMIT_REACHED, 1, NOW + SECOND)
        assert not WebhookEntry.objects.exists()

    def test_an_entry_that_is_too_large_for_a_call_is_one_all_the_same(self) -> None:
        webhook = WebhookFactory()
        entries(webhook, EventName.OPT_OUT, n=501)
        entries(webhook, EventName.OPT_OUT, n=1)
        call = next_call(taken())
        assert call is not None
        assert call.n == 501
        assert WebhookEntry.objects.get().n == 1


class TestServing:
    @pytest.fixture
    def called(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """The webhooks in the order in which they were called; every call is taken."""
        order: list[int] = []

        def attempt(call: WebhookCall) -> Answer:
            order.append(call.webhook_id)
            return Answer(status=200)

        monkeypatch.setattr(delivering, "attempt", attempt)
        return order

    def much_to_hear(self) -> list[int]:
        webhooks = [WebhookFactory() for _number in range(2)]
        for webhook in webhooks:
            entries(webhook, EventName.OPT_OUT, EventName.LIMIT_REACHED, EventName.COUNTRY_BLOCKED)
        return [webhook.pk for webhook in webhooks]

    def test_one_after_the_other_while_there_is_time(self, called: list[int]) -> None:
        one, two = self.much_to_hear()
        assert deliver() is False
        assert called == [one] * 3 + [two] * 3

    def test_who_has_much_to_hear_lets_others_have_their_turn(
        self, called: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(delivering, "SERVED_SECONDS", 0)
        one, two = self.much_to_hear()
        assert deliver() is False
        assert called == [one, two] * 3

    def test_when_the_time_is_up_it_says_that_more_may_be_left(self, called: list[int]) -> None:
        one, _two = self.much_to_hear()
        assert deliver(0) is True
        assert called == [one]

    def test_a_webhook_that_was_taken_away_in_a_call_keeps_no_other_waiting(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lost, kept = waiting_one(), waiting_one()

        def attempt(call: WebhookCall) -> Answer:
            Webhook.objects.filter(pk=lost.pk).update(claimed_by=None)
            return Answer(status=200)

        monkeypatch.setattr(delivering, "attempt", attempt)
        assert deliver() is False
        assert dict(WebhookCall.objects.values_list("webhook", "state")) == {
            lost.pk: CallState.WAITING,
            kept.pk: CallState.DELIVERED,
        }

    def test_an_address_that_is_none_any_more_is_a_failure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        webhook = waiting_one(url="nowhere")
        with pytest.raises(WrongAddress):
            delivering.check_url(webhook.url)
        assert deliver() is False
        webhook.refresh_from_db()
        assert (webhook.failures, WebhookCall.objects.get().state) == (1, CallState.WAITING)


@pytest.mark.usefixtures("clock")
class TestCollecting:
    def happened(self, project: Project, n: int) -> None:
        payloads = [{"number": number} for number in range(n)]
        record_events(project_id=project.pk, name=EventName.OPT_OUT, payloads=payloads, at=NOW)

    def test_each_project_hears_of_its_own(self, project: Project) -> None:
        own = WebhookFactory(project=project, events=[EventName.OPT_OUT])
        WebhookFactory(events=[EventName.OPT_OUT])
        self.happened(project, 1)
        assert collect_events() == 1
        entry = WebhookEntry.objects.get()
        assert (entry.webhook, entry.payload, entry.created_at) == (own, {"number": 0}, NOW)

    def test_what_is_heard_late_waits_as_long_as_what_just_happened(self, project: Project) -> None:
        WebhookFactory(project=project, events=[EventName.OPT_OUT])
        for late in (timedelta(minutes=59), timedelta(days=9)):
            record_events(project_id=project.pk, name=EventName.OPT_OUT, payloads=[{}], at=NOW - late)
        collect_events()
        times = WebhookEntry.objects.order_by("id").values_list("created_at", flat=True)
        assert list(times) == [NOW - timedelta(minutes=59), NOW - timedelta(hours=1)]

    def test_many_are_collected_in_steps_in_their_order(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(collecting, "COLLECTED_AT_ONCE", 2)
        WebhookFactory(project=project, events=[EventName.OPT_OUT])
        self.happened(project, 5)
        oldest = ProjectEvent.objects.order_by("id")[0]
        oldest.save()  # which puts its row behind the others
        assert collect_events() == 5
        told = WebhookEntry.objects.order_by("id").values_list("payload__number", flat=True)
        assert list(told) == [0, 1, 2, 3, 4]

    @pytest.mark.django_db(transaction=True)
    def test_while_one_collects_another_does_nothing(self) -> None:
        project = WebhookFactory(events=[EventName.OPT_OUT]).project
        self.happened(project, 1)

        def elsewhere() -> int:
            try:
                return collect_events()
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [COLLECT_LOCK])
                assert pool.submit(elsewhere).result(timeout=20) == 0
            assert ProjectEvent.objects.count() == 1
            assert collect_events() == 1

    def test_few_workers_are_woken_at_once(self) -> None:
        for number in range(1, 7):
            waiting_one()
            assert bells_due() == min(number, 4)
