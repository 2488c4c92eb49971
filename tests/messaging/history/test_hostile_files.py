"""What restoring refuses: whole, with the row, and nothing changed."""

import csv
import gzip
import io
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from console.accounts.models import Project
from messaging.history import entries, restoring
from messaging.history.columns import COLUMNS
from messaging.history.entries import WrongFile
from messaging.history.reading import day_rows
from messaging.history.restoring import Wish, restore_day
from messaging.history.writing import write_rows
from messaging.models import Message, RestoredDay, SendRequest
from messaging.sending.kept import id_range
from tests.factories import (
    OptOutLineFactory,
    ProjectFactory,
    StatisticsKeyFactory,
    TemplateFactory,
    UserFactory,
)
from tests.messaging.history.past import sent
from tests.messaging.sending.files import checked_file

DAY = date(2026, 3, 10)
THEN = datetime(2026, 3, 10, 5, 30, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def project(db: None) -> Project:
    return ProjectFactory()


def lines_of(project: Project) -> list[dict[str, str]]:
    """The rows of the project's day as JSON, and the day is gone."""
    packed = io.BytesIO()
    write_rows(packed, "JSONL", day_rows(project, *id_range(DAY)))
    SendRequest.objects.filter(project=project).delete()
    Message.objects.filter(project=project).delete()
    return [json.loads(line) for line in gzip.decompress(packed.getvalue()).decode().splitlines()]


def restore(project: Project, lines: list[dict[str, Any]], **fields: Any) -> Any:
    content = "".join(json.dumps(line) + "\n" for line in lines).encode()
    wish = Wish(project, DAY, "JSONL", NOW + timedelta(days=1))
    return restore_day(wish, io.BytesIO(fields.get("content", content)))


def changed(line: dict[str, str], **fields: Any) -> dict[str, str]:
    """The line with fields of what belongs to the request changed."""
    details = json.loads(line["request"])
    details["fields"] |= fields.pop("of_request", {})
    return {**line, "request": json.dumps(details | fields)}


OTHER = "0195d0f0-0000-7000-8000-000100000001"


@pytest.mark.parametrize(
    ("change", "row", "what"),
    [
        (lambda a: [{**a[0], "recipient": "010x"}, a[1]], 1, "recipient or state cannot be"),
        (lambda a: [a[0], {**a[1], "state": "GONE"}], 2, "recipient or state cannot be"),
        (lambda a: [a[0], {**a[1], "country": "99999"}], 2, "a number cannot be"),
        (lambda a: [a[0], {**a[1], "message_id": OTHER}], 2, "message_id is no id of a message"),
        (lambda a: [a[0], a[1], a[1]], 3, "rows must come in the order"),
        (lambda a: [a[0], {**a[1], "request": a[0]["request"]}], 2, "stands on its first row"),
        (lambda a: [a[1]], 1, "stands on its first row"),
        (lambda a: [{**a[0], "handed_over_at": "2026-03-10 05:30:00"}, a[1]], 1, "a time has no zone"),
        (lambda a: [{**a[0], "handed_over_at": "yesterday"}, a[1]], 1, "Invalid isoformat"),
        (lambda a: [{**a[0], "values": '["a", 1]'}, a[1]], 1, "values are no texts"),
        (lambda a: [{**a[0], "uid": "a\0b"}, a[1]], 1, "a character that no text has"),
        (lambda a: [{**a[0], "uid": "a" * 101}, a[1]], 1, "a text is too long"),
        (lambda a: [{**a[0], "code": "a" * 9}, a[1]], 1, "a text is too long"),
        (lambda a: [{**a[0], "network": "a" * 11}, a[1]], 1, "a text is too long"),
        (lambda a: [{**a[0], "country": "32768"}, a[1]], 1, "a number cannot be"),
        (lambda a: [{**a[0], "country": "٨٢"}, a[1]], 1, "a number cannot be"),
        (lambda a: [{**a[0], "row": str(2**31)}, a[1]], 1, "a number cannot be"),
        (lambda a: [{**a[0], "row": "0" * 11}, a[1]], 1, "a number cannot be"),
        (lambda a: [{**a[0], "recipient": "0" * 21}, a[1]], 1, "recipient or state cannot be"),
        (lambda a: [{**a[0], "recipient": "٠١٠"}, a[1]], 1, "recipient or state cannot be"),
        (lambda a: [{**a[0], "message_id": a[0]["request_id"]}, a[1]], 1, "message_id is no id of a message"),
        (lambda a: [{**a[0], "request_id": a[0]["message_id"]}, a[1]], 1, "request_id is no id of a request"),
        (lambda a: [{**a[0], "values": '{"a": "b"}'}, a[1]], 1, "values are no list"),
        (lambda a: [{**a[0], "values": json.dumps(["a"] * 1001)}, a[1]], 1, "values are no list"),
        (lambda a: [{**a[0], "values": json.dumps(["a\0"])}, a[1]], 1, "values are no texts"),
        (lambda a: [{**a[0], "request": "[]"}, a[1]], 1, "another version"),
        (lambda a: [{**a[0], "more": "x"}, a[1]], 1, "unexpected keyword"),
        (lambda a: [{**a[0], "country": 82}, a[1]], 1, "no object of texts"),
        (lambda a: [{**a[0], "request": "[" * 100_000}, a[1]], 1, "recursion"),
        (lambda a: [changed(a[0], version=2), a[1]], 1, "another version"),
        (lambda a: [changed(a[0], parts={}), a[1]], 1, "not complete"),
        (lambda a: [changed(a[0], counts={}), a[1]], 1, "not complete"),
        (lambda a: [changed(a[0], service=7), a[1]], 1, "not complete"),
        (
            lambda a: [{**a[0], "request": '{"version":1,"service":"","fields":[],"parts":[],"counts":[]}'}],
            1,
            "not complete",
        ),
        (lambda a: [changed(a[0], service="ncp:sms:kr:1:other"), a[1]], 1, "of another project"),
        (lambda a: [changed(a[0], of_request={"state": "SCHEDULED"}), a[1]], 1, "has not ended"),
        (lambda a: [changed(a[0], of_request={"total": -1}), a[1]], 1, "what belongs to the request"),
        (lambda a: [changed(a[0], of_request={"sender": "0" * 21}), a[1]], 1, "what belongs to the request"),
        (lambda a: [changed(a[0], of_request={"kind": "X"}), a[1]], 1, "what belongs to the request"),
        (lambda a: [changed(a[0], of_request={"sender": None}), a[1]], 1, "sender is missing"),
        (lambda a: [changed(a[0], of_request={"body": None}), a[1]], 1, "body is missing"),
        (lambda a: [changed(a[0], of_request={"name": "a\0"}), a[1]], 1, "a character that no text has"),
        (lambda a: [changed(a[0], of_request={"total": []}), a[1]], 1, "what belongs to the request"),
        (lambda a: [changed(a[0], parts=[[1, 2]]), a[1]], 1, "what belongs to the request"),
        (
            lambda a: [changed(a[0], parts=[[1, "X", str(THEN), 1, 2, None, None]]), a[1]],
            1,
            "what belongs to",
        ),
        (lambda a: [changed(a[0], counts=[[1, str(THEN), "SENT", "", 82, "x"]]), a[1]], 1, "what belongs to"),
        (lambda a: [changed(a[0], counts=[7]), a[1]], 1, "what belongs to the request"),
    ],
)
def test_a_file_that_is_not_ours_changes_nothing(project: Project, change: Any, row: int, what: str) -> None:
    sent(project, THEN, [None, None])
    lines = change(lines_of(project))
    with pytest.raises(WrongFile) as wrong:
        restore(project, lines)
    assert what in wrong.value.what
    assert wrong.value.row in (row, row - 1)
    assert (SendRequest.objects.count(), Message.objects.count(), RestoredDay.objects.count()) == (0, 0, 0)


def test_what_is_just_within_its_limits_comes_back(project: Project) -> None:
    sent(project, THEN, [None])
    [line] = lines_of(project)
    given = {
        "uid": "a" * 100,
        "code": "a" * 8,
        "network": "a" * 10,
        "country": "32767",
        "row": str(2**31 - 1),
    }
    restore(project, [{**line, **given, "recipient": "0" * 20, "values": json.dumps([""] * 1000)}])
    message = Message.objects.get()
    assert [message.uid, message.result_code, message.telco, str(message.country_code)] == [
        given[name] for name in ("uid", "code", "network", "country")
    ]
    assert (message.project, message.row_number, message.recipient) == (project, 2**31 - 1, "0" * 20)
    assert message.values == [""] * 1000


def test_what_is_wrong_far_down_undoes_all_before_it(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "AT_ONCE", 1)
    for hours in range(3):
        sent(project, THEN + timedelta(hours=hours), [None])
    lines = lines_of(project)
    with pytest.raises(WrongFile) as wrong:
        restore(project, [*lines[:2], changed(lines[2], service="ncp:sms:kr:1:other")])
    assert (wrong.value.row, wrong.value.what) == (3, "the request is of another project")
    assert (SendRequest.objects.count(), Message.objects.count(), RestoredDay.objects.count()) == (0, 0, 0)
    found = restore(project, lines)
    assert (found.rows, found.new_requests, found.new_messages) == (3, 3, 3)


def test_a_day_that_was_restored_stays_so_whatever_file_comes_after(project: Project) -> None:
    sent(project, THEN, [None])
    lines = lines_of(project)
    restore(project, lines)
    with pytest.raises(WrongFile):
        restore(project, [{**lines[0], "state": "GONE"}])
    assert (RestoredDay.objects.get().rows, Message.objects.count()) == (1, 1)
    longer = Wish(project, DAY, "JSONL", NOW + timedelta(days=9))
    found = restore_day(longer, io.BytesIO("".join(json.dumps(line) + "\n" for line in lines).encode()))
    assert (found.rows, found.new_requests, found.new_messages) == (1, 0, 0)
    assert RestoredDay.objects.get().keep_until == NOW + timedelta(days=9)


def test_a_file_says_nothing_of_whose_it_is_or_who_works_on_it(project: Project) -> None:
    stranger = ProjectFactory()
    sent(project, THEN, [None])
    [line] = lines_of(project)
    given = {
        "project_id": stranger.pk,
        "submission_token": "0195d0f0-0000-7000-8000-000100000001",
        "lease_until": str(NOW),
    }
    restore(project, [changed(line, of_request=given)])
    request = SendRequest.objects.get()
    assert (request.project, request.lease_until) == (project, None)
    assert str(request.submission_token) != given["submission_token"]


@pytest.mark.parametrize("days", [-1, 1])
def test_only_its_own_day_is_restored(project: Project, days: int) -> None:
    sent(project, THEN + timedelta(days=days), [None])
    packed = io.BytesIO()
    write_rows(packed, "JSONL", day_rows(project, *id_range(DAY + timedelta(days=days))))
    SendRequest.objects.all().delete()
    Message.objects.all().delete()
    with pytest.raises(WrongFile, match="of another day"):
        restore(project, [], content=packed.getvalue())
    assert (SendRequest.objects.count(), Message.objects.count(), RestoredDay.objects.count()) == (0, 0, 0)


def test_another_day_or_an_id_of_another_project_is_refused(project: Project) -> None:
    sent(project, THEN + timedelta(days=1))
    packed = io.BytesIO()
    write_rows(packed, "JSONL", day_rows(project, *id_range(DAY + timedelta(days=1))))
    with pytest.raises(WrongFile, match="of another day"):
        restore(project, [], content=packed.getvalue())
    stranger = ProjectFactory()
    sent(stranger, THEN, [None])
    [line] = [
        {**line, "request": line["request"].replace(stranger.service_id, project.service_id)}
        for line in [json.loads(each) for each in unpacked(stranger)]
    ]
    with pytest.raises(WrongFile, match="another project's request"):
        restore(project, [line])
    assert Message.objects.filter(project=project, pk__lt=id_range(DAY)[1]).count() == 0


def unpacked(project: Project) -> list[str]:
    packed = io.BytesIO()
    write_rows(packed, "JSONL", day_rows(project, *id_range(DAY)))
    return gzip.decompress(packed.getvalue()).decode().splitlines()


def test_links_to_what_is_not_the_projects_are_forgotten(project: Project) -> None:
    sent(project, THEN, [None])
    foreign, own, person = TemplateFactory(), TemplateFactory(project=project), UserFactory()
    [line] = lines_of(project)
    version = foreign.versions.get().pk
    given = {"template_version_id": version, "created_by_id": 10**9, "released_by_id": person.pk}
    restore(project, [changed(line, of_request=given)])
    request = SendRequest.objects.get()
    assert (request.template_version, request.created_by, request.released_by) == (None, None, person)
    SendRequest.objects.all().delete()
    restore(project, [changed(line, of_request={"template_version_id": own.versions.get().pk})])
    assert SendRequest.objects.get().template_version.template == own


@pytest.mark.parametrize("is_own", [True, False])
def test_a_key_a_line_and_a_file_are_linked_where_they_are_the_projects(
    project: Project, is_own: bool
) -> None:
    sent(project, THEN, [None])
    [line] = lines_of(project)
    owner = project if is_own else ProjectFactory()
    linked = {
        "statistics_key_id": StatisticsKeyFactory(project=owner).pk,
        "opt_out_line_id": OptOutLineFactory(project=owner, opened=True).pk,
        "recipient_file_id": checked_file(owner, []).pk,
    }
    given = {name: str(pk) if name == "recipient_file_id" else pk for name, pk in linked.items()}
    people = {name: UserFactory().pk for name in ("created_by_id", "released_by_id", "canceled_by_id")}
    restore(project, [changed(line, of_request=given | people)])
    request = SendRequest.objects.get()
    assert {name: getattr(request, name) for name in linked} == (linked if is_own else dict.fromkeys(linked))
    assert {name: getattr(request, name) for name in people} == people


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\x1f\x8b garbage", "the file is damaged"),
        (gzip.compress(b"", mtime=0)[:-4], "the file is damaged"),
        (gzip.compress(b"{}", mtime=0)[:-1] + b"\xff", "the file is damaged"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + b"\xff" * 20, "the file is damaged"),
        (b"\xff\xfe\n", "utf-8"),
        (b"[1]\n", "no object of texts"),
    ],
)
def test_what_is_no_file_of_ours(project: Project, content: bytes, what: str) -> None:
    with pytest.raises(WrongFile, match=what):
        restore(project, [], content=content)
    assert RestoredDay.objects.count() == 0


HEAD = ",".join(COLUMNS).encode() + b"\r\n"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "does not name the columns"),
        (b"a,b\r\n", "does not name the columns"),
        (HEAD + b"a,b\r\n", "another number of columns"),
        (HEAD + b"," * len(COLUMNS) + b"\r\n", "another number of columns"),
        (HEAD + b'"a"b' + b"," * (len(COLUMNS) - 1) + b"\r\n", "expected after"),
        (HEAD + b'"a' + b"," * (len(COLUMNS) - 1) + b"\r\n", "unexpected end of data"),
    ],
)
def test_what_is_no_table_of_ours(project: Project, content: bytes, what: str) -> None:
    before = csv.field_size_limit()
    with pytest.raises(WrongFile) as wrong:
        restore_day(Wish(project, DAY, "CSV", NOW), io.BytesIO(content))
    assert what in str(wrong.value)
    assert csv.field_size_limit() == before
    assert RestoredDay.objects.count() == 0


def test_a_line_without_end_is_not_read_to_its_end(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "MOST_CHARACTERS", 1000)
    with pytest.raises(WrongFile, match="a line is too long"):
        restore(project, [], content=gzip.compress(b'{"uid": "' + b"a" * 1_000_000))


def test_the_command_says_what_is_wrong(project: Project, tmp_path: Path) -> None:
    wrong = tmp_path / "day.csv.gz"
    wrong.write_bytes(gzip.compress(b"a,b\r\n1,2\r\n", mtime=0))
    given: dict[str, Any] = {"project": str(project.pk), "day": DAY}
    with pytest.raises(CommandError, match=r"the columns of a backup file\. Nothing was changed"):
        call_command("restore_history", file=wrong, **given)
    with pytest.raises(CommandError, match="There is no verified backup"):
        call_command("restore_history", **given)
    with pytest.raises(CommandError, match="History is kept since 2026-05-27"):
        call_command("restore_history", **given | {"day": date(2026, 5, 27)})
    with pytest.raises(CommandError, match="There is no project"):
        call_command("restore_history", **given | {"project": "nobody"})
    with pytest.raises(CommandError, match="No such file"):
        call_command("restore_history", file=tmp_path / "nothing.csv", **given)
