"""What webhooks cost the main job, and how many results a second a quick receiver hears.

The same send three times over the processes of the Procfile: to warm up, with no webhook, and with one whose
receiver is dead. Then what piled up for the dead one is told to a quick one, by one worker.
"""

import socket
import time
from pathlib import Path

from django.utils import timezone

from console.accounts.models import EventName, Project
from messaging.models import Webhook, WebhookCall, WebhookEntry, WebhookNetwork
from messaging.states import CallState
from messaging.webhooks.delivering import deliver
from tests.benchmarks.bench_check import write_csv
from tests.benchmarks.bench_sending import environment, send, upload
from tests.benchmarks.table import Row, at_least, at_most
from tests.factories import WebhookFactory
from tests.messaging.webhooks.receiver import listening
from tests.scratch import Processes
from tests.sends import make_project

RATIO_GOAL = 1.1


def run(rows: int, folder: Path) -> list[Row]:
    """Measure with a file of `rows` rows."""
    path, warm = folder / "webhooks.csv", folder / "webhooks-warm.csv"
    write_csv(path, rows)
    write_csv(warm, max(rows // 10, 1))
    WebhookNetwork.objects.create(network="127.0.0.0/8", note="receivers of the benchmark")
    project = make_project()
    processes = Processes(environment())
    try:
        processes.start()
        rate_of(project, warm)
        without = rate_of(project, path)
        make_webhook(project)
        with_dead = rate_of(project, path)
    finally:
        processes.stop()
    told, seconds = tell_quick_receiver()
    return [
        at_most("main job with a dead webhook, against none", without / with_dead, "×", RATIO_GOAL),
        at_least("main job with a dead webhook", with_dead, "messages/s", None),
        at_least("results told to a quick receiver, one worker", told / seconds, "results/s", None),
    ]


def rate_of(project: Project, path: Path) -> float:
    """Messages a second from release to the last report."""
    request, _seconds = upload(project, path)
    return send(project, request).rate


def make_webhook(project: Project) -> None:
    """A webhook to a port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    url = f"http://127.0.0.1:{port}/hooks"
    WebhookFactory(project=project, url=url, events=[EventName.MESSAGE_RESULT])


def tell_quick_receiver() -> tuple[int, float]:
    """Let whatever waits go to a receiver that answers at once: how many results, in how many seconds."""
    with listening() as receiver:
        fresh = {"next_at": timezone.now(), "claimed_by": None, "lease_until": None}
        Webhook.objects.update(url=receiver.url, failures=0, failing_since=None, **fresh)
        started = time.perf_counter()
        while WebhookEntry.objects.exists() or WebhookCall.objects.filter(state=CallState.WAITING).exists():
            deliver()
        seconds = time.perf_counter() - started
        return sum(len(each.hooks) for each in receiver.received), seconds
