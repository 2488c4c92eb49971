"""At what time each number stands, what a period holds, and how long it is kept."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from console.accounts.models import Project
from messaging.gateways.base import Report
from messaging.models import GatewayAccount, Message, SendRequest, StatisticsCount
from messaging.sending.loading import load_request
from messaging.sending.planning import plan_send
from messaging.sending.reporting import apply_reports
from messaging.sending.submitting import drain
from messaging.states import Counter, DeliveryKind, Lane
from messaging.statistics.counting import Delta, add_deltas, fold
from messaging.statistics.series import (
    Bucket,
    Wanted,
    earliest,
    first_day,
    prune_statistics,
    read,
    start_of,
    starts,
)
from messaging.statistics.views import COLUMNS, View
from tests.messaging.sending.conftest import MakeCommand, account, command, project  # noqa: F401 - fixtures
from tests.messaging.sending.files import checked_file, numbers

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 3, 20, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SILENT = "01029999002"  # the simulator never reports on it
Seen = Callable[..., dict[str, dict[int, int]]]


def by_hour(project: Project, view: View) -> dict[str, dict[int, int]]:  # noqa: F811
    """{column: {hours since three: n}} of the first two days."""
    start = NOW.replace(minute=0)
    wanted = Wanted(project=project, since=start, until=start + 2 * DAY, view=view, bucket=Bucket.HOUR)
    rows = [(round((at - start) / HOUR), counts) for at, counts in read(wanted).rows()]
    return {
        column.key: found
        for column in COLUMNS[view]
        if (found := {hour: n for hour, counts in rows if (n := column.value(counts))})
    }


def report(request: SendRequest, code: str, at: datetime) -> Report:
    message = Message.objects.filter(request=request).order_by("pk")[0]
    return Report(str(message.pk), None, code, at, "KT")


def sent_later(command: MakeCommand, clock: time_machine.Traveller, **changes: object) -> SendRequest:  # noqa: F811
    """Requested at once, handed over an hour later."""
    request = plan_send(command(recipients=[SILENT], **changes))
    clock.shift(HOUR)
    drain(Lane.SINGLE)
    return request


@pytest.mark.parametrize("is_folded", [False, True])
def test_each_number_stands_at_the_time_of_what_happened(
    command: MakeCommand,  # noqa: F811
    account: GatewayAccount,  # noqa: F811
    is_folded: bool,
) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        request = sent_later(command, clock)
        received_at = timezone.now() + HOUR
        clock.shift(5 * HOUR)
        apply_reports(account, [report(request, "0", received_at)])
        if is_folded:
            fold()
        assert by_hour(request.project, View.EVENT_TIME) == {
            "requested": {0: 1},
            "sent": {1: 1},
            "received": {2: 1},
        }
        assert by_hour(request.project, View.REQUEST_TIME) == {
            "requested": {0: 1},
            "sent": {0: 1},
            "received": {0: 1},
        }


@pytest.mark.parametrize(("shift", "hour"), [(-10 * HOUR, 0), (10 * HOUR, 3)])
def test_a_report_of_an_impossible_time_is_counted_between_request_and_now(
    command: MakeCommand,  # noqa: F811
    account: GatewayAccount,  # noqa: F811
    shift: timedelta,
    hour: int,
) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        request = sent_later(command, clock)
        clock.shift(2 * HOUR)
        apply_reports(account, [report(request, "2003", timezone.now() + shift)])
        assert by_hour(request.project, View.EVENT_TIME)["failed"] == {hour: 1}


def test_a_report_before_the_outcome_says_when_it_was_handed_over_at_the_latest(
    command: MakeCommand,  # noqa: F811
    account: GatewayAccount,  # noqa: F811
) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        request = plan_send(command(recipients=[SILENT]))
        clock.shift(3 * HOUR)
        apply_reports(account, [report(request, "0", timezone.now() - HOUR)])
        drain(Lane.SINGLE)
        seen = by_hour(request.project, View.EVENT_TIME)
        assert seen == {"requested": {0: 1}, "sent": {2: 1}, "received": {2: 1}}


def test_unknown_is_taken_back_where_it_was_counted(command: MakeCommand, account: GatewayAccount) -> None:  # noqa: F811
    with time_machine.travel(NOW, tick=False) as clock:
        request = plan_send(command(recipients=["01029999008"]))
        message = Message.objects.get(request=request)
        Message.objects.filter(pk=message.pk).update(
            state="UNKNOWN", result_code="B007", submitted_at=timezone.now()
        )
        deltas = [Delta(request.pk, 1, counter, code, 82, 1) for counter, code in UNKNOWN_DELTAS]
        add_deltas(deltas, at=timezone.now())
        assert by_hour(request.project, View.REQUEST_TIME)["unknown"] == {0: 1}
        clock.shift(3 * HOUR)
        apply_reports(account, [report(request, "0", timezone.now())])
        fold()
        rows = StatisticsCount.objects.filter(counter=Counter.UNKNOWN).values_list("hour", "n")
        assert list(rows) == [(NOW.replace(minute=0), 0)]
        assert by_hour(request.project, View.REQUEST_TIME) == {
            "requested": {0: 1},
            "sent": {0: 1},
            "received": {0: 1},
        }


UNKNOWN_DELTAS = ((Counter.SENT, ""), (Counter.UNKNOWN, "B007"))


def test_rows_of_a_file_are_requested_when_the_request_was_made(command: MakeCommand) -> None:  # noqa: F811
    with time_machine.travel(NOW, tick=False) as clock:
        file = checked_file(command().project, numbers(3))
        request = plan_send(command(recipients=(), recipient_file=file, kind=DeliveryKind.MASS))
        clock.shift(2 * HOUR)
        load_request(request.pk)
        assert by_hour(request.project, View.EVENT_TIME) == {"requested": {0: 3}}


@pytest.mark.usefixtures("account")
def test_an_hour_belongs_to_the_day_of_the_consoles_zone(project: Project, command: MakeCommand) -> None:  # noqa: F811
    for moment in (datetime(2026, 11, 21, 14, 59, tzinfo=UTC), datetime(2026, 11, 21, 15, 0, tzinfo=UTC)):
        with time_machine.travel(moment, tick=False):
            plan_send(command())
    with time_machine.travel(NOW, tick=False):
        since = start_of(date(2026, 11, 20))
        wanted = Wanted(project=project, since=since, until=since + 3 * DAY)
        days = [(f"{at:%d %H:%M}", counts) for at, counts in read(wanted).rows()]
    assert days == [
        ("20 00:00", {}),
        ("21 00:00", {Counter.REQUESTED: 1}),
        ("22 00:00", {Counter.REQUESTED: 1}),
    ]


def test_the_period_before_is_as_long_and_only_there_where_it_is_kept(project: Project) -> None:  # noqa: F811
    with time_machine.travel(NOW, tick=False):
        until = start_of(date(2026, 11, 23))
        week = Wanted(project=project, since=until - 7 * DAY, until=until, kind="MASS")
        before = week.before()
        assert before is not None
        assert (before.since, before.until, before.kind) == (until - 14 * DAY, until - 7 * DAY, "MASS")
        assert Wanted(project=project, since=until - 45 * DAY, until=until).before() is not None
        assert Wanted(project=project, since=until - 46 * DAY, until=until).before() is None
        assert first_day() == date(2026, 8, 25)
        assert len(starts(Wanted(project=project, since=earliest(), until=until))) == 90


@pytest.mark.usefixtures("account")
def test_one_statement_reads_a_page(
    project: Project,  # noqa: F811
    django_assert_num_queries: Callable[[int], object],
) -> None:
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        read(Wanted(project=project, since=earliest(), until=timezone.now(), statistics_key=3))


def test_counts_are_kept_for_ninety_days_and_what_is_shown_stays_whole(
    project: Project,  # noqa: F811
    command: MakeCommand,  # noqa: F811
    account: GatewayAccount,  # noqa: F811
) -> None:
    first = start_of(date(2026, 11, 22))  # the first day that is shown on the 19th of February
    for moment in (first - 2 * DAY, first - HOUR, first):
        with time_machine.travel(moment, tick=False):
            plan_send(command(recipients=[SILENT]))
            drain(Lane.SINGLE)
    fold()
    with time_machine.travel(datetime(2027, 2, 19, 3, tzinfo=UTC), tick=False):
        assert earliest() == first
        wanted = Wanted(project=project, since=first, until=timezone.now())
        shown = read(wanted).totals
        assert shown[Counter.REQUESTED] == shown[Counter.SENT] == 1
        assert prune_statistics() == 2
        assert prune_statistics() == 0
        assert read(wanted).totals == shown
        hours = set(StatisticsCount.objects.values_list("hour", flat=True))
        assert hours == {first - HOUR, first}
