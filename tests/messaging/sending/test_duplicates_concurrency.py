"""Two workers let messages go at once: the second sees what the first let go."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from console.accounts.models import Project
from messaging.gateways.simulator import Simulator
from messaging.models import DuplicateSettings, Message, SendRequest
from messaging.policies.settings import SettingsRefused, change_duplicates, duplicate_settings
from messaging.sending import loading
from messaging.sending.claiming import claim_chunk
from messaging.sending.loading import load_request
from messaging.sending.outbound import ready_rows
from messaging.sending.planning import plan_send
from messaging.sending.screening import screen
from messaging.sending.submitting import drain, submit_chunk
from messaging.states import DeliveryKind, Lane
from tests.factories import UserFactory
from tests.messaging.sending.conftest import MakeCommand
from tests.messaging.sending.counts import assert_exact
from tests.messaging.sending.files import checked_file, numbers
from tests.messaging.sending.test_concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 200


@pytest.fixture(autouse=True)
def blocking(project: Project, simulator: Simulator) -> DuplicateSettings:
    return DuplicateSettings.objects.create(project=project, is_on=True, minutes=60)


def results(*requests: SendRequest) -> list[str | None]:
    messages = Message.objects.filter(request__in=requests)
    return sorted(messages.values_list("result_code", flat=True), key=str)


def test_the_same_text_from_many_hands_at_once_goes_once(command: MakeCommand, simulator: Simulator) -> None:
    requests = [plan_send(command()) for _n in range(12)]
    at_once(*[lambda: drain(Lane.SINGLE, 60)] * 4)
    assert results(*requests) == ["B003"] * 11 + [None]
    assert simulator.ledger.counts()["messages"] == 1


def test_two_mass_sends_and_their_repeated_numbers_at_once(
    command: MakeCommand, project: Project, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "CHUNK_SIZE", 7)
    people = numbers(ROWS)
    wish = {"recipients": [], "kind": DeliveryKind.MASS, "include_duplicates": True, "body": "To ##n##"}
    requests = []
    for _n in range(2):
        file = checked_file(
            project, people, body="To ##n##", values=[["x"]] * ROWS, duplicates=people[::-1][:50]
        )
        requests.append(plan_send(command(recipient_file=file, **wish)))
        load_request(requests[-1].pk)
    at_once(*[lambda: drain(Lane.MASS, 60)] * 3)
    sent = Message.objects.filter(request__in=requests, submitted_at__isnull=False)
    assert sorted(sent.values_list("recipient", flat=True)) == people
    assert results(*requests).count("B003") == ROWS + 100
    assert simulator.ledger.counts()["messages"] == ROWS
    for request in requests:
        assert_exact(request)


def test_who_looks_waits_for_who_is_about_to_let_go(
    command: MakeCommand, project: Project, simulator: Simulator
) -> None:
    """The first worker has screened its chunk and not committed: the second waits, then sees it."""
    first, second = plan_send(command()), plan_send(command())
    one, two = claim_chunk(Lane.SINGLE), claim_chunk(Lane.SINGLE)
    assert one is not None
    assert two is not None
    done = threading.Event()

    def submit_second() -> None:
        submit_chunk(two)
        done.set()
        connection.close()

    thread = threading.Thread(target=submit_second)
    with transaction.atomic():
        batch = first.batches.select_related("request__project").get()
        assert len(screen(one, batch, ready_rows(one.first_id, one.last_id))) == 1
        thread.start()
        assert not done.wait(0.5)
    thread.join(20)
    assert done.is_set()
    assert results(second) == ["B003"]


def test_other_recipients_do_not_wait(command: MakeCommand) -> None:
    """Of the few dozen locks these two numbers have different ones."""
    requests = [plan_send(command(recipients=[number])) for number in ("01012340001", "01012340002")]
    one, two = claim_chunk(Lane.SINGLE), claim_chunk(Lane.SINGLE)
    assert one is not None
    assert two is not None
    with transaction.atomic():
        batch = requests[0].batches.select_related("request__project").get()
        screen(one, batch, ready_rows(one.first_id, one.last_id))
        at_once(lambda: submit_chunk(two))
    assert results(requests[1]) == [None]


def test_of_two_people_who_change_the_minutes_one_is_told(project: Project) -> None:
    seen = duplicate_settings(project).updated_at
    outcomes: list[str] = []

    def change(minutes: int) -> Callable[[], None]:
        def work() -> None:
            try:
                change_duplicates(project=project, user=UserFactory(), is_on=True, minutes=minutes, seen=seen)
                outcomes.append("changed")
            except SettingsRefused:
                outcomes.append("told")

        return work

    at_once(change(20), change(30))
    assert sorted(outcomes) == ["changed", "told"]
    kept = DuplicateSettings.objects.get(project=project)
    assert kept.minutes in (20, 30)
    assert timezone.now() - kept.updated_at < timedelta(minutes=1)
