"""Opt-outs in the console: looked up, entered by hand and from files, removed, downloaded, called in."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from console.accounts.models import AuditEntry, Project
from console.accounts.roles import ProjectRole
from messaging.admin.handsets import simulator_of
from messaging.admin.line_uses import upcoming_uses
from messaging.admin.opt_outs import lists
from messaging.models import OptOutImport, RecipientFile, SendRequest
from messaging.recipients import opt_out_files
from messaging.recipients.importing import check_recipient_file
from messaging.recipients.opt_out_files import enter_opt_outs, files_to_enter
from messaging.sending.opt_out_calls import collect_opt_outs
from messaging.states import RequestState
from senders.models import OptOut, OptOutLine, OptOutSource
from senders.services.opt_outs import add_opt_outs
from tests.factories import OptOutFactory, OptOutLineFactory
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.admin.delivering import deliver, send

LIST, ADD = "admin:audience_opt_outs", "admin:audience_opt_outs_add"
REMOVE, EXPORT = "admin:audience_opt_outs_remove", "admin:audience_opt_outs_export"
NOON = datetime(2026, 11, 20, 3, tzinfo=UTC)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def manager(project: Project, client_as: ClientAs) -> Client:
    return client_as(project, ProjectRole.MANAGER)


@pytest.fixture
def line(project: Project) -> OptOutLine:
    return OptOutLineFactory(opened=True, project=project, number="0801234567")  # type: ignore[no-any-return]


def text(response: Any) -> str:
    return str(response.content.decode())


def shown(response: Any) -> list[str]:
    return [row.number for row in response.context["page"].rows]


def in_force(project: Project) -> list[str]:
    rows = OptOut.objects.filter(project=project, removed_at=None)
    return list(rows.order_by("number").values_list("number", flat=True))


def seen(*rows: OptOut) -> dict[str, str]:
    """The last refusals that the page to remove these shows."""
    return {f"seen-{row.pk}": row.last_refused_at.isoformat() for row in rows}


# --- the list ------------------------------------------------------------------------------------


@pytest.fixture
def three(project: Project, stranger: Project, line: OptOutLine) -> list[OptOut]:
    """Newest first: typed, called, from a file; beside one of another project."""
    OptOutFactory(project=stranger, number="01099999999")
    fields = [
        {"number": "01011112222", "created_at": NOON},
        {"number": "01033334444", "created_at": NOON - timedelta(days=1), "source": "CALL", "line": line},
        {"number": "01055556666", "created_at": NOON - timedelta(days=2), "source": "FILE"},
    ]
    return [OptOutFactory(project=project, **each) for each in fields]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [0, 1, 2]),
        ({"since": "2026-11-19"}, [0, 1]),
        ({"until": "2026-11-19"}, [1, 2]),
        ({"since": "2026-11-19", "until": "2026-11-19"}, [1]),
        ({"source": "FILE"}, [2]),
        ({"number": "010-3333-4444"}, [1]),
        ({"number": "+82 10 3333 4444"}, [1]),
        ({"number": "4444"}, [1]),
        ({"number": "3334444"}, [1]),
        ({"number": "0000"}, []),
        ({"removed": "1"}, []),
        ({"cursor": "-x"}, [0, 1, 2]),
        ({"cursor": "+99999999999999999999.1"}, [0, 1, 2]),
    ],
)
def test_conditions_find_what_they_say(
    query: dict[str, str], found: list[int], three: list[OptOut], manager: Client
) -> None:
    assert shown(manager.get(reverse(LIST), query)) == [three[n].number for n in found]


def test_a_line_is_a_condition_and_another_projects_is_none(
    three: list[OptOut], manager: Client, line: OptOutLine
) -> None:
    assert shown(manager.get(reverse(LIST), {"line": line.pk})) == [three[1].number]
    other = OptOutLineFactory(opened=True)
    response = manager.get(reverse(LIST), {"line": other.pk})
    assert "page" not in response.context
    assert "Select a valid choice" in text(response)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"number": "123"}, "Type the last four digits at least."),
        ({"number": "+999"}, "This is no phone number."),
        ({"since": "2026-11-20", "until": "2026-11-19"}, "This day is before the first one."),
        ({"since": "yesterday"}, "Enter a valid date."),
    ],
)
def test_a_condition_that_cannot_be_is_said_and_stays(
    query: dict[str, str], sentence: str, three: list[OptOut], manager: Client
) -> None:
    response = manager.get(reverse(LIST), query)
    assert sentence in text(response)
    assert "page" not in response.context
    assert all(f'value="{typed}"' in text(response) for typed in query.values())


def test_a_viewer_sees_masked_numbers_and_searches_whole_ones_only(
    three: list[OptOut], project: Project, client_as: ClientAs
) -> None:
    viewer = client_as(project, ProjectRole.VIEWER)
    words = text(viewer.get(reverse(LIST)))
    assert "010-****-2222" in words
    assert "010-1111-2222" not in words
    assert reverse(EXPORT) not in words
    assert "Remove the chosen ones" not in words
    assert "This is no phone number." in text(viewer.get(reverse(LIST), {"number": "11112222"}))
    assert shown(viewer.get(reverse(LIST), {"number": "01011112222"})) == ["01011112222"]


def test_pages_by_key_lead_through_rows_of_one_moment(project: Project, manager: Client) -> None:
    numbers = [f"010{n:08d}" for n in range(120)]
    for number in numbers:
        OptOutFactory(project=project, number=number, created_at=NOON)
    found: list[str] = []
    query: str = reverse(LIST)
    while query:
        response = manager.get(query)
        found += shown(response)
        older = response.context["page"].links(response.wsgi_request.GET)["older"]
        query = f"{reverse(LIST)}{older}" if older else ""
    assert found == numbers[::-1]
    newer = response.context["page"].links(response.wsgi_request.GET)["newer"]
    assert shown(manager.get(reverse(LIST) + newer)) == numbers[::-1][50:100]
    assert "120 numbers" in text(response)


def test_many_are_counted_up_to_a_number(
    three: list[OptOut], manager: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "MOST_COUNTED", 2)
    assert "More than 2" in text(manager.get(reverse(LIST)))


def test_the_list_asks_a_steady_number_of_questions(
    project: Project, manager: Client, line: OptOutLine, django_assert_max_num_queries: Any
) -> None:
    for _ in range(60):
        OptOutFactory(project=project, line=line)
    manager.get(reverse(LIST))
    with django_assert_max_num_queries(10):
        manager.get(reverse(LIST))


def test_the_empty_list_says_what_belongs_there(
    project: Project, manager: Client, client_as: ClientAs
) -> None:
    assert "Nobody does yet." in text(manager.get(reverse(LIST)))
    viewer = client_as(project, ProjectRole.VIEWER)
    assert reverse(ADD) not in text(viewer.get(reverse(LIST)))


# --- by hand -------------------------------------------------------------------------------------


def test_typed_numbers_are_entered_as_messages_know_them(
    project: Project, manager: Client, line: OptOutLine
) -> None:
    OptOutFactory(project=project, number="01011112222")
    typed = "010-1111-2222, +82 10 3333 4444\n+1 415 555 2671\n1055556666"
    response = manager.post(reverse(ADD), {"numbers": typed, "line": line.pk}, follow=True)
    assert "3 numbers are entered. 1 was there already." in text(response)
    assert in_force(project) == ["01011112222", "01033334444", "01055556666", "4155552671"]
    new = OptOut.objects.filter(line=line)
    assert set(new.values_list("source", flat=True)) == {OptOutSource.HAND}
    assert new.count() == 3
    assert {row.created_by for row in new} == {response.wsgi_request.user}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("010-1111-2222\n0101", "Entry 2: 0101"),
        ("", "Type at least one number."),
        (" , ;", "Type at least one number."),
        ("\n".join(f"010{n:08d}" for n in range(1001)), "At most 1,000 numbers can be entered here."),
    ],
)
def test_nothing_is_entered_while_an_entry_is_wrong_and_nothing_is_lost(
    typed: str, sentence: str, project: Project, manager: Client
) -> None:
    response = manager.post(reverse(ADD), {"numbers": typed})
    assert response.status_code == 422
    assert sentence in text(response)
    assert response.context["form"]["numbers"].value() == typed
    assert in_force(project) == []


def test_another_projects_line_cannot_be_named(project: Project, manager: Client) -> None:
    other = OptOutLineFactory(opened=True)
    response = manager.post(reverse(ADD), {"numbers": "01011112222", "line": other.pk})
    assert response.status_code == 422
    assert in_force(project) == []


# --- by file -------------------------------------------------------------------------------------


@pytest.fixture
def uploaded(project: Project, manager: Client) -> Callable[..., str]:
    """Upload a CSV file and have it checked; the address of its page."""

    def done(*lines: str, name: str = "list.csv", line: Any = "") -> str:
        content = "\n".join(("recipient_no", *lines)).encode()
        file = SimpleUploadedFile(name, content, "text/csv")
        response = manager.post(reverse(ADD), {"action": "file", "file": file, "line": line})
        assert response.status_code == 302, text(response)
        check_recipient_file(RecipientFile.objects.latest("created_at").pk)
        return str(response["Location"])

    return done


def test_a_file_is_counted_before_it_is_entered(
    project: Project, manager: Client, uploaded: Callable[..., str], line: OptOutLine
) -> None:
    OptOutFactory(project=project, number="01011112222")
    rows = ("010-1111-2222", "82 10 3333 4444", "01033334444", "0101", "+1 415 555 2671", "")
    address = uploaded(*rows, line=line.pk)
    words = text(manager.get(address))
    assert "3 numbers will get no advertising" in words
    assert "1 row is left out" in words
    assert "The number is too short." in words
    assert in_force(project) == ["01011112222"]
    done = manager.post(address, {"line": line.pk}, follow=True)
    assert "2 numbers are entered. 1 was there already." in text(done)
    assert in_force(project) == ["01011112222", "01033334444", "4155552671"]
    new = OptOut.objects.filter(source=OptOutSource.FILE)
    assert {(row.line, row.created_by) for row in new} == {(line, done.wsgi_request.user)}
    again = manager.post(address, {"line": line.pk}, follow=True)
    assert "2 numbers are entered. 1 was there already." in text(again)
    assert OptOut.objects.filter(project=project).count() == 3


def test_a_file_that_is_read_refreshes_its_panel_and_a_refused_one_says_why(
    project: Project, manager: Client, uploaded: Callable[..., str]
) -> None:
    address = uploaded("01011112222")
    RecipientFile.objects.update(state="CHECKING", result=None, rows_read=0)
    panel = manager.get(address, headers={"HX-Request": "true"})
    assert "The file is being read." in text(panel)
    assert "<html" not in text(panel)
    assert manager.post(address).status_code == 302
    assert in_force(project) == []
    RecipientFile.objects.update(state="REFUSED", problem_code="no_data")
    words = text(manager.get(address))
    assert "Choose another file" in words
    assert "Enter 1 number" not in words


def test_a_large_file_is_entered_while_the_page_tells_how_far_it_is(
    project: Project, manager: Client, uploaded: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opt_out_files, "AT_ONCE", 1)
    monkeypatch.setattr(opt_out_files, "ROWS_PER_STEP", 2)
    address = uploaded("01011112222", "01033334444", "01055556666")
    words = text(manager.post(address, follow=True))
    assert "0 of 3 numbers entered so far." in words
    wish = OptOutImport.objects.get()
    assert files_to_enter() == [wish.pk]
    enter_opt_outs(wish.pk)
    assert "3 numbers are entered." in text(manager.get(address))
    assert len(in_force(project)) == 3


def test_a_file_is_entered_by_its_own_project_only(
    stranger: Project, client_as: ClientAs, uploaded: Callable[..., str]
) -> None:
    address = uploaded("01011112222")
    other = client_as(stranger, ProjectRole.MANAGER)
    assert other.get(address).status_code == 404
    assert other.post(address).status_code == 404
    assert not OptOut.objects.exists()


def test_a_file_whose_rows_were_deleted_is_not_entered(
    project: Project, manager: Client, uploaded: Callable[..., str]
) -> None:
    address = uploaded("01011112222")
    RecipientFile.objects.update(staging_name="")
    assert "cannot be entered as it is" in text(manager.post(address, follow=True))
    assert in_force(project) == []


def test_no_file_is_said(manager: Client) -> None:
    response = manager.post(reverse(ADD), {"action": "file"})
    assert response.status_code == 422
    assert "Choose a file first." in text(response)


# --- removing ------------------------------------------------------------------------------------


def test_a_removal_asks_for_a_reason_and_stays_on_record(
    three: list[OptOut], project: Project, manager: Client
) -> None:
    chosen = {"opt_out": [three[0].pk, three[1].pk]}
    words = text(manager.post(reverse(REMOVE), chosen))
    assert "2 numbers will get the advertising" in words
    assert "last refused" not in words
    chosen |= seen(*three)
    refused = manager.post(reverse(REMOVE), {**chosen, "action": "remove", "reason": " "})
    assert refused.status_code == 422
    assert len(in_force(project)) == 3
    done = manager.post(
        reverse(REMOVE), {**chosen, "action": "remove", "reason": "Agreed again"}, follow=True
    )
    assert "2 numbers are removed." in text(done)
    assert in_force(project) == ["01055556666"]
    removed = manager.get(reverse(LIST), {"removed": "1"})
    assert set(shown(removed)) == {"01011112222", "01033334444"}
    assert "Agreed again" in text(removed)
    assert str(done.wsgi_request.user) in text(removed)


def test_only_managers_remove_and_only_what_is_theirs(
    three: list[OptOut], project: Project, stranger: Project, client_as: ClientAs
) -> None:
    data = {"opt_out": [row.pk for row in three], **seen(*three), "action": "remove", "reason": "Agreed"}
    assert client_as(project, ProjectRole.SENDER).post(reverse(REMOVE), data).status_code == 403
    other = client_as(stranger, ProjectRole.MANAGER)
    assert "Choose the numbers first" in text(other.post(reverse(REMOVE), data, follow=True))
    assert len(in_force(project)) == 3


def test_who_refused_again_after_the_page_was_opened_stays(
    three: list[OptOut], project: Project, manager: Client
) -> None:
    first, _second, third = three
    data: dict[str, Any] = {"opt_out": [row.pk for row in three]}
    page = manager.post(reverse(REMOVE), data)
    shown_then = seen(*page.context["rows"])
    assert all(f'name="{name}" value="{at}"' in text(page) for name, at in shown_then.items())
    again = NOON + timedelta(minutes=7)
    add_opt_outs(project=project, numbers=[(82, first.number)], source=OptOutSource.HAND, at=again)
    removal = {**data, **shown_then, f"seen-{third.pk}": "yesterday", "action": "remove", "reason": "Agreed"}
    done = text(manager.post(reverse(REMOVE), removal, follow=True))
    assert "1 number is removed." in done
    assert "2 numbers stay: they refused again after the page was opened." in done
    assert in_force(project) == [first.number, third.number]
    page = manager.post(reverse(REMOVE), data)
    assert "last refused 2026-11-20 12:07" in text(page)
    removal |= seen(*page.context["rows"])
    assert "2 numbers are removed." in text(manager.post(reverse(REMOVE), removal, follow=True))
    assert in_force(project) == []


@pytest.mark.parametrize("at", ["", "2026-13-01", "2026-11-20", "2026-11-20T03:00:00", "x"])
def test_a_moment_that_is_none_removes_nothing(
    at: str, three: list[OptOut], project: Project, manager: Client
) -> None:
    data = {"opt_out": three[0].pk, f"seen-{three[0].pk}": at, "action": "remove", "reason": "Agreed"}
    done = text(manager.post(reverse(REMOVE), data, follow=True))
    assert "1 number stays: it refused again after the page was opened." in done
    assert "is removed." not in done
    assert len(in_force(project)) == 3


@pytest.mark.parametrize("chosen", [[], ["x"], ["9" * 30], ["987654"]])
def test_nothing_chosen_is_said(chosen: list[str], three: list[OptOut], manager: Client) -> None:
    response = manager.post(reverse(REMOVE), {"opt_out": chosen}, follow=True)
    assert "Choose the numbers first" in text(response)


# --- downloading ---------------------------------------------------------------------------------


def test_a_download_holds_what_the_list_shows_and_is_noted(
    three: list[OptOut], project: Project, manager: Client
) -> None:
    query = "?since=2026-11-19"
    assert "2 numbers will be downloaded." in text(manager.get(reverse(EXPORT) + query))
    assert not AuditEntry.objects.filter(action=AuditEntry.Action.DOWNLOAD).exists()
    response = manager.post(reverse(EXPORT) + query, {"format": "csv"})
    rows = list(csv.reader(io.StringIO(b"".join(response).decode("utf-8-sig"))))
    assert rows[0][:5] == ["Country", "Number", "Refused", "Source", "080 line"]
    assert [row[:5] for row in rows[1:]] == [
        ["82", "01011112222", "2026-11-20 12:00:00", "By hand", ""],
        ["82", "01033334444", "2026-11-19 12:00:00", "080 call", "0801234567"],
    ]
    noted = AuditEntry.objects.get(action=AuditEntry.Action.DOWNLOAD)
    assert (noted.said(), noted.project) == ("2 rows downloaded as CSV", project)
    book = manager.post(reverse(EXPORT) + query, {"format": "xlsx"})
    assert (book["Content-Type"], b"".join(book)[:2]) == (XLSX, b"PK")


def test_removed_ones_are_downloaded_with_who_and_why(project: Project, manager: Client) -> None:
    OptOutFactory(project=project, removed_at=timezone.now(), removal_reason="=Agreed")
    response = manager.post(f"{reverse(EXPORT)}?removed=1", {"format": "csv"})
    rows = list(csv.reader(io.StringIO(b"".join(response).decode("utf-8-sig"))))
    assert rows[1][-1] == "'=Agreed"


def test_a_viewer_downloads_nothing(project: Project, client_as: ClientAs) -> None:
    viewer = client_as(project, ProjectRole.VIEWER)
    assert viewer.get(reverse(EXPORT)).status_code == 403
    assert viewer.post(reverse(EXPORT)).status_code == 403


# --- a simulated phone calls ---------------------------------------------------------------------


@pytest.fixture
def received(project: Project, line: OptOutLine) -> None:
    deliver(send(project, ["01012340001"], body="Sale! 무료수신거부 080-123-4567, 080 999 8888"))


def test_a_phone_that_was_told_an_open_line_calls_it(
    received: None, project: Project, line: OptOutLine, client_as: ClientAs
) -> None:
    sender = client_as(project)
    page = sender.get(reverse("admin:handsets"))
    assert [(phone.caller, list(phone.lines)) for phone in page.context["phones"]] == [
        ("01012340001", ["0801234567"])
    ]
    assert "Call 080-123-4567 to refuse" in text(page)
    assert "080-999-8888 to refuse" not in text(page)
    called = {"caller": "01012340001", "line": "0801234567"}
    done = sender.post(reverse("admin:handsets_call"), called, follow=True)
    assert "010-1234-0001 called 080-123-4567." in text(done)
    collect_opt_outs()
    row = OptOut.objects.get()
    assert (row.number, row.line, row.source) == ("01012340001", line, OptOutSource.CALL)


@pytest.mark.parametrize("called", [{}, {"caller": "01012340001"}, {"caller": "x", "line": "0801234567"}])
def test_a_call_that_cannot_be_is_refused(
    called: dict[str, str], received: None, project: Project, client_as: ClientAs
) -> None:
    assert client_as(project).post(reverse("admin:handsets_call"), called).status_code == 400


def test_nobody_calls_the_line_of_another_project(
    received: None, project: Project, client_as: ClientAs
) -> None:
    other = OptOutLineFactory(opened=True)
    called = {"caller": "01012340001", "line": other.number}
    assert client_as(project).post(reverse("admin:handsets_call"), called).status_code == 400
    simulator = simulator_of(project)
    assert simulator is not None
    assert simulator.fetch_calls().calls == []


# --- what a canceled line would make fail --------------------------------------------------------


def test_upcoming_sends_that_name_a_line_are_told(
    project: Project, stranger: Project, line: OptOutLine
) -> None:
    def named(state: RequestState, due: timedelta, of: Project = project) -> SendRequest:
        request = send(of, ["01012340001"], name=str(state))
        fields = {"state": state, "opt_out_line": line, "due_at": NOON + due}
        SendRequest.objects.filter(pk=request.pk).update(**fields)
        return request

    later = named(RequestState.SCHEDULED, timedelta(hours=2))
    held = named(RequestState.HELD, timedelta(hours=1))
    named(RequestState.COMPLETED, timedelta(0))
    named(RequestState.CANCELED, timedelta(0))
    send(project, ["01012340001"])
    uses = upcoming_uses(line)
    assert [(use.title, use.due_at, use.messages) for use in uses] == [
        ("HELD", None, 1),
        ("SCHEDULED", NOON + timedelta(hours=2), 1),
    ]
    assert [use.url for use in uses] == [
        reverse("admin:delivery_request", args=[request.pk]) for request in (held, later)
    ]
