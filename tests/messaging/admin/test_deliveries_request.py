"""One request and its messages: figures, polling, filters, what a role may read."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone

from console.accounts.models import Project
from console.accounts.roles import ProjectRole
from messaging.models import Attachment, DeliveryReport, GatewayAccount, Message, SendRequest
from messaging.states import RequestState
from tests.factories import StatisticsKeyFactory
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.admin.delivering import (
    OFF,
    deliver,
    first_message,
    half_hours,
    in_a_day,
    send,
    send_file,
)
from tests.messaging.sending.files import numbers

NumQueries = Callable[..., Any]


def page_of(name: str, *args: Any) -> str:
    return reverse(f"admin:{name}", args=args)


def test_what_became_of_every_message_is_counted(project: Project, client_as: ClientAs) -> None:
    request = deliver(send_file(project, [*numbers(3), OFF]))
    response = client_as(project).get(page_of("delivery_request", request.pk))
    live = response.context["live"]
    assert (live.done, live.left, live.progress.delivered, live.progress.failed) == (4, 0, 3, 1)
    assert [(cause.result.code, cause.n) for cause in live.causes] == [("2003", 1)]
    page = response.content.decode()
    assert f"{page_of('delivery_messages', request.pk)}?code=2003" in page
    assert "Phone switched off" in page
    assert live.seconds == 0
    assert "hx-get" not in page.split('id="live"')[1].split(">")[0]


def test_parts_have_their_own_progress(project: Project, client_as: ClientAs) -> None:
    request = deliver(send_file(project, numbers(4), split=half_hours(2)))
    live = client_as(project).get(page_of("delivery_request", request.pk)).context["live"]
    assert [(part.batch.number, part.done, part.size) for part in live.parts] == [(1, 2, 2), (2, 0, 2)]
    assert live.last_due_at == live.parts[1].batch.due_at
    assert live.seconds == 2


def test_the_speed_and_the_end_are_told_while_it_runs(project: Project, client_as: ClientAs) -> None:
    start = timezone.now().replace(second=0, microsecond=0)
    with time_machine.travel(start, tick=False):
        request = deliver(send_file(project, numbers(8), split=half_hours(2)))
        client = client_as(project)
    with time_machine.travel(start + timedelta(seconds=30), tick=False):
        live = client.get(page_of("delivery_request", request.pk)).context["live"]
    assert live.per_minute == 8
    assert live.ends_at is None  # what was released is out; the rest is not due


def test_it_asks_again_while_results_are_outstanding(project: Project, client_as: ClientAs) -> None:
    request = deliver(send(project, ["01029999002"]))
    response = client_as(project).get(page_of("delivery_request", request.pk))
    assert request.state == RequestState.COMPLETED
    assert response.context["live"].seconds == 5
    scheduled = send(project, ["01012340001"], due_at=in_a_day())
    live = client_as(project).get(page_of("delivery_request", scheduled.pk)).context["live"]
    assert live.seconds == 15


def test_the_progress_alone_and_the_whole_page_after_a_change(project: Project, client_as: ClientAs) -> None:
    request = send(project, ["01012340001"])
    request.refresh_from_db()
    client = client_as(project)
    url = page_of("delivery_progress", request.pk)
    response = client.get(url, {"state": request.state})
    assert "HX-Refresh" not in response
    assert '<div id="live"' in response.content.decode()
    assert "<html" not in response.content.decode()
    deliver(request)
    assert client.get(url, {"state": RequestState.SCHEDULED})["HX-Refresh"] == "true"


def test_the_page_and_its_progress_ask_the_same_few_questions(
    project: Project, client_as: ClientAs, django_assert_num_queries: NumQueries
) -> None:
    client = client_as(project)
    small = deliver(send_file(project, numbers(2)))
    large = deliver(send_file(project, [*numbers(20), OFF], split=half_hours(5)))
    client.get(page_of("delivery_request", small.pk))
    for request in (small, large):
        # Session, person, memberships; the request, its counts, its parts.
        with django_assert_num_queries(6):
            client.get(page_of("delivery_request", request.pk))
        with django_assert_num_queries(6):
            client.get(page_of("delivery_progress", request.pk))
        client.get(page_of("delivery_messages", request.pk))  # the reading is noted, once an hour
        with django_assert_num_queries(6):
            client.get(page_of("delivery_messages", request.pk))


def test_who_did_what_and_what_the_file_held_is_told(project: Project, client_as: ClientAs) -> None:
    author = client_as(project)
    person = project.members.all()[0]
    request = send_file(project, numbers(2), actor=person, name="Autumn")
    page = author.get(page_of("delivery_request", request.pk)).content.decode()
    assert person.name in page
    assert "list.csv" in page
    assert "2 rows read" in page
    assert "Hello ##name##" in page


def test_a_held_request_shows_what_is_to_be_checked(project: Project, client_as: ClientAs) -> None:
    request = send_file(project, numbers(5), needs_release=True)
    page = client_as(project).get(page_of("delivery_request", request.pk)).content.decode()
    assert all(f"Hello N{n}" in page for n in (1, 2, 3))
    assert "Hello N4" not in page
    assert "Send 5 messages now" in page
    viewer = client_as(project, ProjectRole.VIEWER)
    page = viewer.get(page_of("delivery_request", request.pk)).content.decode()
    assert "Hello •••" in page
    assert "010-5***" not in page
    assert "Hello N1" not in page
    assert "Send 5 messages now" not in page


def test_a_failed_request_says_what_to_do(project: Project, client_as: ClientAs) -> None:
    request = send(project, ["01012340001"], due_at=in_a_day())
    SendRequest.objects.filter(pk=request.pk).update(state=RequestState.FAILED, failure_code="file_lost")
    page = client_as(project).get(page_of("delivery_request", request.pk)).content.decode()
    assert "The recipient file is no longer there." in page


def test_messages_are_filtered_and_a_wrong_filter_is_said(project: Project, client_as: ClientAs) -> None:
    request = deliver(send_file(project, [*numbers(3), OFF]))
    client = client_as(project)
    url = page_of("delivery_messages", request.pk)

    def recipients(**asked: str) -> list[str]:
        return [row.message.recipient for row in client.get(url, asked).context["message_list"]]

    assert recipients() == [*numbers(3), OFF]
    assert recipients(state="FAILED") == [OFF]
    assert recipients(code="2003") == [OFF]
    assert recipients(code="3001") == []
    assert recipients(recipient="010-2999-2003") == [OFF]
    for asked in ({"state": "X"}, {"code": "<b>"}, {"recipient": "abc"}):
        response = client.get(url, asked)
        assert response.context["form"].errors.keys() == asked.keys()
        assert "message_list" not in response.context
    assert client.get(url, {"after": "-1", "before": "x"}).status_code == 200


def test_pages_of_messages_keep_the_filter(
    project: Project, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = deliver(send(project, numbers(5)))
    monkeypatch.setattr(
        "messaging.sending.lookups.message_page.__kwdefaults__",
        {
            "after": 0,
            "before": None,
            "size": 2,
        },
    )
    client, url = client_as(project), page_of("delivery_messages", request.pk)
    first = client.get(url, {"state": "DELIVERED"})
    assert (first.context["previous"], first.context["next"]) == ("", "?state=DELIVERED&after=2")
    second = client.get(url + first.context["next"])
    assert [row.message.recipient for row in second.context["message_list"]] == numbers(2, 2)
    assert second.context["previous"] == "?state=DELIVERED&before=3"


def test_a_message_tells_its_whole_story(project: Project, client_as: ClientAs) -> None:
    request = deliver(send_file(project, [OFF]))
    message = first_message(request)
    account = GatewayAccount.objects.get()
    now = timezone.now()
    DeliveryReport.objects.create(
        message_id=message.pk, account=account, code="0", happened_at=now, received_at=now
    )
    response = client_as(project).get(page_of("delivery_message", message.pk))
    assert [step.title for step in response.context["steps"]] == [
        "Accepted",
        "Loaded",
        "Handed over to the carrier",
        "Failed",
        "Reported to the console",
        "Another report",
    ]
    page = response.content.decode()
    for words in (
        "Hello N1",
        "010-2999-2003",
        "Phone switched off",
        "Send it again later.",
        "May succeed later, nothing changed",
        f"{account.name}, with the id {message.pk}",
        "Nothing was changed.",
    ):
        assert words in page


def test_what_blocks_a_message_outside_the_console_is_named(project: Project, client_as: ClientAs) -> None:
    request = deliver(send(project, ["01012340001", "01029993018"]))
    arrived, blocked = Message.objects.filter(request=request).order_by("pk")
    client, hint = client_as(project), "spam filter may have put it into the spam folder"
    page = client.get(page_of("delivery_message", arrived.pk)).content.decode()
    assert hint in page
    page = client.get(page_of("delivery_message", blocked.pk)).content.decode()
    assert hint not in page
    assert "Have its owner cancel the protection at their operator" in page


def test_a_message_that_waits_says_so(project: Project, client_as: ClientAs) -> None:
    waiting = send(project, ["01012340001"], due_at=in_a_day())
    client = client_as(project)
    steps = client.get(page_of("delivery_message", first_message(waiting).pk)).context["steps"]
    assert (steps[-1].title, steps[-1].moment) == ("Not handed over yet", None)
    silent = deliver(send(project, ["01029999002"]))
    steps = client.get(page_of("delivery_message", first_message(silent).pk)).context["steps"]
    assert steps[-1].title == "Waiting for the carrier's report"


@pytest.mark.parametrize("replaces", [False, True])
def test_a_viewer_reads_no_personal_data_of_a_message(
    project: Project, client_as: ClientAs, replaces: bool
) -> None:
    message = first_message(deliver(send_file(project, ["01012340001"])))
    SendRequest.objects.update(replaces_characters=replaces)
    viewer = client_as(project, ProjectRole.VIEWER)
    page = viewer.get(page_of("delivery_message", message.pk)).content.decode()
    assert "010-****-0001" in page
    assert "010-1234-0001" not in page
    assert "Hello •••" in page
    assert "N1" not in re.findall(r"\w+", page)  # as a word: a token of the page may hold any two letters


def test_pictures_are_served_to_those_who_may_see_the_request(
    project: Project, stranger: Project, client_as: ClientAs
) -> None:
    name = default_storage.save("attachments/a.jpg", ContentFile(b"\xff\xd8\xff picture"))
    picture = Attachment.objects.create(
        project=project, name="a.jpg", storage_name=name, sha256="", size=1, width=1, height=1
    )
    request = send(project, ["01012340001"], due_at=in_a_day())
    client = client_as(project)
    url = page_of("delivery_attachment", request.pk, picture.pk)
    assert client.get(url).status_code == 404  # the project's, but not of this request
    SendRequest.objects.filter(pk=request.pk).update(attachment_ids=[picture.pk])
    response = client.get(url)
    assert (response.status_code, response["Content-Type"]) == (200, "image/jpeg")
    assert b"".join(response.streaming_content) == b"\xff\xd8\xff picture"  # type: ignore[attr-defined]
    assert client_as(stranger).get(url).status_code == 404
    default_storage.delete(name)
    assert client.get(url).status_code == 404


def test_the_event_key_leads_to_its_statistics(project: Project, client_as: ClientAs) -> None:
    key = StatisticsKeyFactory(project=project)
    request = send(project, numbers(1), statistics_key=key)
    viewer = client_as(project, ProjectRole.VIEWER)
    page = viewer.get(page_of("delivery_request", request.pk)).content.decode()
    to = f"{page_of('statistics')}?period=90&amp;statistics_key={key.pk}"
    assert f'href="{to}"' in page
    assert viewer.get(to.replace("&amp;", "&")).context["form"].cleaned_data["statistics_key"] == str(key.pk)
