"""Who uses a template: requests of which something is to come, drafts that chose it, and changed keys."""

from datetime import timedelta

import pytest
from django.utils import timezone

from console.accounts.models import Project, User
from messaging.library.usage import KeyChanges, key_changes, used_by
from messaging.models import Draft, SendBatch, SendRequest, Template, TemplateVersion
from messaging.states import BatchState, RequestState
from tests.factories import MembershipFactory, TemplateFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def template(project: Project) -> Template:
    return TemplateFactory(project=project)


def request_from(template: Template, state: str, hours: int = 1) -> SendRequest:
    now = timezone.now()
    return SendRequest.objects.create(
        project=template.project,
        kind="GENERAL",
        message_type="SMS",
        purpose="GENERAL",
        lane="SINGLE",
        sender="0212345678",
        body="a",
        state=state,
        due_at=now + timedelta(hours=hours),
        created_at=now,
        template_version=template.versions.get(),
    )


def draft(template: Template, user: User, page: str = "send_general", chosen: object = None) -> Draft:
    fields = {"template": chosen or [str(template.pk)], "body": ["a"]}
    return Draft.objects.create(
        user=user, project=template.project, page=page, fields=fields, updated_at=timezone.now()
    )


def test_nobody(template: Template, django_assert_num_queries) -> None:
    with django_assert_num_queries(3):
        assert not used_by(template)


def test_what_is_still_to_be_sent_soonest_first(template: Template, project: Project) -> None:
    states = (RequestState.SCHEDULED, RequestState.HELD, RequestState.WAITING, RequestState.LOADING)
    wanted = [request_from(template, state, 9 - n) for n, state in enumerate(states)]
    for state in (RequestState.SENDING, RequestState.COMPLETED, RequestState.CANCELED, RequestState.FAILED):
        request_from(template, state)
    in_parts = request_from(template, RequestState.SENDING, 20)
    for number, state in ((1, BatchState.COMPLETED), (2, BatchState.WAITING)):
        SendBatch.objects.create(
            request=in_parts,
            number=number,
            state=state,
            due_at=timezone.now(),
            first_ordinal=1,
            last_ordinal=1,
        )
    request_from(TemplateFactory(project=project), RequestState.SCHEDULED)
    usage = used_by(template)
    assert usage.requests == [*wanted[::-1], in_parts]
    assert (usage.has_more_requests, usage.drafts, bool(usage)) == (False, [], True)


def test_drafts_that_chose_it(template: Template, project: Project) -> None:
    user = UserFactory()
    wanted = draft(template, user)
    draft(TemplateFactory(project=project), MembershipFactory(project=project).user)
    draft(template, user, "send_mass", [""])
    Draft.objects.create(user=user, project=project, page="send_tag", fields={}, updated_at=timezone.now())
    assert used_by(template).drafts == [wanted]


def test_of_many_the_first_are_shown(template: Template) -> None:
    for n in range(21):
        request_from(template, RequestState.SCHEDULED, n + 1)
        draft(template, UserFactory())
    usage = used_by(template)
    assert (len(usage.requests), usage.has_more_requests) == (20, True)
    assert (len(usage.drafts), usage.has_more_drafts) == (20, True)


def test_which_keys_go_and_come() -> None:
    version = TemplateVersion(placeholders=["name", "order"])
    assert key_changes(version, ["date", "order"]) == KeyChanges(gone=("name",), new=("date",))
    assert not key_changes(version, ["order", "name"])
