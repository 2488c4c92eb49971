"""What happens outside of sending, as programs hear of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from console.accounts.models import EventName, Project, ProjectEvent
from console.accounts.roles import ProjectRole
from senders.models.opt_out import OptOutSource
from senders.services import opt_outs
from senders.services.opt_out_calls import record_call
from senders.services.opt_outs import add_opt_outs
from senders.services.review import Verdict, tell_programs
from senders.states import Decision
from tests.factories import (
    IdentityVerificationFactory,
    MembershipFactory,
    OptOutFactory,
    OptOutLineFactory,
    ProjectFactory,
    SenderNumberFactory,
)

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
SAID = "2026-11-22T12:00:00.000+09:00"


def events() -> list[tuple[int, str, Any]]:
    return list(ProjectEvent.objects.order_by("id").values_list("project", "name", "payload"))


def test_a_call_to_the_080_number_is_an_event(project: Project) -> None:
    with time_machine.travel(datetime(2026, 11, 1, tzinfo=UTC), tick=False):
        line = OptOutLineFactory(opened=True, project=project)
    for _twice in range(2):
        record_call(line_number=line.number, caller="010-1234-1234", at=NOW)
    assert events() == [
        (
            project.pk,
            EventName.OPT_OUT,
            {
                "recipientNo": "01012341234",
                "unsubscribeNo": line.number,
                "enterpriseName": line.business_name,
                "createdDateTime": SAID,
            },
        )
    ]


@pytest.mark.parametrize("source", OptOutSource.values)
def test_what_is_entered_is_one_whatever_it_came_from(project: Project, source: str) -> None:
    line = OptOutLineFactory(opened=True, project=project)
    numbers = [(82, "01012341234"), (81, "9012345678"), (82, "01012341234")]
    wish: dict[str, Any] = {"project": project, "numbers": numbers, "source": OptOutSource(source)}
    assert [add_opt_outs(**wish, line=line, at=NOW) for _twice in range(2)] == [2, 0]
    of_all = {
        "unsubscribeNo": line.number,
        "enterpriseName": line.business_name,
        "createdDateTime": SAID,
    }
    told = [{"recipientNo": "01012341234", **of_all}, {"recipientNo": "819012345678", **of_all}]
    assert events() == [(project.pk, EventName.OPT_OUT, told)]
    assert ProjectEvent.objects.get().happened_at == NOW


def test_who_refused_already_and_does_once_more_is_not_told_again(project: Project) -> None:
    OptOutFactory(project=project, number="01012341234", created_at=NOW - timedelta(days=1))
    OptOutFactory(number="01012341235")
    numbers = [(82, "01012341234"), (82, "01012341235")]
    add_opt_outs(project=project, numbers=numbers, source=OptOutSource.FILE, at=NOW)
    [(_project, _name, told)] = events()
    nobody = {"unsubscribeNo": None, "enterpriseName": None}
    assert told == [{"recipientNo": "01012341235", "createdDateTime": SAID, **nobody}]


def test_a_large_file_is_told_in_sets_by_the_statement_that_enters_it(
    project: Project, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    """However many rows: the same few statements, and not one of them becomes an object of ours."""
    for name in ("record_events", "payload_of"):
        monkeypatch.setattr(opt_outs, name, None)
    numbers = [(82, f"010{n:08d}") for n in range(1001)]
    with django_assert_num_queries(6):
        added = add_opt_outs(project=project, numbers=numbers, source=OptOutSource.FILE, at=NOW)
    sets = [[payload["recipientNo"] for payload in told] for _project, _name, told in events()]
    assert (added, [len(each) for each in sets]) == (1001, [500, 500, 1])
    assert [number for each in sets for number in each] == [number for _country, number in numbers]


def test_a_decision_is_an_event(project: Project) -> None:
    number = SenderNumberFactory(project=project)
    tell_programs(number, Verdict(Decision.REJECTED, 1), NOW)
    said = {"sendNo": number.number, "decision": "REJECTED", "decidedDateTime": SAID}
    assert events() == [(project.pk, EventName.SENDER_NUMBER_DECIDED, said)]


def test_one_on_an_identity_goes_to_the_persons_projects_of_that_organization(project: Project) -> None:
    user = MembershipFactory(project=project, role=ProjectRole.SENDER).user
    ProjectFactory(organization=project.organization)
    MembershipFactory(user=user)
    identity = IdentityVerificationFactory(organization=project.organization, user=user)
    tell_programs(identity, Verdict(Decision.APPROVED, 1), NOW)
    said = {"username": user.username, "decision": "APPROVED", "decidedDateTime": SAID}
    assert events() == [(project.pk, EventName.IDENTITY_DECIDED, said)]
