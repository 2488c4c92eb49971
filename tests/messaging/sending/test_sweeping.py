"""The sweep finds every lost bell, and rings for it."""

from datetime import timedelta
from unittest import mock

import pytest
from django.db import OperationalError
from django.utils import timezone

from console.accounts.models import Project
from console.queues import TaskName
from messaging.gateways.simulator import Simulator
from messaging.models import Chunk, RecipientFile, SendBatch, SendRequest
from messaging.sending.planning import plan_send
from messaging.sending.submitting import drain
from messaging.sending.sweeping import sweep
from messaging.states import BatchState, ChunkState, DeliveryKind, FileState, Lane, RequestState
from messaging.tasks import submit_single_task, sweep_task
from tests.messaging.sending.conftest import MakeCommand
from tests.messaging.sending.files import checked_file, numbers

pytestmark = pytest.mark.django_db


def rung() -> list[tuple[object, ...]]:
    """What one sweep rings for."""
    with (
        mock.patch("messaging.sending.sweeping.ring") as ring,
        mock.patch("messaging.sending.bells.ring") as ring_lane,
    ):
        sweep()
    return [call.args for call in [*ring_lane.call_args_list, *ring.call_args_list]]


def test_nothing_to_do_is_silent(project: Project) -> None:
    assert rung() == []


def test_a_chunk_that_nobody_took(command: MakeCommand) -> None:
    plan_send(command())
    assert rung() == [(TaskName.SUBMIT_SINGLE,)]


def test_a_request_that_nobody_loads(command: MakeCommand, project: Project) -> None:
    file = checked_file(project, numbers(1))
    request = plan_send(command(recipients=[], recipient_file=file, kind=DeliveryKind.MASS))
    assert rung() == []  # its own bell may still be heard
    SendRequest.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    assert rung() == [(TaskName.LOAD_REQUEST, str(request.pk))]


def test_a_file_that_nobody_checks(command: MakeCommand, project: Project) -> None:
    file = checked_file(project, numbers(1))
    old = timezone.now() - timedelta(minutes=1)
    RecipientFile.objects.update(state=FileState.UPLOADED, created_at=old)
    assert rung() == [(TaskName.CHECK_FILE, str(file.pk))]


def test_a_chunk_whose_worker_is_gone_is_rung_for_at_once(command: MakeCommand) -> None:
    plan_send(command())
    old = timezone.now() - timedelta(minutes=1)
    Chunk.objects.update(state=ChunkState.CLAIMED, lease_until=old, claimed_by="0" * 32)
    assert rung() == [(TaskName.SUBMIT_SINGLE,)]


def test_a_request_whose_end_nobody_noted(command: MakeCommand, simulator: Simulator) -> None:
    request = plan_send(command())
    with mock.patch("messaging.sending.submitting.complete_batch"):
        drain(Lane.SINGLE)
    request.refresh_from_db()
    assert request.state == RequestState.SENDING
    sweep()
    request.refresh_from_db()
    assert (request.state, SendBatch.objects.get().state) == (RequestState.COMPLETED, BatchState.COMPLETED)
    assert request.completed_at is not None


def test_a_worker_that_has_no_time_left_rings_for_the_next(command: MakeCommand) -> None:
    with (
        mock.patch("messaging.tasks.drain", return_value=True),
        mock.patch("messaging.tasks.ring_lane_now") as again,
    ):
        submit_single_task()
    assert again.call_args_list == [mock.call(Lane.SINGLE)]


def test_a_database_that_is_away_fails_the_task_and_not_the_worker(project: Project) -> None:
    away = OperationalError("the connection is closed")
    with mock.patch("messaging.sending.sweeping.STEPS", (mock.Mock(side_effect=away),)):
        assert sweep_task.apply().state == "FAILURE"
    assert sweep_task.apply().state == "SUCCESS"
