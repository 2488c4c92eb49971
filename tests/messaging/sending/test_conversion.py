"""Parts and conversions of messages to other countries: counted once, where they belong."""

from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from messaging.gateways.base import Report
from messaging.models import CountDelta, GatewayAccount, Message, SendRequest
from messaging.sending.commands import SendRefused
from messaging.sending.conversion import convert, waits_for_conversion
from messaging.sending.planning import plan_send
from messaging.sending.reporting import apply_reports, collect_reports
from messaging.sending.submitting import drain
from messaging.states import Counter, Lane, MessageState, MessageType
from messaging.statistics.queries import progress_of
from tests.factories import ProjectFactory, StatisticsKeyFactory
from tests.messaging.admin.delivering import in_a_day
from tests.messaging.sending.conftest import MakeCommand
from tests.messaging.sending.counts import assert_exact

pytestmark = pytest.mark.django_db
ABROAD, HOME = "+14155550123", "01021231001"
LONG = "a" * 161  # two parts of GSM 7-bit


def counted(request: SendRequest, counter: Counter) -> int:
    return progress_of([request.pk])[request.pk].of(counter)


def delivered(command: MakeCommand, **changes: Any) -> SendRequest:
    given = {"recipients": [ABROAD], "collects_conversion": True, **changes}
    request = plan_send(command(**given))
    drain(Lane.SINGLE)
    collect_reports()
    return request


def message_of(request: SendRequest) -> Message:
    return Message.objects.select_related("request").get(request=request)


@pytest.mark.parametrize(("body", "parts"), [("a" * 160, 1), (LONG, 2), ("가" * 71, 2), ("a" * 765, 5)])
def test_parts_are_counted_when_they_are_handed_over(command: MakeCommand, body: str, parts: int) -> None:
    request = plan_send(command(recipients=[ABROAD], body=body))
    assert counted(request, Counter.PARTS) == 0
    drain(Lane.SINGLE)
    assert counted(request, Counter.PARTS) == parts
    collect_reports()
    assert counted(request, Counter.PARTS) == parts
    assert_exact(request)


def test_only_messages_abroad_have_parts(command: MakeCommand) -> None:
    request = plan_send(command(recipients=[HOME, ABROAD, "+819012345678"], body="Hello"))
    drain(Lane.SINGLE)
    parts = CountDelta.objects.filter(request=request, counter=Counter.PARTS)
    assert sorted(parts.values_list("country_code", "n")) == [(1, 1), (81, 1)]


def test_what_was_refused_has_no_parts(command: MakeCommand) -> None:
    request = plan_send(command(recipients=["+14159991003", ABROAD], body=LONG))
    drain(Lane.SINGLE)
    assert counted(request, Counter.SEND_FAILED) == 1
    assert counted(request, Counter.PARTS) == 2


def test_a_report_before_the_outcome_counts_the_parts_once(
    command: MakeCommand, account: GatewayAccount
) -> None:
    request = plan_send(
        command(recipients=[ABROAD], body="##name##" + "a" * 160, shared_values={"name": "b"})
    )
    apply_reports(account, [Report(str(message_of(request).pk), None, "0", timezone.now(), "KT")])
    assert counted(request, Counter.PARTS) == 2
    drain(Lane.SINGLE)
    assert counted(request, Counter.PARTS) == 2
    assert_exact(request)


def test_a_conversion_counts_once(command: MakeCommand) -> None:
    request = delivered(command)
    message = message_of(request)
    assert counted(request, Counter.CONVERSION_WAITING) == 1
    assert waits_for_conversion(message)
    assert convert(project=request.project, message_id=message.pk)
    assert not convert(project=request.project, message_id=message.pk)
    assert not waits_for_conversion(message_of(request))
    assert counted(request, Counter.CONVERTED) == 1
    assert counted(request, Counter.CONVERSION_WAITING) == 1
    assert message_of(request).converted_at is not None
    assert_exact(request)


def test_what_does_not_wait_for_it_is_not_converted(command: MakeCommand) -> None:
    unasked = delivered(command, collects_conversion=False)
    mixed = delivered(command, recipients=[HOME, ABROAD])
    failed = delivered(command, recipients=["+14159992003"])
    waiting = plan_send(command(recipients=["+14155550124"], collects_conversion=True))
    other = ProjectFactory()
    wrong = [
        (unasked.project, message_of(unasked).pk),
        (mixed.project, Message.objects.get(request=mixed, country_code=82).pk),
        (waiting.project, message_of(waiting).pk),
        (failed.project, message_of(failed).pk),
        (other, Message.objects.get(request=mixed, country_code=1).pk),
        (mixed.project, uuid4()),
    ]
    assert [convert(project=project, message_id=pk) for project, pk in wrong] == [False] * len(wrong)
    assert not Message.objects.exclude(converted_at=None).exists()
    assert not CountDelta.objects.filter(counter=Counter.CONVERTED).exists()
    assert counted(mixed, Counter.CONVERSION_WAITING) == 1
    assert message_of(failed).state == MessageState.FAILED


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"recipients": [HOME]}, "only_abroad"),
        ({"message_type": MessageType.LMS, "recipients": [HOME]}, "only_sms"),
        ({"due_at": in_a_day}, "not_scheduled"),
    ],
)
def test_conversions_are_collected_for_sms_abroad_that_goes_now(
    command: MakeCommand, changes: dict[str, Any], code: str
) -> None:
    given = {name: value() if callable(value) else value for name, value in changes.items()}
    with pytest.raises(SendRefused) as refused:
        plan_send(command(**{"recipients": [ABROAD], "collects_conversion": True, **given}))
    assert [(each.field, each.code) for each in refused.value.problems] == [("collects_conversion", code)]
    assert not SendRequest.objects.exists()


def test_only_an_active_key_of_the_project_is_counted_by(command: MakeCommand) -> None:
    project = command().project
    active, ended = StatisticsKeyFactory.create_batch(2, project=project)
    ended.ends_at = ended.starts_at.replace(microsecond=1)
    foreign = StatisticsKeyFactory()
    for key in (ended, foreign):
        with pytest.raises(SendRefused) as refused:
            plan_send(command(statistics_key=key))
        assert [(each.field, each.code) for each in refused.value.problems] == [
            ("statistics_key", "not_active")
        ]
    assert not SendRequest.objects.exists()
    assert plan_send(command(statistics_key=active)).statistics_key == active
