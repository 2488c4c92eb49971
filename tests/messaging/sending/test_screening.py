"""What the policies take out of a chunk: in their order, in one transaction, by who holds the chunk."""

from typing import Any
from uuid import uuid4

import pytest

from console.accounts.models import Project
from messaging.gateways.simulator import Simulator
from messaging.models import Chunk, CountDelta, DuplicateSettings, Message, SendRequest
from messaging.result_codes import DUPLICATE, OPTED_OUT
from messaging.sending import screening
from messaging.sending.claiming import ClaimedChunk, claim_chunk
from messaging.sending.outbound import ready_rows
from messaging.sending.planning import plan_send
from messaging.sending.screening import ScreenedElsewhere, screen
from messaging.sending.submitting import drain
from messaging.states import Lane, Purpose
from tests.factories import OptOutFactory, OptOutLineFactory
from tests.messaging.sending.conftest import MakeCommand

pytestmark = pytest.mark.django_db

ONE, TWO = "01012340001", "01012340002"


@pytest.fixture(autouse=True)
def blocking(project: Project, simulator: Simulator) -> DuplicateSettings:
    """So that every chunk is screened, whatever it is for."""
    return DuplicateSettings.objects.create(project=project, is_on=True, minutes=10)


def endings(request: SendRequest) -> list[tuple[str, str | None]]:
    messages = Message.objects.filter(request=request).order_by("id")
    return list(messages.values_list("state", "result_code"))


def screened(request: SendRequest, chunk: ClaimedChunk) -> list[Any]:
    batch = request.batches.select_related("request__project").get()
    return screen(chunk, batch, ready_rows(chunk.first_id, chunk.last_id))


def nothing_counted(request: SendRequest) -> bool:
    return not CountDelta.objects.filter(request=request, counter="SEND_FAILED").exists()


def test_who_refuses_advertising_still_gets_everything_else(command: MakeCommand, project: Project) -> None:
    OptOutFactory(project=project, number=ONE)
    request = plan_send(command(recipients=[ONE, TWO]))
    drain(Lane.SINGLE)
    assert endings(request) == [("SENT", None)] * 2


def test_a_message_fails_of_the_first_policy_that_refuses_it(command: MakeCommand, project: Project) -> None:
    line = OptOutLineFactory(project=project, opened=True, number="0801234567")
    body = "(광고)Sale\n무료거부 0801234567"
    wish = {"purpose": Purpose.ADVERTISING, "opt_out_line": line, "body": body, "recipients": [ONE, TWO]}
    first = plan_send(command(**wish))
    drain(Lane.SINGLE)
    OptOutFactory(project=project, number=ONE)
    second = plan_send(command(**wish))
    drain(Lane.SINGLE)
    assert endings(first) == [("SENT", None)] * 2
    assert endings(second) == [("FAILED", OPTED_OUT), ("FAILED", DUPLICATE)]


def test_who_lost_the_chunk_writes_nothing(command: MakeCommand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screening, "POLICIES", (refuse_all,))
    request = plan_send(command())
    chunk = claim_chunk(Lane.SINGLE)
    assert chunk is not None
    Chunk.objects.update(claimed_by=uuid4(), screened_at=None)
    with pytest.raises(ScreenedElsewhere):
        screened(request, chunk)
    assert (Chunk.objects.get().screened_at, endings(request)) == (None, [("READY", None)])
    assert nothing_counted(request)


def test_a_policy_that_breaks_leaves_the_chunk_unscreened(
    command: MakeCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(_screened: screening.Screened) -> dict[str, str]:
        raise ZeroDivisionError

    monkeypatch.setattr(screening, "POLICIES", (refuse_all, break_down))
    request = plan_send(command())
    chunk = claim_chunk(Lane.SINGLE)
    assert chunk is not None
    with pytest.raises(ZeroDivisionError):
        screened(request, chunk)
    assert (Chunk.objects.get().screened_at, endings(request)) == (None, [("READY", None)])
    assert nothing_counted(request)


def test_what_one_refused_is_not_shown_to_the_next(
    command: MakeCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[int] = []

    def refuse_first(of: screening.Screened) -> dict[str, str]:
        shown.append(len(of.rows))
        return {of.rows[0][0]: OPTED_OUT}

    monkeypatch.setattr(screening, "POLICIES", (refuse_first, refuse_first))
    request = plan_send(command(recipients=[ONE, TWO, "01012340003"]))
    chunk = claim_chunk(Lane.SINGLE)
    assert chunk is not None
    assert len(screened(request, chunk)) == 1
    assert shown == [3, 2]
    assert endings(request) == [("FAILED", OPTED_OUT)] * 2 + [("READY", None)]
    assert Chunk.objects.get().screened_at is not None
    counted = CountDelta.objects.filter(request=request, counter="SEND_FAILED", code=OPTED_OUT)
    assert sum(counted.values_list("n", flat=True)) == 2


def refuse_all(of: screening.Screened) -> dict[str, str]:
    return {row[0]: OPTED_OUT for row in of.rows}
