"""What is refused of a tag send, with nothing written."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from console.accounts.models import Project
from console.queues import TaskName
from messaging.audience.conditions import MAX_TERMS, Condition
from messaging.models import SendRequest, Tag
from messaging.sending import planning
from messaging.sending.commands import SendRefused, Split
from messaging.sending.planning import plan_send
from messaging.states import DeliveryKind, Lane, MessageType
from tests.factories import ContactFactory, TagFactory, UidFactory
from tests.messaging.sending.audiences import tagged_numbers, to_tags
from tests.messaging.sending.conftest import MakeCommand
from tests.messaging.sending.files import checked_file, numbers

pytestmark = pytest.mark.django_db


@pytest.fixture
def tag(project: Project) -> Tag:
    return tagged_numbers(project, numbers(3))


def refused(command: MakeCommand, **changes: Any) -> list[tuple[str, str]]:
    """(field, code) of each problem; nothing was written."""
    with pytest.raises(SendRefused) as refusal:
        plan_send(command(**changes))
    assert SendRequest.objects.count() == 0
    return [(problem.field, problem.code) for problem in refusal.value.problems]


def test_what_is_kept_of_a_tag_send(command: MakeCommand, tag: Tag, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[tuple[object, ...]] = []
    monkeypatch.setattr(planning, "enqueue_on_commit", lambda *args: rung.append(args))
    body = "Hello ##name##, ##shop##"
    values = {"shop": "Beacon", "name": "friend"}
    request = plan_send(command(**to_tags(Condition((tag.pk,)), body=body, shared_values=values)))
    assert (request.kind, request.lane, request.state) == (DeliveryKind.TAG, Lane.MASS, "WAITING")
    assert (request.placeholders, request.shared_values) == (["name", "shop"], ["friend", "Beacon"])
    assert (request.total, request.expected, request.left_out) == (3, 3, 0)
    assert rung == [(TaskName.LOAD_REQUEST, str(request.pk))]


def test_no_bell_rings_for_one_that_is_due_later(
    command: MakeCommand, tag: Tag, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "enqueue_on_commit", lambda *args: pytest.fail("rung too early"))
    plan_send(command(**to_tags(Condition((tag.pk,)), due_at=timezone.now() + timedelta(hours=1))))


def test_either_tags_or_recipients(command: MakeCommand, project: Project, tag: Tag) -> None:
    condition = Condition((tag.pk,))
    assert refused(command, **to_tags(condition, recipients=["01012345678"])) == [("tag_condition", "both")]
    file = checked_file(project, numbers(1))
    assert refused(command, **to_tags(condition, recipient_file=file)) == [("tag_condition", "both")]


def test_kind_and_condition_go_together(command: MakeCommand, tag: Tag) -> None:
    assert refused(command, recipients=(), kind=DeliveryKind.TAG) == [("tag_condition", "required")]
    found = refused(command, recipients=(), tag_condition=Condition((tag.pk,)), kind=DeliveryKind.MASS)
    assert found == [("tag_condition", "not_for_kind")]


def test_it_cannot_wait_for_a_check_nor_repeat_numbers(command: MakeCommand, tag: Tag) -> None:
    condition = Condition((tag.pk,))
    assert refused(command, **to_tags(condition, needs_release=True)) == [("needs_release", "not_for_tags")]
    found = refused(command, **to_tags(condition, include_duplicates=True))
    assert found == [("include_duplicates", "not_for_tags")]


def test_a_tag_of_another_project_is_as_one_that_is_gone(command: MakeCommand, tag: Tag) -> None:
    foreign = TagFactory(uids=[UidFactory(numbers=["01012345678"])])
    gone = TagFactory(project=tag.project)
    gone_id = gone.pk
    gone.delete()
    said = set()
    for other in (foreign.pk, gone_id):
        for condition in (Condition((tag.pk, other)), Condition((tag.pk,), none_of=(Condition((other,)),))):
            with pytest.raises(SendRefused) as refusal:
                plan_send(command(**to_tags(condition)))
            said.add(tuple((each.field, each.code, str(each.message)) for each in refusal.value.problems))
    assert said == {(("tag_condition", "gone", "A tag of the condition is gone. Choose another one."),)}
    assert SendRequest.objects.count() == 0


@pytest.mark.parametrize(
    ("condition", "code"),
    [(Condition(), "empty"), (Condition(any_of=tuple(range(1, MAX_TERMS + 2))), "too_many")],
)
def test_a_condition_has_its_limits(command: MakeCommand, condition: Condition, code: str) -> None:
    assert refused(command, **to_tags(condition)) == [("tag_condition", code)]


def test_a_condition_that_meets_nobody_says_why(command: MakeCommand, project: Project) -> None:
    nobody = TagFactory(project=project)
    silent = TagFactory(project=project, uids=[UidFactory(project=project)])
    abroad = UidFactory(project=project)
    ContactFactory(uid=abroad, country_code=81, value="9012345678")
    far = TagFactory(project=project, uids=[abroad])
    said = []
    for tag in (nobody, silent, far):
        with pytest.raises(SendRefused) as refusal:
            plan_send(command(**to_tags(Condition((tag.pk,)), message_type=MessageType.LMS)))
        assert [each.code for each in refusal.value.problems] == ["nobody_fits"]
        said.append(str(refusal.value))
    assert said == [
        "No UID fits this condition.",
        "None of the UIDs that fit has a phone number.",
        "All numbers that fit are in other countries, which get SMS only.",
    ]


def test_every_placeholder_has_one_value_for_all(command: MakeCommand, tag: Tag) -> None:
    changes = to_tags(Condition((tag.pk,)), body="##a## ##b## ##c##", shared_values={"a": "1", "b": " "})
    assert refused(command, **changes) == [("shared_values", "missing_value")] * 2


@pytest.mark.parametrize(
    ("value", "code"), [("가" * 43, "too_long"), ("😀", "unsendable"), ("가" * 42, None)]
)
def test_the_text_with_its_values_is_checked_at_home(
    command: MakeCommand, tag: Tag, value: str, code: str | None
) -> None:
    changes = to_tags(Condition((tag.pk,)), body="Dear ##name##", shared_values={"name": value})
    if code is None:
        assert plan_send(command(**changes)).total == 3
    else:
        assert refused(command, **changes) == [("shared_values", code)]


def test_the_text_is_checked_abroad_where_it_meets_somebody_there(
    command: MakeCommand, project: Project, tag: Tag
) -> None:
    text = "a" * 85 + "##name##"
    far = UidFactory(project=project)
    ContactFactory(uid=far, country_code=81, value="9012345678")
    abroad = TagFactory(project=project, uids=[far])
    # Too long for Korea, but nobody there fits.
    only = to_tags(Condition((abroad.pk,)), body=text, shared_values={"name": "a" * 200})
    assert plan_send(command(**only)).total == 1
    SendRequest.objects.all().delete()
    both = to_tags(Condition((), (abroad.pk, tag.pk)), body="##name##", shared_values={"name": "가" * 336})
    assert refused(command, **both) == [("shared_values", "too_long"), ("body", "too_long_abroad")]


def test_a_plain_text_is_checked_as_everywhere(command: MakeCommand, tag: Tag) -> None:
    assert refused(command, **to_tags(Condition((tag.pk,)), body="가" * 46)) == [("body", "too_long")]
    assert refused(command, **to_tags(Condition((tag.pk,)), body="😀")) == [("body", "unsendable")]


def test_more_parts_than_numbers_are_refused(command: MakeCommand, tag: Tag) -> None:
    split = Split(parts=4, interval=timedelta(hours=1))
    found = refused(command, **to_tags(Condition((tag.pk,)), split=split))
    assert found == [("split_parts", "more_than_messages")]
