"""What a carrier account answered last, written so seldom that it costs nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messaging.gateways.base import GatewayUnavailable
from messaging.health import carriers
from messaging.health.carriers import note_mute, note_refused, note_reports, note_taken
from messaging.health.readings import Wellness, read_carriers
from messaging.models import CarrierHealth, GatewayAccount
from messaging.sending.reporting import collect_reports
from tests.factories import ProjectFactory, RouteFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 3, 0, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[time_machine.Traveller]:
    carriers.forget_what_was_written()
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def account() -> GatewayAccount:
    found: GatewayAccount = RouteFactory().account
    return found


def reading(account: GatewayAccount) -> tuple[Wellness, str]:
    [found] = [each for each in read_carriers() if each.account == account]
    return found.wellness, found.said


def test_an_account_is_well_failing_and_well_again_at_once(account: GatewayAccount, clock) -> None:
    assert reading(account) == (Wellness.IDLE, "")
    note_taken(account.pk)
    assert reading(account) == (Wellness.WELL, "")
    clock.shift(1)
    note_refused(account.pk, GatewayUnavailable("connection refused"))
    assert reading(account) == (Wellness.DOWN, "connection refused")
    clock.shift(1)
    note_taken(account.pk)
    assert reading(account) == (Wellness.WELL, "")


def test_reports_that_cannot_be_had_are_told_apart_from_refused_messages(
    account: GatewayAccount, clock
) -> None:
    note_taken(account.pk)
    note_reports(account.pk)
    clock.shift(1)
    note_mute(account.pk, "timed out")
    assert reading(account) == (Wellness.DOWN, "timed out")
    clock.shift(1)
    note_reports(account.pk)
    assert reading(account) == (Wellness.WELL, "")
    row = CarrierHealth.objects.get()
    assert (row.taken_at, row.refused_at, row.refusal) == (NOW, None, "")
    assert (row.mute_at, row.reported_at) == (NOW + timedelta(seconds=1), NOW + timedelta(seconds=2))


def test_a_process_writes_the_same_at_most_once_in_five_seconds(account: GatewayAccount, clock) -> None:
    note_taken(account.pk)
    with CaptureQueriesContext(connection) as asked:
        for _n in range(1000):
            note_taken(account.pk)
    assert len(asked) == 0
    clock.shift(6)
    note_taken(account.pk)
    assert CarrierHealth.objects.get().taken_at == NOW + timedelta(seconds=6)


def test_another_process_writes_no_news_that_is_known(account: GatewayAccount, clock) -> None:
    note_taken(account.pk)
    clock.shift(2)
    carriers.forget_what_was_written()  # as another process does
    note_taken(account.pk)
    assert CarrierHealth.objects.get().taken_at == NOW


def test_another_process_says_at_once_that_the_carrier_is_back(account: GatewayAccount, clock) -> None:
    note_taken(account.pk)
    clock.shift(1)
    note_refused(account.pk, "down")
    clock.shift(1)
    carriers.forget_what_was_written()
    note_taken(account.pk)
    assert reading(account) == (Wellness.WELL, "")


def test_each_account_is_written_of_and_of_none_nothing(account: GatewayAccount) -> None:
    other = RouteFactory(project=ProjectFactory()).account
    note_refused(None, "no account at all")
    note_refused(account.pk, "down")
    note_refused(other.pk, "away")
    assert [reading(each) for each in (account, other)] == [(Wellness.DOWN, "down"), (Wellness.DOWN, "away")]


def test_what_failed_first_leaves_the_rest_empty(account: GatewayAccount, clock) -> None:
    note_mute(account.pk, "timed out")
    row = CarrierHealth.objects.get()
    assert (row.refusal, row.silence) == ("", "timed out")
    clock.shift(1)
    note_refused(account.pk, "down")
    row.refresh_from_db()
    assert (row.refusal, row.silence) == ("down", "timed out")
    [found] = read_carriers()
    assert (found.failed_at, found.said) == (NOW + timedelta(seconds=1), "down")
    clock.shift(1)
    note_taken(account.pk)
    assert reading(account) == (Wellness.DOWN, "timed out")
    note_reports(account.pk)
    assert reading(account) == (Wellness.WELL, "")


def test_an_account_that_only_reports_is_in_use(account: GatewayAccount) -> None:
    note_reports(account.pk)
    assert reading(account) == (Wellness.WELL, "")


def test_a_clock_that_was_set_back_silences_nobody(account: GatewayAccount, clock) -> None:
    note_refused(account.pk, "down")
    clock.shift(-3600)
    note_refused(account.pk, "still down")
    assert reading(account) == (Wellness.DOWN, "still down")


def test_long_words_of_a_carrier_are_cut(account: GatewayAccount) -> None:
    note_refused(account.pk, "x" * 5000)
    assert reading(account) == (Wellness.DOWN, "x" * 300)


def test_a_paused_account_is_paused_whatever_it_said(account: GatewayAccount) -> None:
    note_refused(account.pk, "down")
    GatewayAccount.objects.update(is_paused=True)
    assert reading(account)[0] == Wellness.PAUSED


def test_a_project_knows_its_own_way_out_or_that_of_all_others(account: GatewayAccount) -> None:
    project = ProjectFactory()
    assert [each.account for each in read_carriers(project_id=project.pk)] == [account]
    own = RouteFactory(project=project).account
    assert [each.account for each in read_carriers(project_id=project.pk)] == [own]
    assert {each.account for each in read_carriers()} == {account, own}


def test_fetching_reports_notes_what_the_carrier_said(
    account: GatewayAccount, monkeypatch: pytest.MonkeyPatch, clock
) -> None:
    collect_reports()
    assert CarrierHealth.objects.get().reported_at == NOW

    def down(account: GatewayAccount) -> None:
        raise GatewayUnavailable("no route to host")

    clock.shift(1)
    monkeypatch.setattr("messaging.sending.reporting.gateway_of", down)
    collect_reports()
    assert reading(account) == (Wellness.DOWN, "no route to host")
