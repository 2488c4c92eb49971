"""Releasing and canceling: the sentence before, the deed once, and what is said when it was too late."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from console.accounts.models import Project
from console.accounts.roles import ProjectRole
from messaging.models import SendRequest
from messaging.sending.canceling import cancel_request, finish_canceling
from messaging.states import RequestState
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.admin.delivering import deliver, half_hours, in_a_day, send, send_file
from tests.messaging.sending.files import numbers


def said(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def state_of(request: SendRequest) -> str:
    request.refresh_from_db()
    return request.state


def page_of(name: str, request: SendRequest) -> str:
    return reverse(f"admin:{name}", args=[request.pk])


def test_release_says_what_goes_out_and_asks(project: Project, client_as: ClientAs) -> None:
    request = send_file(project, numbers(5), needs_release=True)
    SendRequest.objects.filter(pk=request.pk).update(left_out=2)
    response = client_as(project).get(page_of("delivery_release", request))
    assert response.context["sentence"] == (
        "5 SMS messages go out from 02-123-4567 now. 2 rows of the file are left out."
    )
    assert state_of(request) == RequestState.HELD


def test_release_names_the_time_and_the_parts(project: Project, client_as: ClientAs) -> None:
    due_at = in_a_day().replace(second=0, microsecond=0)
    request = send_file(project, numbers(6), needs_release=True, due_at=due_at, split=half_hours(3))
    response = client_as(project).get(page_of("delivery_release", request))
    assert " in 3 parts, the last one on " in response.context["sentence"]
    assert response.context["action"] == "Schedule 6 messages"


def test_release_moves_once_and_the_second_click_is_told(project: Project, client_as: ClientAs) -> None:
    client = client_as(project)
    person = project.members.all()[0]
    request = send_file(project, numbers(5), needs_release=True)
    url = page_of("delivery_release", request)
    response = client.post(url)
    assert response.headers["Location"] == page_of("delivery_request", request)
    assert said(response) == ["Released. You can watch it go out here."]
    assert state_of(request) == RequestState.SENDING
    assert request.released_by == person
    released_at = request.released_at
    response = client.post(url)
    assert said(response)[-1] == "Nothing was changed: the request is in the state “Delivering” by now."
    request.refresh_from_db()
    assert request.released_at == released_at
    assert deliver(request).state == RequestState.COMPLETED


def test_cancel_says_how_many_are_not_out_yet(project: Project, client_as: ClientAs) -> None:
    request = deliver(send_file(project, numbers(5), split=half_hours(2)))
    response = client_as(project).get(page_of("delivery_cancel", request))
    assert response.context["sentence"] == (
        "3 messages that are not handed over yet will not be sent."
        " 2 are out already and cannot be called back."
    )


def test_cancel_moves_once_and_keeps_who_did_it(project: Project, client_as: ClientAs) -> None:
    client = client_as(project)
    person = project.members.all()[0]
    request = send(project, numbers(3), due_at=in_a_day())
    response = client.post(page_of("delivery_cancel", request))
    assert said(response) == ["Canceled: what is not handed over yet will not be sent."]
    assert state_of(request) == RequestState.CANCELING
    assert request.canceled_by == person
    finish_canceling()
    response = client.post(page_of("delivery_cancel", request))
    assert said(response)[-1] == "Nothing was changed: the request is in the state “Canceled” by now."
    assert state_of(request) == RequestState.CANCELED


def test_what_is_over_has_no_button(project: Project, client_as: ClientAs) -> None:
    request = deliver(send(project, numbers(2)))
    for name in ("delivery_release", "delivery_cancel"):
        response = client_as(project).get(page_of(name, request))
        assert response.context["is_open"] is False
        assert "csrfmiddlewaretoken" not in response.content.decode().split("d-narrow")[1]


def test_several_are_canceled_after_one_sentence(project: Project, client_as: ClientAs) -> None:
    client = client_as(project)
    chosen = [send(project, numbers(n + 1), due_at=in_a_day()) for n in range(2)]
    kept = send(project, numbers(1), due_at=in_a_day())
    asked = {"request": [str(request.pk) for request in chosen]}
    url = reverse("admin:deliveries_cancel")
    response = client.post(url, asked)
    assert response.context["sentence"] == "3 messages that are not handed over yet will not be sent."
    assert {state_of(request) for request in chosen} == {RequestState.SCHEDULED}
    response = client.post(url, asked | {"confirmed": "1"})
    assert said(response) == ["2 requests were canceled."]
    assert [state_of(request) for request in (*chosen, kept)] == [
        RequestState.CANCELING,
        RequestState.CANCELING,
        RequestState.SCHEDULED,
    ]


def test_one_that_was_canceled_meanwhile_is_named(project: Project, client_as: ClientAs) -> None:
    request = send(project, numbers(1), due_at=in_a_day(), name="Autumn")
    cancel_request(request=request, actor=None)
    response = client_as(project).post(
        reverse("admin:deliveries_cancel"), {"request": str(request.pk), "confirmed": "1"}
    )
    assert said(response) == [
        "Autumn: Nothing was changed: it is CANCELED by now, and only what is READY can be canceled here."
    ]


@pytest.mark.parametrize("chosen", [[], ["nonsense"]])
def test_choosing_nothing_is_told(project: Project, client_as: ClientAs, chosen: list[str]) -> None:
    response = client_as(project).post(reverse("admin:deliveries_cancel"), {"request": chosen})
    assert said(response) == ["Choose the requests to cancel first."]


def test_the_requests_of_others_cannot_be_chosen(
    project: Project, stranger: Project, client_as: ClientAs
) -> None:
    request = send(stranger, numbers(1), due_at=in_a_day())
    asked = {"request": str(request.pk), "confirmed": "1"}
    client_as(project).post(reverse("admin:deliveries_cancel"), asked)
    assert state_of(request) == RequestState.SCHEDULED


def test_a_form_of_another_project_changes_nothing(
    project: Project, stranger: Project, client_as: ClientAs
) -> None:
    request = send_file(project, numbers(2), needs_release=True)
    response = client_as(project).post(page_of("delivery_release", request), {"_project": str(stranger.pk)})
    assert response.status_code in (403, 409)
    assert state_of(request) == RequestState.HELD


def test_a_viewer_may_not(project: Project, client_as: ClientAs) -> None:
    viewer = client_as(project, ProjectRole.VIEWER)
    held = send_file(project, numbers(2), needs_release=True)
    later = send(project, numbers(1), due_at=in_a_day())
    for url in (page_of("delivery_release", held), page_of("delivery_cancel", later)):
        assert viewer.get(url).status_code == 403
        assert viewer.post(url).status_code == 403
    asked = {"request": str(later.pk), "confirmed": "1"}
    assert viewer.post(reverse("admin:deliveries_cancel"), asked).status_code == 403
    assert (state_of(held), state_of(later)) == (RequestState.HELD, RequestState.SCHEDULED)
