"""10,000 results to a receiver that is slow, then fails, then is well again, while workers are killed.

`python -m tests.faults.webhook_scenario RESULT`, in the environment of a scratch console. Reports, give-ups
and their corrections come in meanwhile, so that some messages have two results. Writes what was found.
"""

import json
import os
import random
import sys
import threading
import time
from collections import Counter as Tally
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

ROWS = 10_000
REPORTED_AT_ONCE = 250
KILLS_SLOW, KILLS_FAILING = 4, 3
SECONDS_TO_FINISH = 150
SLOW_SECONDS = 0.7


class Moods:
    """What the receiver does now, and every result that it took, in the order in which it said so."""

    def __init__(self) -> None:
        self.mood = "slow"
        self.lock = threading.Lock()
        self.taken: list[tuple[str, int, str]] = []
        self.calls: Tally[str] = Tally()
        self.seen: set[str] = set()
        self.under_way = self.most_at_once = self.repeated = 0

    def __call__(self, received: Any) -> tuple[int, dict[str, str], bytes]:
        with self.lock:
            mood = self.mood
            self.calls[mood] += 1
            self.under_way += 1
            self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            if mood == "slow":
                time.sleep(SLOW_SECONDS)
            if mood == "failing":
                return 503, {"Retry-After": "0"}, b"not now"
            hooks = [(each["requestId"], each["recipientSeq"], each["resultCode"]) for each in received.hooks]
            with self.lock:
                if received.body["hooksId"] in self.seen:  # as receivers tell a repeated call
                    self.repeated += 1
                else:
                    self.seen.add(received.body["hooksId"])
                    self.taken += hooks
            return 200, {}, b""
        finally:
            with self.lock:
                self.under_way -= 1


def main(result: Path) -> None:
    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    from tests.messaging.webhooks.receiver import listening
    from tests.scratch import Processes

    moods = Moods()
    lines = ("web", "worker-auth", "worker-single", "worker-files")
    processes = Processes(dict(os.environ), without=lines)
    try:
        with listening(moods) as receiver:
            found = play(receiver.url, moods, processes)
            found["log"] = processes.end_of_log()
    finally:
        processes.stop()
    result.write_text(json.dumps(found))


def play(url: str, moods: Moods, processes: Any) -> dict[str, Any]:
    """Load the messages with no worker up, so that their ends are ours to make; then let the workers call."""
    from messaging.models import WebhookCall, WebhookEntry
    from messaging.states import CallState

    messages, account = waiting_messages()
    webhook = make_webhook(url)
    processes.start()
    half = len(messages) // 2
    give_up_first_chunk()
    report_on(messages[:half], account)
    killed = kill_in_calls(processes, moods, KILLS_SLOW)
    moods.mood = "failing"
    report_on(messages[half:], account)
    killed += kill_in_calls(processes, moods, KILLS_FAILING)
    moods.mood = "well"

    def is_over() -> bool:
        # In this order: what is no entry any more is a call by now.
        if WebhookEntry.objects.exists():
            return False
        return not WebhookCall.objects.filter(state=CallState.WAITING).exists()

    is_final = wait_for(is_over)
    webhook.refresh_from_db()
    return {"is_final": is_final, "state": webhook.state, "killed": killed, **look(messages, moods)}


def waiting_messages() -> tuple[list[Any], Any]:
    """ROWS messages that were handed over, and the carrier account."""
    from messaging.models import Message, Route
    from messaging.sending.loading import load_request
    from messaging.sending.planning import plan_send
    from messaging.sending.releasing import release_due
    from messaging.sending.submitting import drain
    from messaging.states import Lane
    from tests.sends import make_project, mass_command

    project = make_project(per_second=0, report_delay_ms=10**9)
    request = plan_send(mass_command(project, ROWS))
    load_request(str(request.pk))
    release_due()
    while drain(Lane.MASS):
        pass
    ids = list(Message.objects.filter(request=request).order_by("id").values_list("pk", flat=True))
    return ids, Route.objects.get(project=project).account


def make_webhook(url: str) -> Any:
    from console.accounts.models import EventName, Project
    from messaging.models import WebhookNetwork
    from tests.factories import WebhookFactory

    WebhookNetwork.objects.create(network="127.0.0.0/8", note="the receiver of this test")
    return WebhookFactory(project=Project.objects.get(), url=url, events=[EventName.MESSAGE_RESULT])


def give_up_first_chunk() -> None:
    """Nobody reported on the first chunk in time, so it is told as unknown; its reports come later."""
    from django.utils import timezone

    from messaging.models import Chunk
    from messaging.sending.recovery import give_up_waiting

    Chunk.objects.filter(number=1).update(done_at=timezone.now() - timedelta(days=30))
    give_up_waiting()


def report_on(messages: list[Any], account: Any) -> None:
    """Report on the messages, some hundred at a time; every fourth or so failed."""
    from django.utils import timezone

    from messaging.gateways.base import Report
    from messaging.sending.reporting import apply_reports

    chosen = random.Random(len(messages))
    for start in range(0, len(messages), REPORTED_AT_ONCE):
        now = timezone.now()
        some = messages[start : start + REPORTED_AT_ONCE]
        codes = [chosen.choice(["0", "0", "0", "2003"]) for _each in some]
        reports = [Report(str(each), None, code, now, "SKT") for each, code in zip(some, codes, strict=True)]
        apply_reports(account, reports)


def kill_in_calls(processes: Any, moods: Moods, times: int) -> int:
    """`kill -9` the process that calls while a call is under way or was just answered; how often."""
    from django.utils import timezone

    from messaging.models import Webhook

    killed = 0
    for _number in range(times):
        Webhook.objects.update(next_at=timezone.now())  # no test waits for a pause to end
        before = moods.calls[moods.mood]
        if wait_for(lambda before=before: moods.calls[moods.mood] > before):
            time.sleep(random.uniform(0, SLOW_SECONDS))
            processes.kill(processes.members("worker-webhooks")[0], "worker-webhooks")
            killed += 1
    Webhook.objects.update(next_at=timezone.now())
    return killed


def look(messages: list[Any], moods: Moods) -> dict[str, Any]:
    """What the receiver took against what became of the messages."""
    from messaging.ids import ordinal_of, request_of
    from messaging.models import Message
    from messaging.result_codes import NO_REPORT

    codes: dict[tuple[str, int], list[str]] = {}
    for request_id, ordinal, code in moods.taken:
        codes.setdefault((request_id, ordinal), []).append(code)
    last = dict(Message.objects.filter(pk__in=messages).values_list("pk", "result_code"))
    by_key = {(str(request_of(pk)), ordinal_of(pk)): code for pk, code in last.items()}
    return {
        "missing": sum(key not in codes for key in by_key),
        "wrong_last": sum(codes[key][-1] != code for key, code in by_key.items() if key in codes),
        "went_back": sum(NO_REPORT in told[first_other(told, NO_REPORT) :] for told in codes.values()),
        "with_two_results": sum(len(set(told)) > 1 for told in codes.values()),
        "taken": len(moods.taken),
        "most_at_once": moods.most_at_once,
        "repeated": moods.repeated,
        "calls": dict(moods.calls),
    }


def first_other(told: list[str], code: str) -> int:
    """Where something else than the code is told first."""
    return next((place for place, each in enumerate(told) if each != code), len(told))


def wait_for(condition: Any, seconds: float = SECONDS_TO_FINISH) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


if __name__ == "__main__":
    main(Path(sys.argv[1]))
