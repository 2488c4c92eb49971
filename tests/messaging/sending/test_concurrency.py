"""Several workers, collectors, folds and sweeps at once, in threads with connections of their own."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from console.accounts.models import Project
from messaging.gateways.simulator import Simulator
from messaging.models import CountDelta, DeliveryReport, Message, SendRequest
from messaging.sending import loading
from messaging.sending.loading import load_request
from messaging.sending.planning import plan_send
from messaging.sending.reporting import collect_reports
from messaging.sending.submitting import drain
from messaging.sending.sweeping import sweep
from messaging.states import DeliveryKind, Lane, RequestState
from messaging.statistics.counting import fold
from tests.messaging.sending.conftest import MakeCommand
from tests.messaging.sending.counts import assert_exact, grouped
from tests.messaging.sending.files import checked_file, numbers

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 400


def at_once(*works: Callable[[], object]) -> None:
    """Run all of them at the same time; an error of one is an error."""
    errors: list[BaseException] = []
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        barrier.wait()
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - reported below
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_many_at_once_send_each_message_once_and_count_it_once(
    command: MakeCommand, project: Project, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "CHUNK_SIZE", 10)
    file = checked_file(project, numbers(ROWS))
    request = plan_send(command(recipients=[], recipient_file=file, kind=DeliveryKind.MASS))
    at_once(*[lambda: load_request(request.pk)] * 3)
    assert Message.objects.filter(request=request).count() == ROWS

    def keep(work: Callable[[], object]) -> Callable[[], None]:
        def again() -> None:
            for _n in range(15):
                work()

        return again

    workers = [lambda: drain(Lane.MASS, 60)] * 3
    at_once(*workers, keep(collect_reports), keep(collect_reports), keep(fold), keep(fold), keep(sweep))
    at_once(collect_reports, fold)

    request.refresh_from_db()
    assert request.state == RequestState.COMPLETED
    assert grouped(request) == {"REQUESTED": ROWS, "SENT": ROWS, "DELIVERED": ROWS}
    assert_exact(request)
    assert simulator.ledger.counts()["messages"] == ROWS
    assert simulator.ledger.counts()["submitted_twice"] == 0
    assert not DeliveryReport.objects.exists()
    assert list(SendRequest.objects.values_list("batches__state", flat=True)) == ["COMPLETED"]
    while fold():
        pass
    assert not CountDelta.objects.exists()
    assert_exact(request)
