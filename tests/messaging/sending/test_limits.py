"""What is told of the month's limit, and what is blocked by conversion rates."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from console.accounts.models import EventName, Notice, NoticeMail, Project, ProjectEvent
from console.accounts.notice_mail import mail_notices
from messaging.gateways.simulator import Simulator
from messaging.models import CountryBlock, InternationalUsage, Message, SendRequest
from messaging.sending.conversion import convert
from messaging.sending.international_settings import lift_block
from messaging.sending.limits import (
    block_countries,
    check_limits,
    current_rates,
    projects_to_measure,
    tell_usage,
    usages_to_tell,
)
from messaging.sending.planning import plan_send
from messaging.sending.reporting import collect_reports
from messaging.sending.submitting import drain
from messaging.states import Lane
from messaging.statistics.conversion_rates import Rate
from messaging.statistics.counting import fold
from tests.factories import MembershipFactory, ProjectFactory
from tests.messaging.sending.conftest import MakeCommand
from tests.messaging.sending.test_international import NOVEMBER, abroad, limit

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
RULE: dict[str, Any] = {
    "blocks_by_conversion": True,
    "conversion_countries": [1, 81],
    "conversion_minimum": 4,
    "conversion_rate": 50,
    "conversion_hours": 24,
}


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as now:
        yield now


def use(project: Project, sent: int) -> InternationalUsage:
    row, _is_new = InternationalUsage.objects.update_or_create(
        project=project, month=NOVEMBER, defaults={"sent": sent}
    )
    return row


def told(project: Project) -> list[tuple[str, str, int]]:
    rows = Notice.objects.filter(project=project).order_by("pk")
    return [(each.kind, each.key, each.mails.count()) for each in rows]


def test_each_share_of_the_limit_is_told_once_a_month(
    project: Project, mailoutbox: list[Any], clock: time_machine.Traveller
) -> None:
    MembershipFactory(project=project)
    MembershipFactory(project=project)
    limit(project, 100)
    for sent in (69, 70, 71, 99, 100, 100):
        use(project, sent)
        check_limits()
    assert told(project) == [
        ("limit_70", "limit:2026-11:70", 2),
        ("limit_100", "limit:2026-11:100", 2),
    ]
    events = ProjectEvent.objects.filter(name=EventName.LIMIT_REACHED).order_by("pk")
    assert [event.payload for event in events] == [
        {"month": "2026-11", "percent": 70, "sent": 70, "limit": 100},
        {"month": "2026-11", "percent": 100, "sent": 100, "limit": 100},
    ]
    mail_notices()
    assert {mail.subject for mail in mailoutbox} == {
        f"{project.name}: 70 % of this month's messages to other countries are sent",
        f"{project.name}: the month's limit of messages to other countries is reached",
    }
    assert "sent 70 messages to other countries in 2026-11. Its limit is 100 a month." in "".join(
        " ".join(mail.body.split()) for mail in mailoutbox
    )


def test_two_shares_at_once_are_told_as_one_and_the_limit_in_force_counts(project: Project) -> None:
    MembershipFactory(project=project)
    limit(project, 1000)
    row = use(project, 100)
    assert tell_usage(row.pk) is False
    limit(project, 100)
    assert tell_usage(row.pk) is True
    limit(project, 120)  # 83 %: less than what is known
    assert tell_usage(row.pk) is False
    assert [kind for kind, _key, _mails in told(project)] == ["limit_100"]


def test_without_notices_programs_hear_of_it_and_nobody_is_mailed(project: Project) -> None:
    MembershipFactory(project=project)
    limit(project, 10, notifies_limit=False)
    use(project, 7)
    check_limits()
    check_limits()
    assert (told(project), ProjectEvent.objects.count()) == ([], 1)


def codes_sent(command: MakeCommand, numbers: list[str], converted: int) -> SendRequest:
    """A send that collects conversions; the first so many of its messages convert."""
    request = plan_send(command(recipients=numbers, collects_conversion=True))
    drain(Lane.SINGLE)
    collect_reports()
    messages = Message.objects.filter(request=request).order_by("pk")[:converted]
    assert all(convert(project=request.project, message_id=message.pk) for message in messages)
    return request


def rates(project: Project) -> dict[int, tuple[int, int]]:
    found = current_rates(limit(project, 1000), timezone.now())
    return {code: (rate.sent, rate.converted) for code, rate in found.items()}


def test_rates_count_what_went_out_by_the_time_of_its_request(
    command: MakeCommand, project: Project, simulator: Simulator, clock: time_machine.Traveller
) -> None:
    limit(project, 1000, conversion_hours=24, countries=[1, 81, 1787])
    codes_sent(command, abroad(3), 3)
    clock.shift(timedelta(hours=23, minutes=59))
    codes_sent(command, [*abroad(2), "+819012345678", "+17872345678", "+19392345678"], 1)
    plan_send(command(recipients=abroad(2)))  # collects none
    assert rates(project) == {1: (5, 4), 81: (1, 0), 1787: (2, 0)}
    while fold():
        pass
    assert rates(project) == {1: (5, 4), 81: (1, 0), 1787: (2, 0)}
    clock.shift(timedelta(minutes=2))
    assert rates(project) == {1: (2, 1), 81: (1, 0), 1787: (2, 0)}


def test_a_rate_is_shown_to_a_tenth_and_never_above_itself() -> None:
    assert [Rate(1000, 499).percent, Rate(3, 2).percent, Rate(0, 0).percent] == [49.9, 66.6, 0.0]


def test_a_country_that_converts_too_little_is_blocked_and_told(
    command: MakeCommand, project: Project, simulator: Simulator, mailoutbox: list[Any]
) -> None:
    MembershipFactory(project=project)
    limit(project, 1000, **RULE)
    codes_sent(command, [*abroad(4), "+819012345678", "+819012345679"], 1)
    check_limits()
    check_limits()
    [blocked] = CountryBlock.objects.all()
    assert (blocked.country_code, blocked.sent, blocked.converted) == (1, 4, 1)
    assert blocked.blocked_at == NOW
    events = ProjectEvent.objects.filter(name=EventName.COUNTRY_BLOCKED)
    assert [event.payload for event in events] == [
        {"countryCode": "1", "blockedDateTime": "2026-11-22T12:00:00.000+09:00"}
    ]
    mail_notices()
    [mail] = mailoutbox
    assert mail.subject == f"{project.name}: United States / Canada (+1) is blocked"
    assert "Of 4 messages that" in mail.body
    assert "(25.0 %)" in mail.body


@pytest.mark.parametrize(
    "changes",
    [
        {"conversion_minimum": 5},
        {"conversion_rate": 25},
        {"conversion_countries": [81]},
        {"blocks_by_conversion": False},
        {"is_on": False},
    ],
)
def test_what_blocks_nothing(
    command: MakeCommand, project: Project, simulator: Simulator, changes: dict[str, Any]
) -> None:
    limit(project, 1000, **RULE)
    codes_sent(command, abroad(4), 1)
    limit(project, 1000, **changes)
    check_limits()
    assert block_countries(project.pk) == []  # of a worker that still believed it had to
    assert not CountryBlock.objects.exists()
    assert not NoticeMail.objects.exists()


def test_a_country_is_measured_anew_from_when_it_was_unblocked(
    command: MakeCommand, project: Project, simulator: Simulator, clock: time_machine.Traveller
) -> None:
    user = MembershipFactory(project=project).user
    limit(project, 1000, **RULE)
    codes_sent(command, abroad(4), 0)
    assert block_countries(project.pk) == [1]
    clock.shift(timedelta(minutes=5))
    assert lift_block(project=project, user=user, country_code=1) is True
    assert lift_block(project=project, user=user, country_code=1) is False
    assert rates(project) == {}
    assert block_countries(project.pk) == []
    clock.shift(timedelta(minutes=5))
    codes_sent(command, abroad(4), 0)
    assert block_countries(project.pk) == [1]
    assert list(CountryBlock.objects.order_by("pk").values_list("sent", "lifted_by")) == [
        (4, user.pk),
        (4, None),
    ]


def test_only_this_month_and_what_was_used_is_told(project: Project) -> None:
    MembershipFactory(project=project)
    limit(project, 10)
    row = use(project, 0)
    InternationalUsage.objects.create(project=project, month=date(2026, 10, 1), sent=10)
    assert usages_to_tell() == []
    use(project, 1)
    assert usages_to_tell() == [row.pk]
    InternationalUsage.objects.filter(pk=row.pk).update(told_percent=70)
    assert usages_to_tell() == [row.pk]
    InternationalUsage.objects.filter(pk=row.pk).update(told_percent=100)
    assert usages_to_tell() == []


def test_only_projects_that_block_are_measured(project: Project) -> None:
    limit(project, 10, **RULE)
    off = (
        {"is_on": False},
        {"blocks_by_conversion": False},
        {"conversion_countries": []},
    )
    for changes in off:
        limit(ProjectFactory(), 10, **RULE | changes)
    assert projects_to_measure() == [project.pk]


@pytest.mark.parametrize(("hours", "expected"), [(1, {}), (2, {1: (4, 0)})])
def test_the_rate_is_that_of_the_rules_own_hours(
    command: MakeCommand,
    project: Project,
    simulator: Simulator,
    clock: time_machine.Traveller,
    hours: int,
    expected: dict[int, tuple[int, int]],
) -> None:
    limit(project, 1000, **RULE | {"conversion_hours": hours})
    codes_sent(command, abroad(4), 0)
    clock.shift(timedelta(hours=1, minutes=1))
    assert rates(project) == expected


def test_what_another_project_unblocked_changes_nothing(
    command: MakeCommand, project: Project, simulator: Simulator, clock: time_machine.Traveller
) -> None:
    limit(project, 1000, **RULE)
    codes_sent(command, abroad(4), 0)
    clock.shift(timedelta(minutes=5))
    CountryBlock.objects.create(
        project=ProjectFactory(),
        country_code=1,
        sent=4,
        converted=0,
        blocked_at=NOW,
        lifted_at=timezone.now(),
    )
    assert rates(project) == {1: (4, 0)}
    assert block_countries(project.pk) == [1]
