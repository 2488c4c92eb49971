"""Whom a condition would reach: UIDs, numbers once each, abroad, opted out; only of the project."""

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from console.accounts.models import Project
from messaging.audience import reach as reaching
from messaging.audience.conditions import Condition
from messaging.audience.reach import Reach, reach_of
from messaging.models import Tag
from messaging.states import ContactKind, MessageType
from senders.models import OptOut
from senders.models.opt_out import OptOutSource
from tests.factories import ContactFactory, ProjectFactory, TagFactory, UidFactory


@pytest.fixture
def project(db: None) -> Project:
    return ProjectFactory()


@pytest.fixture
def tag(project: Project) -> Tag:
    """Four UIDs with three domestic numbers, one of them twice, and one abroad with the digits of another."""
    first, second, silent, abroad = (UidFactory(project=project) for _n in range(4))
    for uid, number in ((first, "01011110001"), (first, "01011110002"), (second, "01011110002")):
        ContactFactory(uid=uid, value=number)
    ContactFactory(uid=second, value="01011110003")
    ContactFactory(uid=silent, kind=ContactKind.EMAIL, country_code=0, value="a@example.com")
    ContactFactory(uid=abroad, country_code=81, value="01011110001")
    ContactFactory(uid=UidFactory(project=project), value="01011110009")  # without the tag
    return TagFactory(project=project, uids=[first, second, silent, abroad])


def refuse(project: Project, number: str, country_code: int = 82, **changes: object) -> None:
    OptOut.objects.create(
        project=project,
        country_code=country_code,
        number=number,
        source=OptOutSource.HAND,
        created_at=timezone.now(),
        last_refused_at=timezone.now(),
        **changes,
    )


def test_each_number_counts_once(
    project: Project, tag: Tag, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        reach = reach_of(project=project, condition=Condition((tag.pk,)), message_type=MessageType.SMS)
    assert reach == Reach(uids=4, numbers=4, abroad=1, opted_out=0, countries={82: 3, 81: 1})


@pytest.mark.parametrize("message_type", [MessageType.LMS, MessageType.MMS])
def test_what_does_not_go_abroad_leaves_those_out(project: Project, tag: Tag, message_type: str) -> None:
    refuse(project, "01011110001", 81)
    reach = reach_of(
        project=project, condition=Condition((tag.pk,)), message_type=message_type, with_opt_outs=True
    )
    assert reach == Reach(uids=4, numbers=3, abroad=1, opted_out=0, countries={82: 3})


def test_opt_outs_that_stand_are_counted_where_asked(
    project: Project, tag: Tag, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    refuse(project, "01011110001")
    refuse(project, "01011110002")
    refuse(project, "01011110003", removed_at=timezone.now(), removal_reason="asked")
    refuse(project, "01011110009")  # does not fit
    refuse(ProjectFactory(), "01011110003")
    with django_assert_num_queries(1):
        reach = reach_of(
            project=project, condition=Condition((tag.pk,)), message_type=MessageType.SMS, with_opt_outs=True
        )
    assert reach == Reach(uids=4, numbers=4, abroad=1, opted_out=2, countries={82: 3, 81: 1})


def test_everybody_but_those_is_of_the_project_alone(project: Project, tag: Tag) -> None:
    UidFactory(numbers=["01022220001"])  # of another project
    reach = reach_of(project=project, condition=Condition(none_of=(tag.pk,)), message_type=MessageType.SMS)
    assert reach == Reach(uids=1, numbers=1, abroad=0, countries={82: 1})


def test_a_tag_of_another_project_meets_nobody(project: Project, tag: Tag) -> None:
    other = TagFactory(uids=[UidFactory(numbers=["01022220001"])])
    reach = reach_of(project=project, condition=Condition((other.pk,)), message_type=MessageType.SMS)
    assert reach == Reach(uids=0, numbers=0, abroad=0)


def test_who_has_no_number_counts_as_a_uid(project: Project) -> None:
    silent = UidFactory(project=project)
    ContactFactory(uid=silent, kind=ContactKind.EMAIL, country_code=0, value="a@example.com")
    tag = TagFactory(project=project, uids=[silent])
    reach = reach_of(project=project, condition=Condition((tag.pk,)), message_type=MessageType.SMS)
    assert reach == Reach(uids=1, numbers=0, abroad=0, countries={})


@pytest.mark.parametrize("sparse", [0, 2, 1000], ids=["one by one", "at the bound", "in one go"])
def test_whoever_lies_between_those_who_fit_is_not_counted(
    project: Project, monkeypatch: pytest.MonkeyPatch, sparse: int
) -> None:
    """However their contacts are read. From the first to the last one it is twice as far as they are many."""
    fitting = []
    for number in ("01011110001", "01011110002", "01011110001"):
        fitting.append(UidFactory(project=project, numbers=[number]))
        UidFactory(project=project, numbers=["01022220001"])
        UidFactory(numbers=["01033330001", "01011110002"])  # of another project
    ContactFactory(uid=fitting[1], country_code=81, value="9012345678")
    ContactFactory(uid=fitting[2], kind=ContactKind.PUSH, country_code=0, value="token")
    tag = TagFactory(project=project, uids=fitting)
    refuse(project, "01011110001")
    monkeypatch.setattr(reaching, "SPARSE", sparse)
    reach = reach_of(
        project=project, condition=Condition((tag.pk,)), message_type=MessageType.SMS, with_opt_outs=True
    )
    assert reach == Reach(uids=3, numbers=3, abroad=1, opted_out=1, countries={82: 2, 81: 1})
