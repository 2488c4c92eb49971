"""The statistics page: its views, periods, conditions, its empty states, and its downloads."""

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import openpyxl
import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from console.accounts.models import Project
from console.accounts.roles import ProjectRole
from messaging.admin.statistics.shown import bucket_label
from messaging.models import StatisticsCount
from messaging.statistics.counting import fold
from messaging.statistics.views import View
from tests.factories import StatisticsKeyFactory, TemplateFactory
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.admin.delivering import OFF, deliver, send
from tests.messaging.sending.files import numbers

NOW = datetime(2026, 11, 22, 3, 20, tzinfo=UTC)
SILENT = "01029999002"  # the simulator never reports on it
PAGE, EXPORT = "admin:statistics", "admin:statistics_export"


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def viewer(project: Project, client_as: ClientAs) -> Client:
    return client_as(project, ProjectRole.VIEWER)


def shown(client: Client, **query: Any) -> Any:
    response = client.get(reverse(PAGE), query)
    assert response.status_code == 200
    return response.context


def totals(client: Client, **query: Any) -> dict[str, int]:
    """The numbers of the page, those of zero left out; {} where it says that there are none."""
    return {each.column.key: each.n for each in shown(client, **query).get("totals", []) if each.n}


def problems(client: Client, **query: Any) -> dict[str, list[str]]:
    return {name: list(errors) for name, errors in shown(client, **query)["form"].errors.items()}


def test_each_view_has_the_guides_numbers(project: Project, viewer: Client) -> None:
    deliver(send(project, [*numbers(2), OFF]))
    deliver(send(project, ["+14155550123"], body="a" * 200, collects_conversion=True))
    send(project, numbers(1))
    names = {view: [str(each.column.label) for each in shown(viewer, view=view)["totals"]] for view in View}
    assert names == {
        View.REQUEST_TIME: [
            "Requested",
            "Sent",
            "Send failure",
            "Received",
            "Waiting for result",
            "Not handed over yet",
        ],
        View.EVENT_TIME: ["Requested", "Sent", "Send failure", "Received"],
        View.INTERNATIONAL: [
            "Requested",
            "Sent",
            "Send failure",
            "Received",
            "Number of sends",
            "Waiting for conversion",
            "Converted",
        ],
    }
    assert totals(viewer) == {"requested": 5, "sent": 4, "failed": 1, "received": 3, "ready": 1}
    assert totals(viewer, view="event") == {"requested": 5, "sent": 4, "failed": 1, "received": 3}
    abroad = {"requested": 1, "sent": 1, "received": 1, "parts": 2, "conversion_waiting": 1}
    assert totals(viewer, view="international") == abroad


def test_waiting_for_result_rises_on_sending_and_falls_on_receipt(project: Project, viewer: Client) -> None:
    request = send(project, [SILENT, *numbers(1)])
    seen = [totals(viewer).get("waiting", 0)]
    deliver(request)
    seen.append(totals(viewer).get("waiting", 0))
    assert seen == [0, 1]


def test_the_conditions_narrow_every_number(project: Project, viewer: Client) -> None:
    key, other_key = StatisticsKeyFactory.create_batch(2, project=project)
    template = TemplateFactory(project=project, text={"body": "Hello"})
    deliver(send(project, numbers(2), statistics_key=key, template_version=template.versions.get()))
    deliver(send(project, [OFF], message_type="LMS", subject="A", statistics_key=other_key))
    deliver(send(project, ["+14155550123"]))
    counted = {
        (name, value): totals(viewer, **{name: value}).get("requested", 0)
        for name, value in [
            ("statistics_key", key.pk),
            ("statistics_key", other_key.pk),
            ("statistics_key", 0),
            ("template", template.pk),
            ("template", 0),
            ("kind", "GENERAL"),
            ("kind", "TAG"),
            ("message_type", "LMS"),
            ("purpose", "AUTH"),
            ("country_code", 1),
            ("country_code", 82),
        ]
    }
    assert list(counted.values()) == [2, 1, 1, 2, 2, 4, 0, 1, 0, 1, 3]
    fold()
    assert totals(viewer, template=template.pk)["requested"] == 2
    assert totals(viewer, statistics_key=key.pk, kind="GENERAL") == {"requested": 2, "sent": 2, "received": 2}


def test_failures_stand_by_cause_in_words_and_countries_by_their_code(
    project: Project, viewer: Client
) -> None:
    deliver(send(project, [OFF, "01029993001", "+14159992003"]))
    page = shown(viewer)
    assert [(each.result.code, str(each.result.meaning), each.n) for each in page["failures"]] == [
        ("2003", "Phone switched off", 2),
        ("3001", "No such subscriber", 1),
    ]
    assert [(row.label, row.numbers[0]) for row in page["countries"]] == [
        ("+82 Korea", 2),
        ("+1 United States / Canada", 1),
    ]


def test_by_the_time_of_the_request_the_page_says_so(project: Project, viewer: Client) -> None:
    deliver(send(project, numbers(1)))
    said = "Every number stands at the time of the request; it rises when:"
    pages = {view: viewer.get(reverse(PAGE), {"view": view}).content.decode() for view in list(View)[:2]}
    assert {view: said in page for view, page in pages.items()} == {
        View.REQUEST_TIME: True,
        View.EVENT_TIME: False,
    }
    assert all("Failed before it was handed over (refused advertising" in page for page in pages.values())


def test_weekdays_are_short() -> None:
    days = [datetime(2026, 11, 16 + n, tzinfo=UTC) for n in range(7)]
    names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert [bucket_label(day, is_hour=False) for day in days] == [
        f"11-{16 + n} ({name})" for n, name in enumerate(names)
    ]


def test_the_table_is_newest_first_and_the_chart_runs_forward(project: Project, viewer: Client) -> None:
    deliver(send(project, numbers(2)))
    page = shown(viewer, period=7)
    assert [(row.label, row.numbers[0]) for row in page["lines"]][:2] == [
        ("11-22 (Sun)", 2),
        ("11-21 (Sat)", 0),
    ]
    assert len(page["lines"]) == 7
    chart = json.loads(page["chart"])
    assert chart["labels"][-1] == "11-22"
    assert [(line["label"], line["data"][-1]) for line in chart["datasets"]] == [
        ("Requested", 2),
        ("Sent", 2),
        ("Send failure", 0),
        ("Received", 2),
        ("Waiting for result", 0),
    ]
    drawn = [(tuple(line["borderDash"]), line["pointStyle"]) for line in chart["datasets"]]
    assert len(set(drawn)) == len(drawn)  # told apart without colours


def test_hours_for_few_days_and_days_for_more(project: Project, viewer: Client) -> None:
    deliver(send(project, numbers(1)))
    today = shown(viewer, period=1)["lines"]
    assert (len(today), today[11].label, today[11].numbers[0]) == (24, "11-22 12:00", 1)
    assert len(shown(viewer, period=30)["lines"]) == 30
    assert len(shown(viewer, period=90)["lines"]) == 90
    week = {"since": "2026-11-16", "until": "2026-11-22"}
    assert len(shown(viewer, bucket="hour", **week)["lines"]) == 168


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        (
            {"since": "2026-08-24", "until": "2026-11-22"},
            "since",
            "Statistics are kept for 90 days. Begin on 2026-08-25 or later.",
        ),
        ({"since": "2026-11-22", "until": "2026-11-21"}, "until", "This day is before the first one."),
        ({"since": "2026-11-22", "until": "2026-11-23"}, "until", "This day has not come yet."),
        (
            {"since": "2026-11-15", "until": "2026-11-22", "bucket": "hour"},
            "bucket",
            "By the hour at most 7 days are shown. Choose fewer days, or rows by day.",
        ),
    ],
)
def test_what_cannot_be_shown_is_said_at_its_field(
    viewer: Client, query: dict[str, str], field: str, said: str
) -> None:
    assert problems(viewer, **query) == {field: [said]}
    response = viewer.get(reverse(EXPORT), query)
    assert response.status_code == 302


def test_what_is_no_choice_is_refused(viewer: Client, stranger: Project) -> None:
    foreign = StatisticsKeyFactory(project=stranger)
    assert list(problems(viewer, statistics_key=foreign.pk)) == ["statistics_key"]
    assert list(problems(viewer, country_code="x")) == ["country_code"]
    assert list(problems(viewer, since="soon")) == ["since"]
    assert shown(viewer, view="nonsense")["view"] == View.REQUEST_TIME


def test_a_period_is_compared_with_the_one_before(project: Project, viewer: Client, clock: Any) -> None:
    deliver(send(project, numbers(3)))
    clock.shift(timedelta(days=7))
    deliver(send(project, numbers(1)))
    page = shown(viewer, period=7)
    assert [(each.n, each.before) for each in page["totals"]][:2] == [(1, 3), (1, 3)]
    earlier = json.loads(page["chart"])["datasets"][-1]
    assert (earlier["label"], sum(earlier["data"])) == ("Requested, period before", 3)
    assert {each.before for each in shown(viewer, period=90)["totals"]} == {None}


def test_an_empty_page_says_what_belongs_there(project: Project, viewer: Client, client_as: ClientAs) -> None:
    assert shown(viewer)["nothing_yet"]
    assert not shown(viewer)["may_send"]
    deliver(send(project, numbers(1)))
    page = shown(client_as(project), kind="TAG")
    assert (page["is_empty"], page["nothing_yet"]) == (True, False)


def test_nobody_elses_messages_are_counted(project: Project, stranger: Project, viewer: Client) -> None:
    deliver(send(stranger, numbers(3)))
    assert totals(viewer) == {}
    fold()
    assert StatisticsCount.objects.exists()
    assert totals(viewer) == {}


def test_the_page_asks_little(project: Project, viewer: Client, django_assert_num_queries: Any) -> None:
    deliver(send(project, [*numbers(3), OFF, "+14155550123"]))
    shown(viewer)
    with django_assert_num_queries(7):
        shown(viewer)


# --- downloads -----------------------------------------------------------------------------------


def workbook(client: Client, **query: Any) -> dict[str, list[list[Any]]]:
    response = client.get(reverse(EXPORT), {"format": "xlsx", **query})
    assert response["Content-Disposition"] == 'attachment; filename="statistics-20261122-1220.xlsx"'
    book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


def test_the_workbook_holds_what_the_page_shows(project: Project, viewer: Client) -> None:
    key = StatisticsKeyFactory(project=project, name="=1+1")
    deliver(send(project, [*numbers(2), OFF], statistics_key=key))
    sheets = workbook(viewer, period=7, statistics_key=key.pk)
    assert list(sheets) == ["Conditions", "Statistics", "Failures", "Countries"]
    assert sheets["Conditions"] == [
        ["Statistics", "Messages (request time)"],
        ["Period", "2026-11-16 – 2026-11-22"],
        ["Event key", "=1+1"],
        ["Template", "Any"],
        ["Delivery type", "Any"],
        ["Type", "Any"],
        ["Purpose", "Any"],
        ["Country", "Any"],
        ["Made", "2026-11-22 12:20"],
    ]
    page = shown(viewer, period=7, statistics_key=key.pk)
    names = ["Day", "Requested", "Sent", "Send failure", "Received", "Waiting for result"]
    rows = sheets["Statistics"]
    assert rows[:3] == [
        names,
        ["Total", 3, 3, 1, 2, 0],
        [datetime.combine(date(2026, 11, 22), datetime.min.time()), 3, 3, 1, 2, 0],
    ]
    assert [row[1:] for row in rows[2:]] == [line.numbers for line in page["lines"]]
    assert sheets["Failures"] == [["Result code", "Meaning", "Messages"], ["2003", "Phone switched off", 1]]
    assert sheets["Countries"] == [["Country", *names[1:]], ["+82 Korea", 3, 3, 1, 2, 0]]


def test_no_cell_of_the_workbook_is_a_formula(project: Project, viewer: Client) -> None:
    key = StatisticsKeyFactory(project=project, name="=1+1")
    query = {"format": "xlsx", "statistics_key": key.pk}
    response = viewer.get(reverse(EXPORT), query)
    book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    cell = book["Conditions"]["B3"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=1+1", "s", True)


def test_an_hour_is_a_time_that_excel_reckons_with(project: Project, viewer: Client) -> None:
    deliver(send(project, numbers(1)))
    rows = workbook(viewer, period=1)["Statistics"]
    assert (rows[0][0], rows[13][0], rows[13][1]) == ("Hour", datetime(2026, 11, 22, 12), 1)


def test_the_csv_holds_the_table(project: Project, viewer: Client) -> None:
    deliver(send(project, numbers(2)))
    response = viewer.get(reverse(EXPORT), {"format": "csv", "period": 7, "view": "event"})
    assert response["Content-Disposition"] == 'attachment; filename="statistics-20261122-1220.csv"'
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[:3] == [
        ["Day", "Requested", "Sent", "Send failure", "Received"],
        ["Total", "2", "2", "0", "2"],
        ["11-22 (Sun)", "2", "2", "0", "2"],
    ]
    assert len(rows) == 9
