"""Sends through a second console of ours over its SENS API, which is killed and started again meanwhile.

`python -m tests.faults.sens_scenario send RESULT`, in the environment of a scratch console, with that of the
other one as JSON in `OTHER_CONSOLE`; the other steps run in that one's. Writes what was found.

Two accounts at once: one says that the service honours `Idempotency-Key`, as a console of ours does; the
other does not, as with SENS itself, so that what was in flight is looked for and never sent again.
"""

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter as Tally
from pathlib import Path
from typing import Any

import django

KEYED, KEYLESS = 20_000, 4_000
KILLS = 2
SECONDS_TO_FINISH = 150
SETTLE_MINUTES = 0.6
OURS_WITHOUT = ("web", "worker-auth", "worker-single", "worker-webhooks")
THEIRS_WITHOUT = ("worker-auth", "worker-files", "worker-webhooks")


# --- the other console ---------------------------------------------------------------------------


def seed(result: Path) -> None:
    """Two services, each with a key, over a simulator."""
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    from tests.factories import AccessKeyFactory
    from tests.sends import make_project

    found = []
    for _once in range(2):
        project = make_project(report_delay_ms=300)
        key = AccessKeyFactory(project=project)
        found.append(
            {
                "service_id": project.service_id,
                "access_key": key.access_key,
                "secret_key": key.secret,
                "base_url": f"http://127.0.0.1:{os.environ['PORT']}/sms/v2",
            }
        )
    result.write_text(json.dumps(found))


def look(result: Path) -> None:
    """By service: the numbers that its messages went to, and what its carrier has."""
    from console.accounts.models import Project
    from messaging.models import Message
    from tests.sends import simulator_of

    result.write_text(
        json.dumps(
            {
                project.service_id: {
                    "numbers": list(
                        Message.objects.filter(project=project).values_list("recipient", flat=True)
                    ),
                    "states": dict(
                        Tally(Message.objects.filter(project=project).values_list("state", flat=True))
                    ),
                    "at_carrier": simulator_of(project).ledger.counts()["messages"],
                }
                for project in Project.objects.all()
            }
        )
    )


# --- ours ----------------------------------------------------------------------------------------


def send(result: Path) -> None:
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    from tests.scratch import Processes

    other = json.loads(os.environ["OTHER_CONSOLE"])
    services = ask_other("seed", result.with_suffix(".services"), other)
    theirs = Processes(other, without=THEIRS_WITHOUT)
    ours = Processes(dict(os.environ), without=OURS_WITHOUT)
    try:
        theirs.start()
        ours.start()
        found = send_while_killed(services, theirs)
        found["log"] = ours.end_of_log() + "\n--- the other console ---\n" + theirs.end_of_log()
    finally:
        ours.stop()
        theirs.stop()
    found["theirs"] = ask_other("look", result.with_suffix(".look"), other)
    result.write_text(json.dumps(summed_up(found, services)))


def ask_other(step: str, result: Path, other: dict[str, str]) -> Any:
    subprocess.run(
        [sys.executable, "-m", "tests.faults.sens_scenario", step, str(result)], env=other, check=True
    )
    return json.loads(result.read_text())


def send_while_killed(services: list[dict[str, str]], theirs: Any) -> dict[str, Any]:
    from messaging.models import CarrierRequest, SendRequest
    from messaging.sending.planning import plan_send
    from messaging.states import RequestState
    from tests.faults.scenario import open_messages, wait_for
    from tests.sends import mass_command

    wait_until_answers(services[0]["base_url"])
    wishes = [(project_over(services[0], repeats=True), KEYED)]
    wishes.append((project_over(services[1], repeats=False), KEYLESS))
    requests = [plan_send(mass_command(project, n)) for project, n in wishes]
    started = time.monotonic()
    killed = [kill_when(n * KEYED * 3 // 10, requests[0].pk, theirs) for n in range(1, KILLS + 1)]

    def is_over() -> bool:
        found = SendRequest.objects.filter(pk__in=[each.pk for each in requests])
        is_done = all(each.state == RequestState.COMPLETED for each in found)
        is_asked = CarrierRequest.objects.exists()
        return is_done and not is_asked and not any(open_messages(each.pk) for each in requests)

    is_final = wait_for(is_over, SECONDS_TO_FINISH)
    found = {"is_final": is_final, "killed": sum(killed), "seconds": time.monotonic() - started}
    return found | {"ours": [look_at(each) for each in requests]}


def project_over(service: dict[str, str], *, repeats: bool) -> Any:
    """A project whose route is an account at the other console."""
    from messaging.models import GatewayAccount, Route
    from tests.sends import make_project

    project = make_project()
    settings = {**service, "repeats": repeats, "settle_minutes": SETTLE_MINUTES}
    account = GatewayAccount.objects.create(
        name=f"Other console, {repeats}", gateway="sens", settings=json.dumps(settings)
    )
    Route.objects.filter(project=project).update(account=account)
    return project


def wait_until_answers(base_url: str) -> None:
    import httpx

    from tests.faults.scenario import wait_for

    def answers() -> bool:
        try:
            return httpx.get(f"{base_url}/openapi.json").is_success
        except httpx.HTTPError:
            return False

    assert wait_for(answers, 60)


def kill_when(handed_over: int, request_id: Any, theirs: Any) -> bool:
    """`kill -9` all of the other console once so many of a request were handed over; start it again."""
    from messaging.models import Message
    from tests.faults.scenario import wait_for

    def is_due() -> bool:
        return Message.objects.filter(request=request_id).exclude(state="READY").count() >= handed_over

    if not wait_for(is_due, SECONDS_TO_FINISH, pause=0.05):
        return False
    time.sleep(random.uniform(0, 0.3))
    was_at_work: bool = Message.objects.filter(request=request_id, state="READY").exists()
    for name in theirs.lines:
        theirs.end_line(name)
    time.sleep(1)
    for name in theirs.lines:
        theirs.start_line(name)
    return was_at_work


def look_at(request: Any) -> dict[str, Any]:
    from messaging.models import CarrierReference, Message
    from messaging.statistics.queries import progress_of

    messages = Message.objects.filter(request=request)
    ids = messages.values_list("pk", flat=True)
    return {
        "states": dict(Tally(messages.values_list("state", flat=True))),
        "codes": dict(Tally(messages.exclude(state="DELIVERED").values_list("result_code", flat=True))),
        "counts": progress_of([request.pk])[request.pk].counts,
        "delivered": list(messages.filter(state="DELIVERED").values_list("recipient", flat=True)),
        "references": CarrierReference.objects.filter(message_id__in=ids).count(),
    }


def summed_up(found: dict[str, Any], services: list[dict[str, str]]) -> dict[str, Any]:
    """What both sides say of each other, without a number in it."""
    both = []
    for ours, service in zip(found.pop("ours"), services, strict=True):
        theirs = found["theirs"][service["service_id"]]
        delivered, there = ours.pop("delivered"), theirs["numbers"]
        both.append(
            {
                **ours,
                "at_the_other": len(there),
                "twice": len(there) - len(set(there)),
                "delivered_but_not_there": len(set(delivered) - set(there)),
                "there_but_not_delivered": len(set(there) - set(delivered)),
                "their_states": theirs["states"],
                "at_their_carrier": theirs["at_carrier"],
            }
        )
    del found["theirs"]
    return {**found, "keyed": both[0], "keyless": both[1]}


STEPS = {"send": send, "seed": seed, "look": look}

if __name__ == "__main__":
    django.setup()
    STEPS[sys.argv[1]](Path(sys.argv[2]))
