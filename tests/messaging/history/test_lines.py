"""What PostgreSQL writes for a request to many is what Python writes of its rows, byte for byte."""

import gzip
import io
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.accounts.models import Project
from messaging.history import lines
from messaging.history.entries import entries
from messaging.history.reading import day_rows, details_of
from messaging.history.writing import Lines, write_rows
from messaging.models import CountDelta, Message, SendBatch, SendRequest
from messaging.models.backup import BackupFormat
from messaging.sending.kept import id_range
from tests.factories import ProjectFactory
from tests.messaging.history.past import TEXTS, sent

DAY = date(2026, 3, 10)
THEN = datetime(2026, 3, 10, 5, 30, tzinfo=UTC)
ODD = (
    "'",
    '"',
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    ",",
    "\\",
    "\\.",
    "\x01",
    "\x02",
    "\x7f",
    "%",
    "{",
    "＝",
    "민",
    "🎉",
)
WRITTEN = st.lists(st.sampled_from([*ODD, "##name##", "##what##", "a"]), max_size=5).map("".join)
VALUES = st.none() | st.lists(WRITTEN, max_size=3)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(lines, "MANY", 1)
    monkeypatch.setattr(lines, "AT_ONCE", 6)
    monkeypatch.setattr(lines, "BLOCK", 4)
    with time_machine.travel(datetime(2026, 11, 22, 3, tzinfo=UTC), tick=False):
        yield


def content_of(project: Project, file_format: str, *, has_lines: bool) -> bytes:
    packed = io.BytesIO()
    said = {"file_format": file_format} if has_lines else {}
    write_rows(packed, file_format, day_rows(project, *id_range(DAY), **said))
    return gzip.decompress(packed.getvalue())


def assert_the_same(project: Project) -> None:
    for file_format in BackupFormat:
        made = content_of(project, file_format, has_lines=True)
        assert made == content_of(project, file_format, has_lines=False)
        assert len(list(entries(io.BytesIO(made), file_format))) == Message.objects.count()


@pytest.mark.django_db
@given(
    subject=WRITTEN,
    body=WRITTEN,
    shared=VALUES,
    values=st.lists(VALUES, min_size=1, max_size=3),
    uid=st.none() | WRITTEN,
    replaces=st.booleans(),
)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_people_wrote_the_lines_are_the_same(
    subject: str, body: str, shared: Any, values: Any, uid: str | None, replaces: bool
) -> None:
    SendRequest.objects.all().delete()
    Message.objects.all().delete()
    project = ProjectFactory()
    given: dict[str, Any] = {"subject": subject, "body": body, "shared_values": shared}
    request = sent(project, THEN, values * 2, **given, replaces_characters=replaces, sender="'0212345678")
    Message.objects.filter(request=request).update(uid=uid)
    assert_the_same(project)


@pytest.mark.django_db
@pytest.mark.parametrize("n", [1, 4, 5, 6, 7, 12, 13])
def test_every_message_stands_in_it_once_however_many_there_are(n: int) -> None:
    project = ProjectFactory()
    sent(project, THEN, [None, *([text, text] for text in TEXTS * 2)][:n])
    assert_the_same(project)


@pytest.mark.django_db
def test_what_copy_writes_with_a_backslash_comes_back() -> None:
    project = ProjectFactory()
    sent(project, THEN, [None])
    uid = "a\b\f\v\t\n\r\\N\\b"
    Message.objects.update(uid=uid)
    assert_the_same(project)
    made = content_of(project, "JSONL", has_lines=False)
    assert json.loads(made)["uid"] == uid


@pytest.mark.django_db
def test_requests_to_many_and_to_few_stand_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MANY", 3)
    project = ProjectFactory()
    for hours, n in enumerate((1, 3, 4, 0, 2, 5, 1)):
        sent(project, THEN + timedelta(hours=hours), [None] * n)
    gone = sent(project, THEN + timedelta(hours=7), [None] * 3)
    Message.objects.filter(request=gone).delete()
    blocks = list(day_rows(project, *id_range(DAY), file_format="CSV"))
    assert [isinstance(block, Lines) for block in blocks] == [
        False,
        True,
        True,
        False,
        True,
        True,
        False,
        False,
    ]
    for file_format in BackupFormat:
        made = content_of(project, file_format, has_lines=True)
        assert made == content_of(project, file_format, has_lines=False)
        assert len(list(entries(io.BytesIO(made), file_format))) == 18


@pytest.mark.django_db
def test_progress_is_told_after_each_slice() -> None:
    project, told = ProjectFactory(), []
    sent(project, THEN, [None] * 13)
    list(day_rows(project, *id_range(DAY), lambda: told.append(1), file_format="CSV"))
    assert len(told) == 4  # a page, and slices of 6, 6 and 1


@pytest.mark.django_db
def test_a_text_that_was_replaced_in_is_left_to_python() -> None:
    project = ProjectFactory()
    same = sent(project, THEN, [None], body="🎉", subject="", placeholders=[], replaces_characters=True)
    own = sent(project, THEN + timedelta(hours=1), [["🎉", "b"]], replaces_characters=True)
    assert (lines.has_lines(same), lines.has_lines(own)) == (True, False)
    assert_the_same(project)
    assert (
        "🎉"
        not in content_of(project, "JSONL", has_lines=True)
        .decode()
        .split('"values"')[0]
        .split('"request":')[0]
    )


@pytest.mark.django_db
@pytest.mark.parametrize("body", ["to ##name## and ##what##", "to all", "【Verify】signed", "##name##"])
def test_the_signature_of_a_country_stands_before_its_texts(body: str) -> None:
    project = ProjectFactory()
    values = [None, ["a", "b"], ["【Verify】a", "b"], ["", "b"], ["a"]]
    request = sent(project, THEN, values * 2, body=body, subject="")
    SendRequest.objects.filter(pk=request.pk).update(goes_abroad=True)
    first = Message.objects.filter(request=request).order_by("id")[:5].values_list("pk", flat=True)
    Message.objects.filter(pk__in=list(first)).update(country_code=86)
    assert_the_same(project)
    assert content_of(project, "JSONL", has_lines=True).decode().count("【Verify】") >= 4


@pytest.mark.django_db
@pytest.mark.parametrize("many", [1, 10])
def test_what_is_left_of_a_request_that_is_gone_stands_in_no_file(
    monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(lines, "MANY", many)
    project = ProjectFactory()
    kept = [sent(project, THEN + timedelta(hours=hours), [None] * 2) for hours in (0, 2)]
    gone = sent(project, THEN + timedelta(hours=1), [None] * 2)
    SendRequest.objects.filter(pk=gone.pk).delete()
    made = content_of(project, "CSV", has_lines=True)
    found = [(entry.request_id, entry.message is None) for entry in entries(io.BytesIO(made), "CSV")]
    assert found == [(request.pk, False) for request in kept for _n in range(2)]


@pytest.mark.django_db
def test_what_belongs_to_a_request_is_told_whole_and_in_order() -> None:
    project = ProjectFactory()
    request = sent(project, THEN, [None] * 3)
    SendBatch.objects.create(
        request=request, number=2, state="CANCELED", due_at=THEN, first_ordinal=4, last_ordinal=4
    )
    counted = {"batch_number": 1, "minute": THEN, "counter": "SENT", "code": "", "country_code": 82}
    CountDelta.objects.create(request=request, **counted, n=4)
    CountDelta.objects.create(request=request, **counted | {"country_code": 81}, n=1)
    said = json.loads(details_of(project, [request])[request.pk])
    assert [part[0] for part in said["parts"]] == [1, 2]
    minute = str(THEN)
    assert said["counts"] == [[1, minute, "SENT", "", 81, 1], [1, minute, "SENT", "", 82, 7]]
    assert said["service"] == project.service_id
    assert not {"id", "project_id", "lease_until", "submission_token"} & set(said["fields"])
