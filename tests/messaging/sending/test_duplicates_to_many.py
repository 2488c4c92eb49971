"""Of sends to many: which repeat each other, from when on, and what is not even looked at."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.accounts.models import Project
from messaging.audience.conditions import Condition
from messaging.models import Chunk, SendRequest
from messaging.sending import loading
from messaging.sending.canceling import cancel_request, finish_canceling
from messaging.sending.duplicates import UNLIKE, Search, Unlike, rivals_of
from messaging.sending.loading import load_request
from messaging.sending.planning import plan_send
from messaging.sending.submitting import drain
from messaging.states import DeliveryKind, Lane, MessageType, Purpose
from tests.factories import ProjectFactory, RouteFactory, SenderNumberFactory
from tests.messaging.sending.audiences import tagged_numbers, to_tags
from tests.messaging.sending.conftest import SENDER, MakeCommand
from tests.messaging.sending.counts import assert_exact
from tests.messaging.sending.files import checked_file, numbers
from tests.messaging.sending.test_duplicates import (  # noqa: F401 - fixtures
    ONE,
    REPEATED,
    SENT,
    blocking,
    clock,
    endings,
    send,
)

pytestmark = pytest.mark.django_db


def mass(command: MakeCommand, project: Project, numbers_: list[str], **changes: Any) -> Any:
    given = {name: changes.pop(name) for name in ("values", "duplicates") if name in changes}
    body = changes.pop("body", "Hello")
    file = checked_file(project, numbers_, body=body, **given)
    return command(recipients=[], recipient_file=file, kind=DeliveryKind.MASS, body=body, **changes)


def test_of_two_mass_sends_the_second_goes_to_who_is_new(command: MakeCommand, project: Project) -> None:
    first = send(mass(command, project, numbers(3)))
    second = send(mass(command, project, numbers(5)))
    assert endings(first) == [SENT] * 3
    assert endings(second) == [REPEATED] * 3 + [SENT] * 2
    assert_exact(second)


def test_general_mass_and_tag_do_not_repeat_each_other(command: MakeCommand, project: Project) -> None:
    send(command(recipients=[ONE]))
    assert endings(send(mass(command, project, [ONE]))) == [SENT]
    by_tag = to_tags(Condition((tagged_numbers(project, [ONE]).pk,)))
    assert endings(send(command(**by_tag))) == [SENT]
    assert endings(send(command(**by_tag))) == [REPEATED]
    assert endings(send(mass(command, project, [ONE]))) == [REPEATED]


def test_what_went_to_many_does_not_keep_one_from_it(command: MakeCommand, project: Project) -> None:
    send(mass(command, project, [ONE]))
    assert endings(send(command(recipients=[ONE]))) == [SENT]


@pytest.mark.parametrize(
    "changes",
    [
        {"body": "Hello!"},
        {"sender": "0287654321"},
        {"message_type": MessageType.LMS},
        {"purpose": Purpose.AUTHENTICATION},
    ],
)
def test_each_part_of_the_key_makes_another_message_to_many(
    command: MakeCommand, project: Project, changes: dict[str, Any]
) -> None:
    SenderNumberFactory(approved=True, project=project, number="0287654321")
    SendRequest.objects.filter(pk=send(mass(command, project, numbers(2))).pk).update(**changes)
    assert endings(send(mass(command, project, numbers(2)))) == [SENT] * 2


def test_two_that_are_alike_are_both_looked_at(command: MakeCommand, project: Project) -> None:
    send(mass(command, project, numbers(2)))
    send(mass(command, project, numbers(2, start=2)))
    assert endings(send(mass(command, project, numbers(5)))) == [REPEATED] * 4 + [SENT]


def test_only_the_projects_own_sends_are_rivals(command: MakeCommand, project: Project) -> None:
    other = ProjectFactory()
    SenderNumberFactory(approved=True, project=other, number=SENDER)
    RouteFactory(project=other)
    theirs = send(replace(mass(command, other, numbers(2)), project=other))
    ours = send(mass(command, project, numbers(2)))
    since = timezone.now() - timedelta(minutes=10)
    assert [rivals_of(Search(each, since)) for each in (theirs, ours)] == [[], []]
    twice = send(mass(command, project, numbers(2)))
    assert rivals_of(Search(twice, since)) == [ours]


def test_a_send_that_says_something_else_is_read_once(command: MakeCommand, project: Project) -> None:
    first = send(mass(command, project, numbers(2), body="Something else"))
    request = send(mass(command, project, numbers(2)))
    search = Search(request, timezone.now() - timedelta(minutes=10))
    UNLIKE.of(request.pk).clear()
    with CaptureQueriesContext(connection) as queries:
        assert [rivals_of(search), rivals_of(search)] == [[], []]
    assert [each["sql"].count(first.pk.hex) for each in queries] == [0, 1, 0]
    alike = send(mass(command, project, numbers(2, start=2)))
    assert rivals_of(search) == [alike]
    assert UNLIKE.of(request.pk) == {first.pk}


def test_only_the_last_requests_are_remembered() -> None:
    known = Unlike()
    ids = [uuid.uuid4() for _ in range(Unlike.MOST + 1)]
    for each in ids[:-1]:
        known.of(each).add(ids[-1])
    known.of(ids[0])
    known.of(ids[-1])
    assert known.of(ids[0]) == {ids[-1]}
    assert known.of(ids[1]) == set()


def test_values_make_each_row_its_own_message(command: MakeCommand, project: Project) -> None:
    body, people = "To ##name##", numbers(3)
    send(mass(command, project, people, body=body, values=[["a"], ["b"], ["c"]]))
    second = send(mass(command, project, people, body=body, values=[["a"], ["x"], ["c"]]))
    assert endings(second) == [REPEATED, SENT, REPEATED]
    assert endings(send(mass(command, project, people, body="To x"))) == [SENT, REPEATED, SENT]


def test_a_number_that_stands_twice_gets_the_same_text_once(
    command: MakeCommand, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "CHUNK_SIZE", 2)
    people = numbers(4)
    again = [people[0], people[1]]  # in another chunk than the first time
    request = send(mass(command, project, people, duplicates=again, include_duplicates=True))
    assert endings(request) == [SENT] * 4 + [REPEATED] * 2
    assert_exact(request)


@pytest.mark.parametrize(
    ("later", "ending"), [(timedelta(minutes=10), REPEATED), (timedelta(minutes=10, seconds=1), SENT)]
)
def test_a_mass_send_counts_from_when_it_went(
    command: MakeCommand,
    project: Project,
    clock: time_machine.Traveller,  # noqa: F811
    later: timedelta,
    ending: tuple[str, str | None],
) -> None:
    send(mass(command, project, numbers(2)))
    clock.shift(later)
    assert endings(send(mass(command, project, numbers(2)))) == [ending] * 2


@pytest.mark.parametrize(
    ("body", "later"), [("Hello", timedelta(minutes=11)), ("Hello!", timedelta(0)), ("Hallo", timedelta(0))]
)
def test_a_mass_send_of_before_or_of_another_text_is_not_looked_at(
    command: MakeCommand,
    project: Project,
    clock: time_machine.Traveller,  # noqa: F811
    body: str,
    later: timedelta,
) -> None:
    send(mass(command, project, numbers(3), body=body))
    clock.shift(later)
    request = plan_send(mass(command, project, numbers(3)))
    load_request(request.pk)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        drain(Lane.MASS)
    assert not any("LATERAL" in query["sql"] for query in asked)
    assert endings(request) == [SENT] * 3


def test_a_canceled_mass_send_counts_with_what_went(
    command: MakeCommand, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "CHUNK_SIZE", 2)
    first = plan_send(mass(command, project, numbers(4)))
    load_request(first.pk)
    Chunk.objects.filter(request=first, number=2).update(not_before=datetime(2100, 1, 1, tzinfo=UTC))
    drain(Lane.MASS)
    cancel_request(request=first, actor=None)
    finish_canceling()
    second = send(mass(command, project, numbers(4)))
    assert [state for state, _code in endings(first)] == ["SENT", "SENT", "CANCELED", "CANCELED"]
    assert endings(second) == [REPEATED] * 2 + [SENT] * 2


@pytest.mark.parametrize(
    ("state", "before"), [("CANCELING", timedelta(days=2)), ("CANCELED", timedelta(minutes=10))]
)
def test_what_a_canceled_send_handed_over_afterwards_counts(
    command: MakeCommand,
    project: Project,
    clock: time_machine.Traveller,  # noqa: F811
    state: str,
    before: timedelta,
) -> None:
    """Canceled more than ten minutes ago, and what a worker held of it went a minute ago."""
    first = send(mass(command, project, numbers(2)))
    canceled_at = timezone.now() - before
    SendRequest.objects.filter(pk=first.pk).update(state=state, canceled_at=canceled_at, completed_at=None)
    clock.shift(timedelta(minutes=1))
    assert endings(send(mass(command, project, numbers(2)))) == [REPEATED] * 2
