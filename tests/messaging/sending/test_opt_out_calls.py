"""Calls to 080 numbers: collected from the carrier exactly once, wherever a collector dies."""

import datetime
from typing import Any

import pytest

from console.queues import TaskName
from messaging import tasks
from messaging.gateways.base import GatewayUnavailable, InboundCall
from messaging.gateways.simulator import Simulator
from messaging.models import GatewayAccount
from messaging.sending import opt_out_calls
from messaging.sending.accounts import gateway_of
from messaging.sending.opt_out_calls import calls_of, collect_opt_outs
from senders.models import OptOut, OptOutCall, OptOutLine
from tests.factories import GatewayAccountFactory, OptOutLineFactory

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """What a kill looks like from inside."""


@pytest.fixture
def account() -> GatewayAccount:
    return GatewayAccountFactory()  # type: ignore[no-any-return]


@pytest.fixture
def simulator(account: GatewayAccount) -> Simulator:
    gateway = gateway_of(account)
    assert isinstance(gateway, Simulator)
    return gateway


@pytest.fixture
def line() -> OptOutLine:
    return OptOutLineFactory(opened=True)  # type: ignore[no-any-return]


def refused() -> list[str]:
    return list(OptOut.objects.filter(removed_at=None).order_by("number").values_list("number", flat=True))


def test_calls_become_opt_outs_once(simulator: Simulator, line: OptOutLine) -> None:
    for caller in ("01011112222", "01033334444", "01011112222", "+14155552671"):
        simulator.call(line.number, caller)
    assert collect_opt_outs() is False
    assert refused() == ["01011112222", "01033334444", "4155552671"]
    assert OptOut.objects.get(number="4155552671").country_code == 1
    assert OptOutCall.objects.filter(line=line).count() == 4
    assert simulator.fetch_calls().calls == []
    collect_opt_outs()
    assert (OptOut.objects.count(), OptOutCall.objects.count()) == (3, 4)


@pytest.mark.parametrize("place", ["_new_calls", "_add_called"])
@pytest.mark.parametrize("is_after", [False, True])
def test_a_collector_killed_between_statements_loses_and_doubles_nothing(
    place: str, is_after: bool, simulator: Simulator, line: OptOutLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from senders.services import opt_out_calls as entering

    simulator.call(line.number, "01011112222")
    original = getattr(entering, place)

    def dies(*arguments: Any) -> Any:
        if is_after:
            original(*arguments)
        raise Killed

    monkeypatch.setattr(entering, place, dies)
    with pytest.raises(Killed):
        collect_opt_outs()
    assert (OptOut.objects.count(), OptOutCall.objects.count()) == (0, 0)
    monkeypatch.setattr(entering, place, original)
    collect_opt_outs()
    assert refused() == ["01011112222"]


def test_a_collector_killed_before_it_acknowledges_doubles_nothing(
    simulator: Simulator, line: OptOutLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator.call(line.number, "01011112222")

    def dies(self: Simulator, token: str) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Simulator, "acknowledge_calls", dies)
        with pytest.raises(Killed):
            collect_opt_outs()
    assert refused() == ["01011112222"]
    collect_opt_outs()
    assert (OptOut.objects.count(), OptOutCall.objects.count()) == (1, 1)
    assert simulator.fetch_calls().calls == []


def test_a_late_acknowledgement_takes_no_later_call_away(simulator: Simulator, line: OptOutLine) -> None:
    simulator.call(line.number, "01011112222")
    token = simulator.fetch_calls().token
    simulator.acknowledge_calls(token)
    simulator.call(line.number, "01033334444")
    simulator.acknowledge_calls(token)
    assert [call.caller for call in simulator.fetch_calls().calls] == ["01033334444"]


def test_a_carrier_that_is_down_is_asked_again_later(
    simulator: Simulator, line: OptOutLine, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    simulator.call(line.number, "01011112222")

    def down(self: Simulator, limit: int = 0) -> None:
        raise GatewayUnavailable("down")

    with monkeypatch.context() as patched:
        patched.setattr(Simulator, "fetch_calls", down)
        assert collect_opt_outs() is False
    assert "cannot be had: down" in caplog.text
    assert refused() == []
    collect_opt_outs()
    assert refused() == ["01011112222"]


def test_more_than_one_batch_is_collected_and_the_rest_rung_for(
    simulator: Simulator, line: OptOutLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opt_out_calls, "FETCHED_AT_ONCE", 2)
    for n in range(5):
        simulator.call(line.number, f"0101111000{n}")
    assert collect_opt_outs(seconds=0) is True
    assert len(refused()) == 2
    bells: list[TaskName] = []
    monkeypatch.setattr(tasks, "ring", bells.append)
    tasks.collect_opt_outs_task()
    assert (len(refused()), bells) == (5, [])


def test_callers_are_read_as_recipients_are() -> None:
    moment = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)
    written = ["010-1111-2222", "+82 10 1111 2222", "821011112222", "+1 415 555 2671", "anonymous", ""]
    calls = calls_of([InboundCall("080-123-4567", caller, moment) for caller in written])
    home = (82, "01011112222")
    assert [call.number for call in calls] == [home, home, home, (1, "4155552671"), None, None]
    assert {call.line_number for call in calls} == {"0801234567"}
    assert [call.caller for call in calls] == written
    [odd] = calls_of([InboundCall("\x00?" * 30, "\x00" + "9" * 60, moment)])
    assert (odd.line_number, odd.caller, odd.number) == ("?" * 20, "9" * 40, None)
