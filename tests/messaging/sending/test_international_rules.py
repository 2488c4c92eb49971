"""What is said of a send abroad before it is asked for."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from console.accounts.models import Project
from messaging.audience.conditions import Condition
from messaging.models import InternationalUsage, RecipientFile, SendRequest
from messaging.sending.commands import SendRefused
from messaging.sending.international_rules import abroad_notes, abroad_problems
from messaging.sending.planning import plan_send
from messaging.states import MessageType
from tests.factories import ProjectFactory
from tests.messaging.sending.conftest import MakeCommand
from tests.messaging.sending.test_international import DECEMBER, HOME, NOVEMBER, abroad, block, limit

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as now:
        yield now


def refused(command: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(SendRefused) as raised:
        plan_send(command)
    assert not SendRequest.objects.exists()
    return [(each.field, each.code, str(each.message)) for each in raised.value.problems]


def test_switched_off(command: MakeCommand, project: Project) -> None:
    limit(project, 1000, is_on=False)
    assert refused(command(recipients=[*abroad(2), HOME])) == [
        (
            "recipients",
            "abroad_off",
            (
                "2 messages would go to other countries, and this project sends to none. Take "
                "these numbers out, or have a manager switch it on under Settings, International."
            ),
        )
    ]
    assert plan_send(command()).total == 1


def test_countries_that_are_not_allowed_and_blocked_ones_are_named(
    command: MakeCommand, project: Project
) -> None:
    block(project, 81)
    recipients = ["+819012345678", "+18765551234", "+5511912345678", *abroad(1)]
    assert refused(command(recipients=recipients)) == [
        (
            "recipients",
            "country_not_allowed",
            (
                "This project does not send to Brazil (+55), Jamaica (+1876). Take these numbers "
                "out, or have a manager allow the country under Settings, International."
            ),
        ),
        (
            "recipients",
            "country_blocked",
            (
                "Japan (+81): blocked, because too few messages there had converted. Take these "
                "numbers out, or have a manager unblock the country under Settings, "
                "International."
            ),
        ),
    ]


def test_many_countries_are_named_in_part(command: MakeCommand, project: Project) -> None:
    problems = list(abroad_problems(command(), dict.fromkeys((20, 27, 30, 31, 32, 36, 40), 1)))
    assert [problem.code for problem in problems] == ["country_not_allowed"]
    assert (
        "Egypt (+20), South Africa (+27), Greece (+30), Netherlands (+31), Belgium (+32) and 2 more"
        in str(problems[0].message)
    )


def test_five_countries_are_all_named(command: MakeCommand) -> None:
    [problem] = abroad_problems(command(), dict.fromkeys((20, 27, 30, 31, 32), 1))
    assert "to Egypt (+20), South Africa (+27), Greece (+30), Netherlands (+31), Belgium (+32). Take" in str(
        problem.message
    )


def test_a_country_that_nobody_is_in_is_no_problem(command: MakeCommand, project: Project) -> None:
    limit(project, 1000, is_on=False)
    assert list(abroad_problems(command(), {1: 0, 82: 5})) == []
    assert abroad_notes(project, {1: 0, 82: 5}) == []


def test_the_limit_is_not_spoken_of_where_nothing_goes_at_all(command: MakeCommand, project: Project) -> None:
    limit(project, 1, is_on=False)
    assert [problem.code for problem in abroad_problems(command(), {1: 5})] == ["abroad_off"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, "recipients"),
        ({"recipient_file": RecipientFile()}, "recipient_file"),
        ({"tag_condition": Condition((1,))}, "tag_condition"),
    ],
)
def test_a_problem_stands_where_the_numbers_do(
    command: MakeCommand, project: Project, changes: dict[str, Any], field: str
) -> None:
    limit(project, 1)
    found = [*abroad_problems(command(**changes), {1: 2}), *abroad_problems(command(**changes), {20: 1})]
    assert [(problem.field, problem.code) for problem in found] == [
        (field, "abroad_limit"),
        (field, "country_not_allowed"),
    ]


def test_another_projects_month_is_not_this_ones(command: MakeCommand, project: Project) -> None:
    other = ProjectFactory()
    limit(project, 5)
    limit(other, 5)
    InternationalUsage.objects.create(project=other, month=NOVEMBER, sent=5)
    block(other, 1)
    assert list(abroad_problems(command(), {1: 5})) == []
    assert str(abroad_notes(project, {1: 1})[0]).startswith("After this, 4 of this month's 5 ")


def test_more_than_what_is_left_of_the_month(command: MakeCommand, project: Project) -> None:
    limit(project, 5)
    InternationalUsage.objects.create(project=project, month=NOVEMBER, sent=3)
    InternationalUsage.objects.create(project=project, month=DECEMBER, sent=1)
    assert refused(command(recipients=abroad(3))) == [
        (
            "recipients",
            "abroad_limit",
            (
                "3 messages would go to other countries, but only 2 of the month's 5 are left. "
                "Send fewer, or have a manager raise the limit under Settings, International."
            ),
        )
    ]
    in_december = datetime(2026, 12, 1, 3, tzinfo=UTC)
    assert plan_send(command(recipients=abroad(3), due_at=in_december)).total == 3
    assert plan_send(command(recipients=abroad(2))).total == 2


def test_what_does_not_go_abroad_is_refused_as_such(command: MakeCommand, project: Project) -> None:
    limit(project, 1000, is_on=False)
    problems = refused(command(recipients=abroad(1), message_type=MessageType.LMS, subject="x"))
    assert "abroad_off" not in [code for _field, code, _message in problems]


def test_notes_say_what_is_left(project: Project) -> None:
    limit(project, 10)
    InternationalUsage.objects.create(project=project, month=NOVEMBER, sent=4)
    assert abroad_notes(project, {82: 100}) == []
    assert list(map(str, abroad_notes(project, {1: 1, 81: 1}))) == [
        "After this, 4 of this month's 10 messages to other countries are left."
    ]
    assert list(map(str, abroad_notes(project, {81: 5}))) == [
        "After this, 1 of this month's 10 messages to other countries is left.",
        "That is 70 % of the month's limit or more: every member is told by mail.",
    ]
    limit(project, 10, notifies_limit=False)
    assert len(abroad_notes(project, {81: 5})) == 1
