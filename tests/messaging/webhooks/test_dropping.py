"""What a webhook is never told: counted by the statement that drops it, mailed once, shown until seen."""

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction

from console.accounts.models import AuditEntry, EventName, Notice, NoticeMail, Project, User
from messaging.models import Webhook, WebhookAttempt, WebhookCall, WebhookDrop, WebhookEntry
from messaging.states import CallState, WebhookState
from messaging.webhooks import claiming, pruning
from messaging.webhooks.bodies import TEST
from messaging.webhooks.claiming import claim_webhook, next_call
from messaging.webhooks.dropping import drop_entries, note_seen, unseen_hooks
from messaging.webhooks.pruning import prune_webhooks
from messaging.webhooks.registering import delete_webhook
from messaging.webhooks.replaying import leave_out, replay
from tests.factories import MembershipFactory, WebhookFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
RESULT, OPT_OUT = EventName.MESSAGE_RESULT, EventName.OPT_OUT


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def user(project: Project) -> User:
    return MembershipFactory(project=project).user


@pytest.fixture
def off(project: Project) -> Webhook:
    """A webhook that is switched off."""
    return WebhookFactory(project=project, state=WebhookState.DISABLED, disabled_because="failing")


def wait(webhook: Webhook, *ages: float, event: str = RESULT, n: int = 1) -> None:
    """Entries that are so many days old."""
    WebhookEntry.objects.bulk_create(
        WebhookEntry(webhook=webhook, event=event, n=n, payload={}, created_at=NOW - days * DAY)
        for days in ages
    )


def dropped() -> list[tuple[int, str, int, datetime, datetime, datetime]]:
    rows = WebhookDrop.objects.filter(seen_at=None).order_by("webhook", "event")
    return list(rows.values_list("webhook", "event", "hooks", "first_at", "last_at", "dropped_at"))


class TestEntries:
    @pytest.mark.parametrize("state", WebhookState.values)
    def test_what_is_dropped_is_counted_by_event_with_its_times(
        self, project: Project, state: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pruning, "DROPPED_AT_ONCE", 2)
        webhook: Webhook = WebhookFactory(project=project, state=state)
        other: Webhook = WebhookFactory(project=project, state=state)
        wait(webhook, 9, 8, 7.5, 6.9, 1, n=500)
        wait(webhook, 10, event=OPT_OUT)
        wait(other, 8, 6)
        WebhookEntry.objects.create(webhook=webhook, event=RESULT, created_at=NOW - 7 * DAY)
        assert prune_webhooks() == 5
        assert dropped() == [
            (webhook.pk, RESULT, 1500, NOW - 9 * DAY, NOW - 7.5 * DAY, NOW),
            (webhook.pk, OPT_OUT, 1, NOW - 10 * DAY, NOW - 10 * DAY, NOW),
            (other.pk, RESULT, 1, NOW - 8 * DAY, NOW - 8 * DAY, NOW),
        ]
        assert WebhookEntry.objects.count() == 4
        assert unseen_hooks([webhook, other]) == {webhook.pk: 1501, other.pk: 1}

    def test_nothing_is_counted_where_nothing_is_dropped(self, off: Webhook) -> None:
        wait(off, 6.9)
        assert prune_webhooks() == 0
        assert (dropped(), Notice.objects.count()) == ([], 0)

    def test_what_is_dropped_later_adds_to_it(self, off: Webhook, clock: time_machine.Traveller) -> None:
        wait(off, 8, 6.5)
        prune_webhooks()
        clock.shift(DAY)
        assert prune_webhooks() == 1
        assert dropped() == [(off.pk, RESULT, 2, NOW - 8 * DAY, NOW - 6.5 * DAY, NOW + DAY)]

    def test_the_entries_of_a_deleted_webhook_are_counted_nowhere(self, off: Webhook) -> None:
        wait(off, 8)
        prune_webhooks()
        pk = off.pk
        delete_webhook(off)
        WebhookEntry.objects.create(webhook_id=pk, event=RESULT, created_at=NOW)
        assert drop_entries(webhook_id=pk, before=NOW + DAY, now=NOW, limit=1) == 0
        assert prune_webhooks() == 1
        assert not WebhookDrop.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_what_is_made_a_call_at_the_same_time_is_told_and_not_counted(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Pruning begins when the entries were read for the call, and are still there."""
        webhook, original = WebhookFactory(), claiming.as_many_as_fit
        wait(webhook, 8)
        answers: list[Future[int]] = []

        def prune() -> int:
            try:
                return prune_webhooks()
            finally:
                connection.close()

        def read_and_prune(entries: Any) -> list[WebhookEntry]:
            some = original(entries)
            answers.append(pool.submit(prune))
            assert waits(answers[0])
            return some

        monkeypatch.setattr(claiming, "as_many_as_fit", read_and_prune)
        claim = claim_webhook()
        with ThreadPoolExecutor(1) as pool:
            call = next_call(claim)
            assert answers[0].result(timeout=30) == 0
        assert (call.n, dropped(), WebhookEntry.objects.count()) == (1, [], 0)


class TestCalls:
    def make(self, webhook: Webhook, age: float, waited: float, **fields: Any) -> WebhookCall:
        """A failed call of three hooks, made so many days ago, that was given up after waiting so many."""
        made = NOW - age * DAY
        given = {"event": RESULT, "n": 3, "state": CallState.FAILED, "finished_at": made + waited * DAY}
        call = WebhookCall(webhook=webhook, happened_at=made - DAY, created_at=made, **given | fields)
        call.origin = call.key
        call.save()
        WebhookAttempt.objects.create(webhook=webhook, call=call, at=made, milliseconds=1)
        return call

    def test_one_that_was_given_up_is_lost_when_its_time_in_the_log_is_over(self, off: Webhook) -> None:
        self.make(off, 31, 7)
        self.make(off, 29, 7)
        assert prune_webhooks() == 1
        assert dropped() == [(off.pk, RESULT, 3, NOW - 32 * DAY, NOW - 32 * DAY, NOW)]
        assert WebhookAttempt.objects.count() == 1

    @pytest.mark.parametrize(
        "fields",
        [
            {"state": CallState.DELIVERED},
            {"state": CallState.REPLAYED},
            {"event": TEST},
            {"finished_at": NOW - 31 * DAY + SECOND},  # left out by a person
        ],
    )
    def test_others_are_not(self, off: Webhook, fields: dict[str, Any]) -> None:
        self.make(off, 31, 7, **fields)
        assert prune_webhooks() == 1
        assert (dropped(), WebhookCall.objects.count(), WebhookAttempt.objects.count()) == ([], 0, 0)

    def test_what_waited_for_a_week_can_be_sent_again_and_is_lost_where_nobody_does(
        self, off: Webhook, user: User, clock: time_machine.Traveller
    ) -> None:
        given = {"state": CallState.WAITING, "finished_at": None, "payloads": [{}] * 3, "event": OPT_OUT}
        again, never = (self.make(off, 7.1, 0, **given) for _number in range(2))
        assert leave_out(call=self.make(off, 6.9, 0, **given), user=user)
        prune_webhooks()
        assert dropped() == []
        again.refresh_from_db()
        assert (again.state, replay(call=again, user=user)) == (CallState.FAILED, True)
        WebhookCall.objects.filter(is_replay=True).update(state=CallState.DELIVERED)
        clock.shift(24 * DAY)
        assert prune_webhooks() == 3
        at = never.happened_at
        assert dropped() == [(off.pk, OPT_OUT, 3, at, at, NOW + 24 * DAY)]


class TestTelling:
    def test_every_member_is_told_once_until_somebody_saw_it(
        self, off: Webhook, user: User, clock: time_machine.Traveller
    ) -> None:
        other = MembershipFactory(project=off.project).user
        MembershipFactory()
        wait(off, 8, 6.5)
        wait(off, 8, event=OPT_OUT)
        prune_webhooks()
        clock.shift(DAY)
        prune_webhooks()
        notice = Notice.objects.get()
        assert (notice.kind, notice.project) == ("webhook_dropped", off.project)
        assert set(NoticeMail.objects.values_list("user", flat=True)) == {user.pk, other.pk}
        note_seen(webhook=off, user=user, shown=dict(WebhookDrop.objects.values_list("pk", "hooks")))
        wait(off, 8)
        prune_webhooks()
        assert Notice.objects.count() == 2

    def test_a_drop_that_is_not_committed_tells_nobody(self, off: Webhook, user: User) -> None:
        wait(off, 8)

        class Killed(BaseException):
            pass

        def die() -> None:
            with transaction.atomic():
                prune_webhooks()
                raise Killed

        with pytest.raises(Killed):
            die()
        assert (dropped(), Notice.objects.count(), WebhookEntry.objects.count()) == ([], 0, 1)


class TestSeeing:
    def test_what_a_person_saw_is_kept_with_who_and_what_comes_later_is_new(
        self, off: Webhook, user: User
    ) -> None:
        wait(off, 9, 8)
        wait(off, 8, event=OPT_OUT)
        prune_webhooks()
        first = dict(WebhookDrop.objects.values_list("pk", "hooks"))
        assert note_seen(webhook=off, user=user, shown=first) == 3
        assert note_seen(webhook=off, user=user, shown=first) == 0
        assert set(WebhookDrop.objects.values_list("seen_by", "seen_at")) == {(user.pk, NOW)}
        said = [entry.said() for entry in AuditEntry.objects.filter(action=AuditEntry.Action.DEED)]
        assert said == ["3 dropped hooks of a webhook seen"]
        wait(off, 8)
        prune_webhooks()
        assert [(event, hooks) for _webhook, event, hooks, *_times in dropped()] == [(RESULT, 1)]
        assert WebhookDrop.objects.count() == 3

    def test_what_grew_since_it_was_shown_is_not_seen(self, off: Webhook, user: User) -> None:
        wait(off, 8)
        wait(off, 8, event=OPT_OUT)
        prune_webhooks()
        shown = dict(WebhookDrop.objects.values_list("pk", "hooks"))
        wait(off, 8)
        prune_webhooks()
        assert note_seen(webhook=off, user=user, shown=shown) == 1
        assert [(event, hooks) for _webhook, event, hooks, *_times in dropped()] == [(RESULT, 2)]

    def test_another_webhooks_is_not(self, off: Webhook, user: User) -> None:
        other: Webhook = WebhookFactory(project=off.project)
        wait(other, 8)
        prune_webhooks()
        shown = dict(WebhookDrop.objects.values_list("pk", "hooks"))
        assert note_seen(webhook=off, user=user, shown=shown) == 0
        assert unseen_hooks([off, other]) == {other.pk: 1}


def waits(answer: Any) -> bool:
    """Whether some connection waits for a lock before the answer is there."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with connection.cursor() as cursor:
        while not answer.done():
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return True
    return False
