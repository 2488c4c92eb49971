"""Downloads: what they say first, what they hold, that they are noted, and that no cell is a formula."""

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import openpyxl
import pytest
from django.urls import reverse

from console.accounts.models import AuditEntry, Project
from console.accounts.roles import ProjectRole
from messaging.admin.deliveries.spreadsheets import csv_file, xlsx_file
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.admin.delivering import OFF, deliver, in_a_day, send, send_file
from tests.messaging.sending.files import numbers

Row = list[Any]


def sheets_of(content: bytes) -> list[list[Row]]:
    workbook = openpyxl.load_workbook(io.BytesIO(content))
    return [[list(row) for row in sheet.iter_rows(values_only=True)] for sheet in workbook]


def rows_of(content: bytes) -> list[Row]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def taken(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def export_of(request: Any) -> str:
    return reverse("admin:delivery_export", args=[request.pk])


LISTS = "admin:deliveries_export"
SCHEDULED = "admin:deliveries_scheduled"


def test_a_page_comes_first_and_says_how_many(project: Project, client_as: ClientAs) -> None:
    request = deliver(send_file(project, [*numbers(3), OFF]))
    client = client_as(project)
    response = client.get(export_of(request))
    assert response.context["sentence"].startswith("4 rows with phone numbers and texts will be downloaded.")
    assert client.get(export_of(request), {"state": "FAILED"}).context["sentence"].startswith("1 row with")
    assert client.get(export_of(request), {"code": "2003"}).context["sentence"].startswith("1 row with")
    assert client.get(export_of(request), {"recipient": OFF}).context["sentence"].startswith("1 row with")
    assert not AuditEntry.objects.filter(action=AuditEntry.Action.DOWNLOAD).exists()


def test_a_count_of_much_stops(
    project: Project, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging.admin.deliveries.exports.MOST_COUNTED", 2)
    for n in range(3):
        send(project, [f"0101234000{n}"])
    response = client_as(project).get(reverse(LISTS))
    assert response.context["sentence"].startswith("More than 2 rows")


def test_nothing_to_download_has_no_button(project: Project, client_as: ClientAs) -> None:
    response = client_as(project).get(reverse(LISTS), {"state": "FAILED"})
    assert response.context["is_empty"] is True
    assert 'value="csv"' not in response.content.decode()


def test_the_messages_of_a_request_as_csv(project: Project, client_as: ClientAs) -> None:
    request = deliver(send_file(project, [*numbers(2), OFF]))
    response = client_as(project).post(export_of(request), {"format": "csv"})
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"].startswith('attachment; filename="messages-')
    header, *rows = rows_of(taken(response))
    assert header[:6] == ["Message ID", "Row", "Country", "Recipient number", "State", "Code"]
    shown = [[row[1], row[3], row[4], row[5], row[6], row[13]] for row in rows]
    assert shown == [
        ["2", numbers(1)[0], "Delivered", "0", "Delivered", "Hello N1"],
        ["3", numbers(2)[1], "Delivered", "0", "Delivered", "Hello N2"],
        ["4", OFF, "Failed", "2003", "Phone switched off", "Hello N3"],
    ]


def test_the_filter_of_the_page_holds_for_the_file(project: Project, client_as: ClientAs) -> None:
    request = deliver(send_file(project, [*numbers(2), OFF]))
    response = client_as(project).post(export_of(request) + "?state=FAILED&after=1", {"format": "xlsx"})
    [[_header, *rows]] = sheets_of(taken(response))
    assert [row[3] for row in rows] == [OFF]


def test_requests_as_they_were_searched(project: Project, stranger: Project, client_as: ClientAs) -> None:
    send(stranger, ["01012340001"])
    plain = deliver(send(project, ["01012340001", OFF], name="=1+1"))
    mass = send_file(project, numbers(2), needs_release=True)
    client = client_as(project)
    [[header, *rows]] = sheets_of(taken(client.post(reverse(LISTS), {"format": "xlsx"})))
    assert header[:3] == ["Request ID", "Name", "Delivery type"]
    assert [row[0] for row in rows] == [str(mass.pk), str(plain.pk)]
    assert rows[1][1] == "=1+1"
    assert rows[1][6:13] == ["Delivery Completed", 2, 1, 0, 1, 0, 0]
    [[_header, *rows]] = sheets_of(taken(client.post(reverse(LISTS) + "?list=mass&status=READY")))
    assert [(row[0], row[6]) for row in rows] == [(str(mass.pk), "Ready")]
    response = client.post(reverse(LISTS) + "?recipient=01012340001", {"format": "csv"})
    assert [row[3] for row in rows_of(taken(response))[1:]] == ["01012340001"]


def test_scheduled_and_mass_lists_as_they_were_searched(project: Project, client_as: ClientAs) -> None:
    now = send_file(project, ["01012340001"])
    later = send_file(project, ["01012340001", "01012340002"], due_at=in_a_day())
    general = send(project, ["01012340002"], due_at=in_a_day())
    client = client_as(project)

    def ids(conditions: str) -> list[str]:
        [[_header, *rows]] = sheets_of(taken(client.post(reverse(LISTS) + conditions)))
        return [row[0] for row in rows]

    assert ids("?list=scheduled") == [str(general.pk), str(later.pk)]
    assert ids("?list=scheduled&recipient=01012340001") == [str(later.pk)]
    assert ids("?list=mass&recipient=01012340001") == [str(later.pk), str(now.pk)]
    assert f"{reverse(LISTS)}?&amp;list=scheduled" in client.get(reverse(SCHEDULED)).content.decode()
    back = client.get(reverse(LISTS), {"list": "scheduled", "kind": "MASS"}).context["back"]
    assert back == f"{reverse(SCHEDULED)}?kind=MASS"


def test_every_download_is_noted_and_only_downloads(project: Project, client_as: ClientAs) -> None:
    request = deliver(send(project, numbers(3)))
    client = client_as(project)
    person = project.members.get()
    client.get(export_of(request))
    client.post(export_of(request), {"format": "csv"})
    client.post(reverse(LISTS))
    noted = AuditEntry.objects.filter(action=AuditEntry.Action.DOWNLOAD).order_by("pk")
    assert [(entry.actor, entry.object_pk, entry.said(), entry.project) for entry in noted] == [
        (person, str(request.pk), "3 rows downloaded as CSV", project),
        (person, str(project.pk), "1 row downloaded as XLSX", project),
    ]


def test_a_viewer_takes_nothing(project: Project, client_as: ClientAs) -> None:
    request = deliver(send(project, numbers(3)))
    viewer = client_as(project, ProjectRole.VIEWER)
    for url in (export_of(request), reverse(LISTS)):
        assert viewer.get(url).status_code == 403
        assert viewer.post(url).status_code == 403
    page = viewer.get(reverse("admin:deliveries_requests")).content.decode()
    assert reverse(LISTS) not in page
    assert not AuditEntry.objects.filter(action=AuditEntry.Action.DOWNLOAD).exists()


def test_conditions_that_no_list_has_lead_back_to_it(project: Project, client_as: ClientAs) -> None:
    client = client_as(project)
    asked = "?since=2026-01-01&until=2026-12-31"
    for response in (client.get(reverse(LISTS) + asked), client.post(reverse(LISTS) + asked)):
        assert response.status_code == 302
        assert response.headers["Location"] == reverse("admin:deliveries_requests") + asked


def test_rows_are_read_in_batches_and_none_is_lost(
    project: Project,
    client_as: ClientAs,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    request = deliver(send(project, numbers(7)))
    batched = "messaging.admin.deliveries.export_rows"
    for name in ("oldest_first", "newest_first"):
        monkeypatch.setattr(f"{batched}.{name}.__defaults__", (3,))
    client = client_as(project)
    response = client.post(export_of(request), {"format": "csv"})
    with django_assert_max_num_queries(4):
        rows = rows_of(taken(response))[1:]
    assert [row[3] for row in rows] == numbers(7)
    for n in range(4):
        send(project, [f"0101234000{n}"])
    found = rows_of(taken(client.post(reverse(LISTS), {"format": "csv"})))[1:]
    assert len({row[0] for row in found}) == len(found) == 5


def test_the_file_begins_before_its_rows_are_read() -> None:
    asked: list[int] = []

    def rows() -> Iterator[Row]:
        for number in range(2000):
            asked.append(number)
            yield [number]

    content = xlsx_file(["n"], rows(), title="x")
    assert next(content).startswith(b"PK")
    assert len(asked) < 1000
    first = next(csv_file(["n"], iter([])))
    assert first == b"\xef\xbb\xbfn\r\n"


NASTY = [
    "=1+1",
    "+SUM(A1)",
    "-2+3",
    "@cmd",
    "\t=1",
    "＝1",
    '=HYPERLINK("http://x")',
    "a<b>&\"'",
    "_x0041_",
    "안녕 😀",
]


def test_no_cell_is_a_formula_and_every_text_is_kept() -> None:
    content = b"".join(xlsx_file(["text"], [[text] for text in NASTY], title="Texts"))
    workbook = openpyxl.load_workbook(io.BytesIO(content))
    cells = [cell for [cell] in list(workbook.worksheets[0].iter_rows())[1:]]
    assert all(cell.data_type == "s" or cell.data_type == "inlineStr" for cell in cells)
    assert [cell.quotePrefix for cell in cells] == [True] * 7 + [False] * 3
    assert [cell.value for cell in cells if cell.value != "_x005F_x0041_"] == [
        text for text in NASTY if text != "_x0041_"
    ]
    lines = rows_of(b"".join(csv_file(["text"], [[text] for text in NASTY])))[1:]
    assert [line[0] for line in lines] == [f"'{text}" for text in NASTY[:7]] + NASTY[7:]


def test_what_xml_cannot_hold_is_left_out_and_numbers_stay_numbers() -> None:
    content = b"".join(xlsx_file(["a", "b", "c", "d"], [["x\x00\x0by", 12, None, "line\nline"]], title="x"))
    [[_header, row]] = sheets_of(content)
    assert row == ["x  y", 12, None, "line\nline"]


def test_rows_past_a_full_sheet_go_on_in_the_next() -> None:
    rows = [[n] for n in range(5)]
    content = b"".join(xlsx_file(["n"], rows, title="N", rows_of_sheet=2))
    assert sheets_of(content) == [[["n"], [0], [1]], [["n"], [2], [3]], [["n"], [4]]]
    assert openpyxl.load_workbook(io.BytesIO(content)).sheetnames == ["N 1", "N 2", "N 3"]
    exactly = b"".join(xlsx_file(["n"], rows[:4], title="N", rows_of_sheet=2))
    assert len(sheets_of(exactly)) == 2
    assert sheets_of(b"".join(xlsx_file(["n"], [], title="N"))) == [[["n"]]]


def test_the_archive_is_sound() -> None:
    content = b"".join(xlsx_file(["n"], [[n] for n in range(1500)], title="N"))
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
