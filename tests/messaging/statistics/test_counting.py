"""Counts equal the messages at every moment, whatever happened, in whatever order, folded or not."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messaging.gateways.base import Report
from messaging.models import CountDelta, GatewayAccount, Message, RequestCount, SendRequest, StatisticsCount
from messaging.sending.canceling import cancel_request, finish_canceling
from messaging.sending.claiming import claim_chunk
from messaging.sending.commands import Split
from messaging.sending.planning import plan_send
from messaging.sending.recording import ClaimLost
from messaging.sending.recovery import give_up_waiting, recover_stale_chunks
from messaging.sending.releasing import release_due
from messaging.sending.reporting import apply_reports, collect_reports
from messaging.sending.submitting import drain, submit_chunk
from messaging.states import Counter, Lane
from messaging.statistics.counting import Delta, add_deltas, fold
from messaging.statistics.queries import failures_of, progress_of, progress_of_batches
from tests.messaging.sending.conftest import MakeCommand, account, command, project  # noqa: F401 - fixtures
from tests.messaging.sending.counts import assert_exact

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 3, 0, 30, tzinfo=UTC)
CODES = ["0", "2003", "3001"]
# Ordinary numbers, and those whose messages are refused, busy, unknown, twice or never reported.
ENDINGS = ["1231001", "1231002", "9991004", "9999007", "9999008", "9999003", "9999002", "9992003"]

steps = st.one_of(
    st.just(("drain",)),
    st.just(("claim and die",)),
    st.just(("claim and go on later",)),
    st.just(("collect",)),
    st.tuples(st.just("report"), st.integers(0, 7), st.sampled_from(CODES)),
    st.just(("cancel",)),
    st.tuples(st.just("wait"), st.sampled_from([5, 90, 600, 300_000])),
    st.just(("fold",)),
)


def report(request: SendRequest, place: int, code: str) -> list[Report]:
    ids = list(Message.objects.filter(request=request).order_by("id").values_list("id", flat=True))
    return [Report(str(ids[place]), None, code, datetime.now(UTC), "KT")] if place < len(ids) else []


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(steps, max_size=14), st.booleans())
def test_after_any_history_the_counts_are_those_of_the_messages(  # noqa: C901 - one branch a step
    command: MakeCommand,  # noqa: F811
    account: GatewayAccount,  # noqa: F811
    history: list[tuple],  # type: ignore[type-arg]
    is_split: bool,
) -> None:
    with time_machine.travel(NOW, tick=False) as clock, transaction.atomic():
        split = Split(2, timedelta(minutes=1)) if is_split else None
        request = plan_send(command(recipients=[f"0102{ending}" for ending in ENDINGS], split=split))
        claimed = []
        for step, *given_values in history:
            match step:
                case "drain":
                    drain(Lane.SINGLE)
                case "claim and die":
                    claim_chunk(Lane.SINGLE)
                case "claim and go on later":
                    claimed.append(claim_chunk(Lane.SINGLE))
                case "collect":
                    collect_reports()
                case "report":
                    apply_reports(account, report(request, *given_values))
                case "cancel":
                    cancel_request(request=request, actor=None)
                case "wait":
                    clock.shift(timedelta(seconds=given_values[0]))
                    release_due()
                    recover_stale_chunks()
                    finish_canceling()
                    give_up_waiting()
                case "fold":
                    fold()
            assert_exact(request)
        for chunk in filter(None, claimed):
            with suppress(ClaimLost):
                submit_chunk(chunk)
        assert_exact(request)
        fold()
        assert not CountDelta.objects.exists()
        assert_exact(request)
        by_hour = StatisticsCount.objects.filter(project=request.project, counter=Counter.REQUESTED)
        assert (
            sum(by_hour.values_list("n", flat=True))
            == Message.objects.filter(project=request.project).count()
        )
        parts = progress_of_batches(request.pk)
        assert sum(part.requested for part in parts.values()) == 8
        transaction.set_rollback(True)  # one history knows nothing of another


@pytest.fixture
def request_row(command: MakeCommand) -> SendRequest:  # noqa: F811
    request = plan_send(command())
    CountDelta.objects.all().delete()
    return request


def test_folding_adds_up_and_happens_once(request_row: SendRequest) -> None:
    at = datetime(2026, 11, 22, 3, 59, 59, tzinfo=UTC)
    for n in (2, 3):
        add_deltas([Delta(request_row.pk, 1, Counter.SENT, "", 82, n)], at=at)
    add_deltas([Delta(request_row.pk, 1, Counter.UNKNOWN, "B007", 82, 4)], at=at + timedelta(seconds=1))
    before = progress_of([request_row.pk])[request_row.pk].counts
    assert fold() == 3
    assert fold() == 0
    assert before == progress_of([request_row.pk])[request_row.pk].counts == {"SENT": 5, "UNKNOWN": 4}
    assert list(RequestCount.objects.order_by("counter").values_list("minute", "counter", "code", "n")) == [
        (datetime(2026, 11, 22, 3, 59, tzinfo=UTC), "SENT", "", 5),
        (datetime(2026, 11, 22, 4, 0, tzinfo=UTC), "UNKNOWN", "B007", 4),
    ]
    assert set(StatisticsCount.objects.values_list("hour", "counter", "n")) == {
        (datetime(2026, 11, 22, 3, tzinfo=UTC), "SENT", 5),
        (datetime(2026, 11, 22, 4, tzinfo=UTC), "UNKNOWN", 4),
    }


def test_folding_in_parts_loses_nothing(request_row: SendRequest) -> None:
    for _n in range(5):
        add_deltas([Delta(request_row.pk, 1, Counter.DELIVERED, "0", 82, 1)], at=NOW)
    assert [fold(limit=2), fold(limit=2), fold(limit=2), fold(limit=2)] == [2, 2, 1, 0]
    assert progress_of([request_row.pk])[request_row.pk].delivered == 5


def test_what_cancels_out_is_not_shown(request_row: SendRequest) -> None:
    add_deltas([Delta(request_row.pk, 1, Counter.UNKNOWN, "B007", 82, 2)], at=NOW)
    add_deltas([Delta(request_row.pk, 1, Counter.UNKNOWN, "B007", 82, -2)], at=NOW)
    assert failures_of(request_row.pk) == []
    assert progress_of([request_row.pk])[request_row.pk].counts == {}


def test_progress_in_words(request_row: SendRequest) -> None:
    counted = {
        Counter.REQUESTED: 100,
        Counter.SENT: 80,
        Counter.SEND_FAILED: 5,
        Counter.CANCELED: 10,
        Counter.DELIVERED: 60,
        Counter.DELIVERY_FAILED: 7,
        Counter.UNKNOWN: 3,
    }
    add_deltas([Delta(request_row.pk, 1, counter, "", 82, n) for counter, n in counted.items()], at=NOW)
    progress = progress_of([request_row.pk])[request_row.pk]
    assert (progress.ready, progress.waiting_for_result, progress.failed, progress.finished) == (
        5,
        10,
        12,
        85,
    )


def test_progress_is_one_statement(request_row: SendRequest, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        progress_of([request_row.pk])
