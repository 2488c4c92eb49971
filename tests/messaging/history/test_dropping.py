"""What goes, to the day and to the month, and what stays."""

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction

from console.accounts.models import Project
from messaging.history.dropping import drop_history
from messaging.models import (
    BackupSettings,
    Chunk,
    CountDelta,
    DeliveryReport,
    HistoryDrop,
    Message,
    RequestCount,
    RestoredDay,
    SendBatch,
    SendRequest,
)
from messaging.partitions import ensure_month, months, partition_names
from messaging.sending.kept import id_range
from messaging.states import RequestState
from tests.factories import GatewayAccountFactory, ProjectFactory
from tests.messaging.history.past import a_file, backing_up, sent

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
FIRST_KEPT = datetime(2026, 5, 26, 15, tzinfo=UTC)
GONE = FIRST_KEPT - timedelta(days=3)  # with its margin


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.mark.django_db
def test_requests_go_three_days_after_their_day_with_all_that_hangs_on_them() -> None:
    project = ProjectFactory()
    kept = sent(project, GONE)
    sent(project, GONE - timedelta(seconds=1), [None] * 4)
    sent(project, GONE - timedelta(days=9), [None] * 2)
    old = sent(ProjectFactory(), GONE - timedelta(days=1))
    account = GatewayAccountFactory()
    for request in (kept, old):
        DeliveryReport.objects.create(
            message_id=request.pk, account=account, code="1000", happened_at=NOW, received_at=NOW
        )
    assert drop_history().requests == 3
    assert list(SendRequest.objects.all()) == [kept]
    for model in (SendBatch, Chunk, RequestCount):
        assert set(model.objects.values_list("request", flat=True)) == {kept.pk}
    assert list(DeliveryReport.objects.values_list("message_id", flat=True)) == [kept.pk]
    note = HistoryDrop.objects.get(project=project)
    assert (note.since, note.until) == (date(2026, 5, 15), date(2026, 5, 23))
    assert (note.requests, note.messages, note.dropped_on) == (2, 6, date(2026, 11, 22))
    assert drop_history().requests == 0


@pytest.mark.django_db
def test_the_log_has_one_line_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("messaging.history.dropping.REQUESTS_AT_ONCE", 1)
    project = ProjectFactory()
    for days in (1, 5, 30):
        sent(project, GONE - timedelta(days=days), [None] * days)
    drop_history()
    note = HistoryDrop.objects.get(project=project)
    assert (note.requests, note.messages, note.since, note.until) == (
        3,
        36,
        date(2026, 4, 24),
        date(2026, 5, 23),
    )


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["HELD", "SCHEDULED", "SENDING"])
def test_what_is_open_stays_and_its_month_with_it(state: str) -> None:
    project = ProjectFactory()
    request = sent(project, datetime(2026, 2, 3, tzinfo=UTC), state=state)
    sent(project, datetime(2026, 2, 4, tzinfo=UTC))
    dropped = drop_history()
    assert (dropped.requests, dropped.months) == (1, ())
    assert list(SendRequest.objects.all()) == [request]
    assert Message.objects.count() == 2
    SendRequest.objects.filter(pk=request.pk).delete()
    assert [month.month for month in drop_history().months] == [2]
    assert Message.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("state", RequestState.values)
def test_what_ended_goes_and_nothing_else(state: str) -> None:
    request = sent(ProjectFactory(), GONE - timedelta(days=1), state=state)
    CountDelta.objects.create(
        request=request, batch_number=1, minute=GONE, counter="SENT", code="", country_code=82, n=1
    )
    has_ended = state in ("COMPLETED", "CANCELED", "FAILED")
    assert drop_history().requests == has_ended
    assert [model.objects.count() for model in (SendRequest, CountDelta)] == [not has_ended] * 2


@pytest.mark.django_db
def test_what_goes_later_the_same_day_is_noted_with_what_went_before() -> None:
    project = ProjectFactory()
    sent(project, GONE - timedelta(days=2), [None] * 2)
    held = sent(project, GONE - timedelta(days=9), [None] * 3, state="HELD")
    drop_history()
    SendRequest.objects.filter(pk=held.pk).update(state="FAILED")
    drop_history()
    note = HistoryDrop.objects.get(project=project)
    assert (note.since, note.until) == (date(2026, 5, 15), date(2026, 5, 22))
    assert (note.requests, note.messages) == (2, 5)


@pytest.mark.django_db
def test_all_reports_of_that_time_go_however_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("messaging.history.dropping.REPORTS_AT_ONCE", 2)
    request, account = sent(ProjectFactory(), GONE - timedelta(days=1)), GatewayAccountFactory()
    DeliveryReport.objects.bulk_create(
        DeliveryReport(message_id=request.pk, account=account, code="1000", happened_at=NOW, received_at=NOW)
        for _n in range(5)
    )
    drop_history()
    assert DeliveryReport.objects.count() == 0


@pytest.mark.django_db
def test_a_month_goes_when_its_last_day_and_margin_are_over() -> None:
    sent(ProjectFactory(), datetime(2026, 4, 30, 14, 59, tzinfo=UTC))
    # 1 May in Seoul holds the last nine hours of April in UTC.
    last = datetime(2026, 4, 30, 15, tzinfo=UTC) + timedelta(days=180 + 3)
    with time_machine.travel(last - timedelta(seconds=1), tick=False):
        assert drop_history().months == ()
        assert "messaging_message_2026_04" in partition_names()
    with time_machine.travel(last + timedelta(days=1), tick=False):
        assert drop_history().months == (datetime(2026, 4, 1, tzinfo=UTC),)
    assert {name for name in partition_names() if name.endswith("_04")} == set()
    month = HistoryDrop.objects.get(project=None)
    assert (month.since, month.until, month.messages) == (date(2026, 4, 1), date(2026, 4, 30), 0)


@pytest.mark.django_db
def test_months_that_are_kept_are_not_touched() -> None:
    drop_history()
    ensure_month(NOW)
    kept = months()
    ensure_month(datetime(2026, 3, 1, tzinfo=UTC))
    assert drop_history().months == (datetime(2026, 3, 1, tzinfo=UTC),)
    assert months() == kept


@pytest.mark.django_db
def test_nothing_goes_without_its_verified_file() -> None:
    drop_history()
    project = backing_up().project
    sent(project, GONE - timedelta(days=40))
    file = a_file(project, date(2026, 4, 14), state="WRITTEN")
    dropped = drop_history()
    assert (dropped.requests, dropped.months) == (0, ())
    assert datetime(2026, 4, 1, tzinfo=UTC) in months()
    other = a_file(project, date(2026, 4, 13))
    assert drop_history().requests == 0
    other.delete()
    later = a_file(project, date(2026, 4, 15))
    assert drop_history().requests == 0
    later.delete()
    a_file(ProjectFactory(), file.day)
    assert drop_history().requests == 0
    file.delete()
    a_file(project, file.day)
    dropped = drop_history()
    assert (dropped.requests, [month.month for month in dropped.months]) == (1, [4])


@pytest.mark.django_db
def test_who_backs_up_no_more_or_never_did_keeps_nothing() -> None:
    backing_up(ProjectFactory())
    chosen = backing_up()
    BackupSettings.objects.filter(pk=chosen.pk).update(is_on=False)
    for project in (chosen.project, ProjectFactory()):
        sent(project, GONE - timedelta(days=1))
    assert drop_history().requests == 2


def restored(project: Project, day: date) -> RestoredDay:
    first_id, end_id = id_range(day)
    times = {"restored_at": NOW, "keep_until": NOW + timedelta(days=1)}
    return RestoredDay.objects.create(
        project=project, day=day, first_id=first_id, end_id=end_id, rows=1, **times
    )


@pytest.mark.django_db
def test_only_what_is_of_the_restored_day_and_its_project_stays() -> None:
    project = ProjectFactory()
    noon = datetime(2026, 2, 3, 3, tzinfo=UTC)
    kept = sent(project, noon)
    for days in (-1, 1):
        sent(project, noon + timedelta(days=days))
    sent(ProjectFactory(), noon)
    restored(project, date(2026, 2, 3))
    assert drop_history().requests == 3
    assert list(SendRequest.objects.all()) == [kept]


@pytest.mark.django_db
def test_both_months_of_a_day_that_is_being_restored_stay() -> None:
    """The first of March begins in February, by the clock of the months."""
    drop_history()
    for month in (1, 2, 3, 4):
        ensure_month(datetime(2026, month, 1, tzinfo=UTC))
    restored(ProjectFactory(), date(2026, 3, 1))
    assert [month.month for month in drop_history().months] == [1, 4]


@pytest.mark.django_db(transaction=True)
def test_a_request_that_somebody_holds_is_left_for_later() -> None:
    held, free = (sent(ProjectFactory(), datetime(2026, 3, day, tzinfo=UTC)) for day in (5, 6))
    has_it, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            SendRequest.objects.select_for_update().get(pk=held.pk)
            has_it.set()
            may_end.wait(30)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert has_it.wait(30)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '5s'")
        assert drop_history().requests == 1
        cursor.execute("RESET lock_timeout")
    assert not SendRequest.objects.filter(pk=free.pk).exists()
    may_end.set()
    holder.join()
    dropped = drop_history()
    assert (dropped.requests, [month.month for month in dropped.months]) == (1, [3])


@pytest.mark.django_db
def test_a_restored_day_stays_until_its_time() -> None:
    project = ProjectFactory()
    sent(project, datetime(2026, 2, 3, tzinfo=UTC))
    first_id, end_id = id_range(date(2026, 2, 3))
    times = {"restored_at": NOW, "keep_until": NOW + timedelta(days=1)}
    RestoredDay.objects.create(
        project=project, day=date(2026, 2, 3), first_id=first_id, end_id=end_id, rows=1, **times
    )
    assert drop_history().requests == 0
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        assert drop_history().requests == 1
    assert RestoredDay.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_month_that_somebody_uses_is_left_for_later_and_nobody_waits_long() -> None:
    ensure_month(datetime(2026, 3, 1, tzinfo=UTC))
    reads, may_end = threading.Event(), threading.Event()

    def read() -> None:
        with transaction.atomic():
            Message.objects.count()
            reads.set()
            may_end.wait(30)
        connection.close()

    reader = threading.Thread(target=read)
    reader.start()
    assert reads.wait(30)
    assert drop_history().months == ()
    may_end.set()
    reader.join()
    assert [month.month for month in drop_history().months] == [3]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname LIKE '%%dropped'")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_drop_everything_once() -> None:
    project = ProjectFactory()
    for day in range(1, 25):
        sent(project, datetime(2026, 3, day, tzinfo=UTC), [None] * 2)
    found: list[Any] = []

    def drop() -> None:
        found.append(drop_history())
        connection.close()

    workers = [threading.Thread(target=drop) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    drop_history()
    note = HistoryDrop.objects.get(project=project)
    assert sum(each.requests for each in found) == note.requests == 24
    assert (note.messages, SendRequest.objects.count(), Message.objects.count()) == (48, 0, 0)
