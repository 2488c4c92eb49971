"""Calls made up from the API's own description, thousands of them, to a real server.

`python -m tests.faults.api_scenario RESULT CASES`, in the environment of a scratch console. Each call is
signed by a client of its own over what goes out on the wire. Half of the cases fit the description and half
break it; services, messages and reservations that exist are mixed in. Writes what was found.
"""

import json
import os
import random
import sys
import time
from collections import Counter as Tally
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import django

SEARCH = "GET /services/{serviceId}/messages"
CHANCE = random.Random(1)
ANSWERED = 60.0  # seconds at most
PLACES = {
    "serviceId": "services",
    "messageId": "messages",
    "reserveId": "reservations",
    "requestId": "reservations",
}


@dataclass
class Found:
    """What came of all calls: by route and status, and what should not have come."""

    statuses: Tally[str] = field(default_factory=Tally)
    wrong: list[str] = field(default_factory=list)


def main(result: Path, cases: int) -> None:
    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    from tests.scratch import Processes

    known = seed()
    server = Processes(dict(os.environ), without=())
    try:
        server.start_line("web")
        base = f"http://127.0.0.1:{os.environ['PORT']}"
        wait_until_answers(base)
        reserve(base, known)
        started = time.monotonic()
        found = call_all(base, known, cases)
        seconds = time.monotonic() - started
    finally:
        server.stop()
    said = {"statuses": dict(found.statuses), "wrong": found.wrong[:20], "n_wrong": len(found.wrong)}
    result.write_text(json.dumps({**said, "seconds": seconds, "log": server.end_of_log()}))


def seed() -> dict[str, Any]:
    """A service with a key, and what a program needs to name."""
    from tests.factories import AccessKeyFactory, OptOutLineFactory
    from tests.sends import SENDER, make_project

    project = make_project()
    OptOutLineFactory(project=project, opened=True, number="08012345678")
    key = AccessKeyFactory(project=project)
    return {
        "services": [project.service_id],
        "key": (key.access_key, key.secret),
        "sender": SENDER,
        "messages": [],
        "reservations": [],
    }


def wait_until_answers(base: str) -> None:
    import requests

    for _once in range(600):
        try:
            if requests.get(f"{base}/sms/v2/openapi.json", timeout=ANSWERED).ok:
                return
        except (requests.ConnectionError, requests.Timeout):
            pass
        time.sleep(0.1)
    raise TimeoutError(base)


def signing(known: dict[str, Any]) -> Any:
    """What signs each call of `requests`, over its target as it goes out."""
    import requests

    from tests.messaging.api.sens.client import Signer

    signer = Signer(*known["key"])

    class Signed(requests.auth.AuthBase):
        def __call__(self, call: requests.PreparedRequest) -> requests.PreparedRequest:
            call.headers.update(signer.headers(str(call.method), call.path_url))
            return call

    return Signed()


def reserve(base: str, known: dict[str, Any]) -> None:
    """Messages that are sent and reserved before, for calls to find."""
    import requests

    service = f"{base}/sms/v2/services/{known['services'][0]}"
    day = time.strftime("%Y-%m-%d", time.localtime(time.time() + 5 * 86_400))
    for reserve_time in (None, f"{day} 09:00", f"{day} 10:00"):
        body = {
            "type": "SMS",
            "from": known["sender"],
            "content": "content",
            "messages": [{"to": "01012345678"}],
        }
        if reserve_time:
            body["reserveTime"] = reserve_time
        answer = requests.post(f"{service}/messages", json=body, auth=signing(known), timeout=ANSWERED)
        assert answer.status_code == 202, answer.text
        request_id = answer.json()["requestId"]
        known["reservations"].append(request_id)
        known["messages"].append(request_id[:-1] + "1")


def call_all(base: str, known: dict[str, Any], cases: int) -> Found:
    """The same share of cases for every route, of those that fit the description and those that break it."""
    import requests
    import schemathesis
    from schemathesis.generation import GenerationMode

    schema = schemathesis.openapi.from_url(f"{base}/sms/v2/openapi.json")
    operations = [each.ok() for each in schema.get_all_operations()]
    found, session, auth = Found(), requests.Session(), signing(known)
    session.trust_env = False
    share = -(-cases // (2 * len(operations)))

    def call(case: Any) -> None:
        name_what_is_there(case, known)
        said = f"{case.operation.method.upper()} {case.operation.path}"
        try:
            answer = case.call(f"{base}/sms/v2", session=session, auth=auth, timeout=ANSWERED)
        except (requests.exceptions.InvalidHeader, UnicodeError):
            found.statuses[f"{said} never sent"] += 1  # no HTTP client sends that
            return
        found.statuses[f"{said} {answer.status_code}"] += 1
        if wrong := wrong_with(case, answer):
            found.wrong.append(f"{wrong}\n{case.as_curl_command()[:1500]}\n{answer.text[:500]}")

    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            make_up(operation.as_strategy(mode), share, call)
    return found


def make_up(strategy: Any, cases: int, call: Callable[[Any], None]) -> None:
    """So many cases; the same ones on each run."""
    from hypothesis import HealthCheck, Phase, given, seed, settings

    @seed(cases)
    @settings(
        max_examples=cases,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=strategy)
    def made_up(case: Any) -> None:
        call(case)

    made_up()


def name_what_is_there(case: Any, known: dict[str, Any]) -> None:
    """Let most calls reach what they are about: services nearly always, others half the time."""
    for parameters in (case.path_parameters, case.query):
        for name in sorted(set(parameters or ()) & set(PLACES)):
            if CHANCE.random() < (0.95 if name == "serviceId" else 0.5):
                parameters[name] = CHANCE.choice(known[PLACES[name]])
    if isinstance(case.body, dict) and "from" in case.body and CHANCE.random() < 0.5:
        case.body["from"] = known["sender"]
    if case.operation.label == SEARCH and CHANCE.random() < 0.6:
        search_well(case, known)


def search_well(case: Any, known: dict[str, Any]) -> None:
    """A search that asks for one of the three that must be asked for, and for a few of what was made up."""
    made_up = dict(case.query or {})
    few = CHANCE.sample(sorted(made_up), min(len(made_up), CHANCE.randrange(4)))
    day = time.strftime("%Y-%m-%d")
    ways: list[dict[str, str]] = [
        {"requestId": CHANCE.choice(known["reservations"])},
        {"requestStartTime": f"{day} 00:00:00", "requestEndTime": f"{day} 23:59:59"},
        {"completeStartTime": f"{day} 00:00:00", "completeEndTime": f"{day} 23:59:59"},
    ]
    case.query = {name: made_up[name] for name in few if not name.endswith("Time")} | CHANCE.choice(ways)


def wrong_with(case: Any, answer: Any) -> str:
    """What is undocumented about an answer, or a mistake of the server's; "" where nothing is."""
    from schemathesis.checks import not_a_server_error
    from schemathesis.core.failures import FailureGroup
    from schemathesis.specs.openapi import checks

    asked = [
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_headers_conformance,
        checks.response_schema_conformance,
    ]
    try:
        case.validate_response(answer, checks=asked)
    except (FailureGroup, AssertionError) as error:
        return "; ".join(str(each) for each in getattr(error, "exceptions", [error]))
    return ""


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
