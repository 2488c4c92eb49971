"""The lists: what is refused and kept, what is shown, and how many questions the database is asked."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from console.accounts.models import Project
from console.accounts.roles import ProjectRole
from messaging.states import MessageState, Purpose
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.admin.delivering import OFF, deliver, half_hours, in_a_day, send, send_file
from tests.messaging.sending.files import numbers

REQUESTS = "admin:deliveries_requests"
SCHEDULED = "admin:deliveries_scheduled"
MASS = "admin:deliveries_mass"
NumQueries = Callable[..., Any]


def day(days: int) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def shown(response: Any) -> list[Any]:
    return [row.request.pk for row in response.context.get("rows", [])]


def test_the_last_seven_days_are_shown_unless_asked_otherwise(project: Project, client_as: ClientAs) -> None:
    request = send(project, ["01012340001"])
    response = client_as(project).get(reverse(REQUESTS))
    assert shown(response) == [request.pk]
    form = response.context["form"]
    assert (form["since"].value(), form["until"].value()) == (day(-6), day(0))


def test_without_an_id_and_without_dates_it_is_refused(project: Project, client_as: ClientAs) -> None:
    send(project, ["01012340001"])
    asked = {"since": "", "until": "", "sender": "02-123-4567"}
    response = client_as(project).get(reverse(REQUESTS), asked)
    assert response.context["form"].non_field_errors() == [
        "Give a request ID, or the first and the last day to look at."
    ]
    assert "rows" not in response.context
    assert 'value="02-123-4567"' in response.content.decode()


@pytest.mark.parametrize(
    ("since", "until", "field", "sentence"),
    [
        (-31, 0, "until", "Look at one month at most: 31 days. Choose a shorter range."),
        (0, -1, "until", "This day is before the first one."),
        (None, 0, "since", "Give both days."),
        (0, None, "until", "Give both days."),
    ],
)
def test_a_range_that_cannot_be_is_refused_and_kept(
    project: Project,
    client_as: ClientAs,
    since: int | None,
    until: int | None,
    field: str,
    sentence: str,
) -> None:
    asked = {"since": "" if since is None else day(since), "until": "" if until is None else day(until)}
    form = client_as(project).get(reverse(REQUESTS), asked).context["form"]
    assert form.errors == {field: [sentence]}
    assert {"since": form["since"].value(), "until": form["until"].value()} == asked


def test_a_whole_month_of_31_days_is_allowed(project: Project, client_as: ClientAs) -> None:
    response = client_as(project).get(reverse(REQUESTS), {"since": day(-30), "until": day(0)})
    assert response.context["form"].errors == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("since", "0001-01-01"),
        ("until", "9999-12-31"),
        ("since", "yesterday"),
        ("request_id", "'; DROP TABLE"),
        ("recipient", "١٢٣"),
        ("state", "NOT_ONE"),
    ],
)
def test_nonsense_is_said_at_its_field(project: Project, client_as: ClientAs, name: str, value: str) -> None:
    response = client_as(project).get(reverse(REQUESTS), {name: value})
    assert response.status_code == 200
    assert name in response.context["form"].errors
    assert "rows" not in response.context


@pytest.mark.parametrize("cursor", ["-nonsense", "+1", "x", "-00000000-0000-0000-0000-000000000000"])
def test_a_strange_cursor_shows_a_page(project: Project, client_as: ClientAs, cursor: str) -> None:
    send(project, ["01012340001"])
    assert client_as(project).get(reverse(REQUESTS), {"cursor": cursor}).status_code == 200


def test_an_id_is_found_whatever_the_dates_say(project: Project, client_as: ClientAs) -> None:
    request = send(project, ["01012340001"])
    asked = {"request_id": f" {request.pk} ", "since": "", "until": ""}
    assert shown(client_as(project).get(reverse(REQUESTS), asked)) == [request.pk]


def test_nothing_of_another_project_is_listed(
    project: Project, stranger: Project, client_as: ClientAs
) -> None:
    send_file(stranger, numbers(4), split=half_hours(2), due_at=in_a_day())
    request = send(stranger, ["01012340001"])
    client = client_as(project)
    for name in (REQUESTS, SCHEDULED, MASS):
        assert client.get(reverse(name)).context["rows"] == []
    asked = {"recipient": "01012340001"}
    assert client.get(reverse(REQUESTS), asked).context["message_list"] == []
    assert shown(client.get(reverse(REQUESTS), {"request_id": str(request.pk)})) == []


def test_a_number_lists_messages_newest_first(project: Project, client_as: ClientAs) -> None:
    old = deliver(send(project, ["01012340001", "01012340002"]))
    new = send(project, ["01012340001"], due_at=in_a_day())
    client = client_as(project)
    response = client.get(reverse(REQUESTS), {"recipient": "+82 10-1234-0001"})
    rows = response.context["message_list"]
    assert [(row.message.request_id, row.state) for row in rows] == [
        (new.pk, MessageState.READY),
        (old.pk, MessageState.DELIVERED),
    ]
    asked = {"recipient": "010 1234 0001", "result": "DELIVERED"}
    assert len(client.get(reverse(REQUESTS), asked).context["message_list"]) == 1


def test_a_viewer_sees_numbers_and_values_masked(project: Project, client_as: ClientAs) -> None:
    send_file(project, ["01012340001"])
    send(project, ["01012340002"], purpose=Purpose.AUTHENTICATION, body="Code 123456")
    viewer = client_as(project, ProjectRole.VIEWER)
    page = viewer.get(reverse(REQUESTS), {"recipient": "01012340001"}).content.decode()
    assert "010-****-0001" in page
    assert "010-1234-0001" not in page
    assert "Hello •••" in page
    assert "Hello N1" not in page
    assert "Code ••••••" in viewer.get(reverse(REQUESTS)).content.decode()
    sender = client_as(project)
    page = sender.get(reverse(REQUESTS), {"recipient": "01012340001"}).content.decode()
    assert "010-1234-0001" in page
    assert "Hello N1" in page


def test_text_is_never_html(project: Project, client_as: ClientAs) -> None:
    send(project, ["01012340001"], body="<script>alert(1)</script>", name="<b>bold</b>")
    page = client_as(project).get(reverse(REQUESTS)).content.decode()
    assert "<b>bold" not in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page


def test_a_page_asks_the_same_few_questions_however_long_it_is(
    project: Project, client_as: ClientAs, django_assert_num_queries: NumQueries
) -> None:
    client = client_as(project)
    for n in range(3):
        deliver(send(project, [f"0101234000{n}"]))
    client.get(reverse(REQUESTS))
    # Session, person, memberships; the rows, their counts.
    with django_assert_num_queries(5):
        client.get(reverse(REQUESTS))
    for n in range(3, 8):
        send_file(project, numbers(2, n))
    with django_assert_num_queries(5):
        client.get(reverse(REQUESTS), {"result": "DELIVERED"})
    with django_assert_num_queries(5):
        client.get(reverse(MASS))
    client.get(reverse(REQUESTS), {"recipient": "01012340001"})  # the search is noted, once an hour
    with django_assert_num_queries(4):
        client.get(reverse(REQUESTS), {"recipient": "01012340001"})


def test_pages_go_on_with_every_filter_kept(
    project: Project, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.paging.paginate.__kwdefaults__", {"cursor": "", "size": 2})
    made = [send(project, [f"0101234000{n}"]).pk for n in range(5)]
    client = client_as(project)
    first = client.get(reverse(REQUESTS), {"message_type": "SMS"})
    assert shown(first) == [made[4], made[3]]
    links = first.context["page"].links(first.wsgi_request.GET)
    assert "message_type=SMS" in links["older"]
    assert links["newer"] == ""
    second = client.get(reverse(REQUESTS) + links["older"])
    assert shown(second) == [made[2], made[1]]


def test_an_empty_project_is_told_what_belongs_here(project: Project, client_as: ClientAs) -> None:
    page = client_as(project).get(reverse(REQUESTS)).content.decode()
    assert "Nothing was sent yet." in page
    assert reverse("admin:send_general") in page
    send(project, ["01012340001"])
    page = client_as(project).get(reverse(REQUESTS), {"state": "FAILED"}).content.decode()
    assert "Nothing fits these conditions." in page


def test_scheduled_shows_when_the_next_part_is_due(project: Project, client_as: ClientAs) -> None:
    send(project, ["01012340001"])
    later = send_file(project, numbers(4), split=half_hours(2), due_at=in_a_day())
    [row] = client_as(project).get(reverse(SCHEDULED)).context["rows"]
    assert (row.request.pk, row.part_count, row.parts_waiting) == (later.pk, 2, 2)
    assert row.next_due_at == later.due_at


def test_scheduled_may_be_narrowed_by_due_date(project: Project, client_as: ClientAs) -> None:
    later = send(project, ["01012340001"], due_at=in_a_day())
    client = client_as(project)
    assert shown(client.get(reverse(SCHEDULED), {"since": day(0), "until": day(2)})) == [later.pk]
    assert shown(client.get(reverse(SCHEDULED), {"since": day(2), "until": day(3)})) == []
    form = client.get(reverse(SCHEDULED), {"since": day(0), "until": day(31)}).context["form"]
    assert list(form.errors) == ["until"]


@pytest.mark.parametrize("name", [SCHEDULED, MASS])
def test_scheduled_and_mass_are_found_by_a_number_in_them(
    project: Project, stranger: Project, client_as: ClientAs, name: str
) -> None:
    first = send_file(project, ["01012340001", "01012340002"], due_at=in_a_day())
    second = send_file(project, ["01012340002", "01012340003"], due_at=in_a_day())
    send_file(stranger, ["01012340002"], due_at=in_a_day())
    client = client_as(project)

    def found(number: str) -> list[Any]:
        return shown(client.get(reverse(name), {"recipient": number}))

    assert found("010-1234-0001") == [first.pk]
    assert found("+82 10 1234 0002") == [second.pk, first.pk]
    assert found("01012340004") == []


def test_mass_shows_the_guides_status_progress_and_failures(project: Project, client_as: ClientAs) -> None:
    send(project, ["01012340001"])
    request = deliver(send_file(project, [*numbers(3), OFF]))
    held = send_file(project, numbers(2), needs_release=True)
    response = client_as(project).get(reverse(MASS))
    rows = {row.request.pk: row for row in response.context["rows"]}
    assert rows.keys() == {request.pk, held.pk}
    done = rows[request.pk]
    assert (done.status.label, done.percent, done.progress.failed) == ("Delivery Completed", 100, 1)
    page = response.content.decode()
    assert f"{reverse('admin:delivery_messages', args=[request.pk])}?state=FAILED" in page
    assert reverse("admin:delivery_release", args=[held.pk]) in page
    assert reverse("admin:delivery_release", args=[request.pk]) not in page
    assert shown(client_as(project).get(reverse(MASS), {"status": "READY"})) == [held.pk]


def test_a_viewer_is_offered_nothing_that_changes(project: Project, client_as: ClientAs) -> None:
    held = send_file(project, numbers(2), needs_release=True)
    later = send(project, ["01012340001"], due_at=in_a_day())
    viewer = client_as(project, ProjectRole.VIEWER)
    assert reverse("admin:delivery_release", args=[held.pk]) not in viewer.get(reverse(MASS)).content.decode()
    page = viewer.get(reverse(SCHEDULED)).content.decode()
    assert str(later.pk) in page
    assert 'name="request"' not in page
