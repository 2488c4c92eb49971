"""Whatever is sent, the answer is one of the API's, and never a mistake of ours."""

import json
import logging
from base64 import b64encode

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from messaging.api.sens import api as routes
from messaging.models import Message, SendRequest
from messaging.sending.submitting import drain
from messaging.states import Lane
from tests.messaging.api.sens.sized import jpeg_of

pytestmark = pytest.mark.django_db

DEEP = 100_000


def error_of(answer) -> tuple[int, list[str]]:
    """Its status and reasons, once it is known to be the API's own."""
    body = answer.json()
    assert answer["Content-Type"] == "application/json"
    assert body["statusCode"] == str(answer.status_code)
    assert (body["statusName"], set(body) - {"error"}) == (
        "fail",
        {"statusCode", "statusName", "errorMessage", "errors"},
    )
    assert 400 <= answer.status_code < 500
    return answer.status_code, body["errors"]


NO_JSON = "The body is no JSON in UTF-8."


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe{}",
        b'{"type": "\xff"}',
        '{"type": "SMS"}'.encode("utf-16"),
        b"[" * DEEP,
        b'{"messages":' * DEEP,
        b"[" * DEEP + b"]" * DEEP,
        b'{"type": NaN}',
        b'{"type": ' + b"9" * 5000 + b"}",
        b"'SMS'",
        b"\x00",
    ],
    ids=str,
)
def test_a_body_that_is_no_json(sens, body):
    assert error_of(sens.post("/messages", body)) == (400, [NO_JSON])
    assert not SendRequest.objects.exists()


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"SMS"', b"1e400", b"-0", b"true", b"{}"], ids=str)
@pytest.mark.parametrize("path", ["/messages", "/files", "/unsubscribes"])
def test_json_of_another_form(sens, body, path):
    assert error_of(sens.post(path, body))[0] == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"type": 1},
        {"type": None},
        {"type": ["SMS"]},
        {"type": "SMS\n"},
        {"contentType": 0},
        {"contentType": {}},
        {"countryCode": 82},
        {"countryCode": []},
        {"countryCode": "８２"},
        {"from": 212345678},
        {"from": "02-1234-5678"},
        {"from": "0212345678\x00"},
        {"from": "0" * 10_000},
        {"content": None},
        {"content": 10**4000},
        {"content": "\ud800"},
        {"content": {"a": "b"}},
        {"content": "x" * 20_001},
        {"subject": 1},
        {"messages": []},
        {"messages": {}},
        {"messages": [{"to": "01012345678"}] * 101},
        {"messages": [None]},
        {"messages": [{}]},
        {"messages": [{"to": 1012345678}]},
        {"messages": [{"to": "010-1234-5678"}]},
        {"messages": [{"to": "01012345678", "content": 1}]},
        {"messages": [{"to": "01012345678", "content": "\udfff"}]},
        {"type": "MMS", "files": [{"fileId": 1}]},
        {"type": "MMS", "files": [{"fileId": "\x00"}]},
        {"type": "MMS", "files": [{"name": "a.jpg", "body": "\ud800"}]},
        {"type": "MMS", "files": [{"name": "a.jpg", "body": "/9j/" * 100}]},
        {"type": "MMS", "files": [{"name": "../a.jpg", "body": 1}]},
        {"type": "MMS", "files": "a"},
        {"reserveTime": "2019-02-30 00:00"},
        {"reserveTime": "9999-12-31 23:59"},
        {"reserveTime": "0001-01-01 00:00"},
        {"reserveTime": 20190725},
        {"reserveTime": "2099-01-01 00:00", "reserveTimeZone": "../../etc/passwd"},
        {"reserveTime": "2099-01-01 00:00", "reserveTimeZone": "/etc/localtime"},
        {"reserveTime": "2099-01-01 00:00", "reserveTimeZone": "\x00"},
        {"reserveTime": "2099-01-01 00:00", "reserveTimeZone": "a" * 5000},
    ],
    ids=lambda changes: json.dumps(changes)[:60],
)
def test_a_field_that_is_wrong(sens, sending, changes):
    status, reasons = error_of(sens.post("/messages", sending(**changes)))
    assert status == 400
    assert all(len(each) < 200 for each in reasons)
    assert not SendRequest.objects.exists()


def test_a_body_that_is_wrong_all_over_is_told_of_in_a_few_sentences(sens, sending):
    status, reasons = error_of(sens.post("/messages", sending(messages=[{"to": "x"}] * 100)))
    assert (status, len(reasons)) == (400, 20)


@pytest.mark.parametrize(
    "query",
    [
        "pageIndex=-1",
        "pageSize=-1",
        "pageSize=0",
        "pageIndex=99999999999999999999",
        "pageIndex=" + "9" * 3000,
        "pageSize=1e3",
        "pageSize=1.5",
        "to=%00",
        "to=%ed%a0%80",
        "from=%ff",
        "type=X",
        "countryCode=-82",
        "status=ready%00",
    ],
)
def test_a_query_that_is_wrong(sens, query):
    asked = "requestStartTime=2026-11-22%2000:00:00&requestEndTime=2026-11-22%2001:00:00"
    assert error_of(sens.get(f"/messages?{asked}&{query}"))[0] == 400


@pytest.mark.parametrize("query", ["pageIndex=-1", "pageSize=101", "startTime=-1", "endTime=" + "9" * 3000])
def test_a_query_of_unsubscribes_that_is_wrong(sens, query):
    assert error_of(sens.get(f"/unsubscribes?{query}"))[0] == 400


@pytest.mark.parametrize(
    "name", ["x", "%00", "%ff", "..", "%2e%2e%2fmessages", "0" * 3000, "-1", "%ED%A0%80"]
)
def test_something_that_is_not_there(sens, name):
    for path in (f"/messages/{name}", f"/reservations/{name}/reserve-status"):
        assert error_of(sens.get(path))[0] == 404
    assert error_of(sens.delete(f"/reservations/{name}"))[0] == 404


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "a", "\x7f"],
)
def test_a_body_of_another_kind(sens, sending, content_type):
    answer = sens.post("/messages", sending(), headers={"Content-Type": content_type})
    assert error_of(answer) == (400, ["The Content-Type of a body is application/json."])
    assert not SendRequest.objects.exists()


@pytest.mark.parametrize(
    "content_type", ["", "application/json", "application/json;charset=x", "APPLICATION/JSON"]
)
def test_a_body_that_says_what_it_is_or_nothing(sens, sending, content_type):
    answer = sens.post("/messages", sending(), headers={"Content-Type": content_type})
    assert answer.status_code == 202


PATHS = ["", "x", "docs/", "services", "services/x", "services/x/", "services/x/messages/", "services/x/y/z"]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", PATHS)
def test_an_address_that_is_none(path, method):
    strict = Client(enforce_csrf_checks=True)
    assert error_of(strict.generic(method, f"/sms/v2/{path}")) == (404, ["The API has no such address."])


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [
        ("services/x/messages", "PUT", "GET, POST"),
        ("services/x/files", "GET", "POST"),
        ("services/x/messages/y", "DELETE", "GET"),
        ("services/x/reservations/y", "POST", "DELETE"),
        ("services/x/unsubscribes", "PATCH", "DELETE, GET, POST"),
        ("docs", "POST", "GET, HEAD"),
        ("openapi.json", "DELETE", "GET, HEAD"),
    ],
)
def test_a_method_that_is_not_taken(path, method, allowed):
    answer = Client(enforce_csrf_checks=True).generic(method, f"/sms/v2/{path}")
    assert error_of(answer) == (405, [f"This address takes {allowed}."])
    assert answer["Allow"] == allowed


def test_the_longest_call_that_is_right_is_taken(sens, sending):
    """100 texts of 2,000 bytes and three files of 300 KB."""
    files = [{"name": f"{n}.jpg", "body": b64encode(jpeg_of(300 * 1024, n)).decode()} for n in range(3)]
    many = [{"to": f"010{n:08}", "subject": "제" * 20, "content": f"{n:03}" + "가" * 998} for n in range(100)]
    answer = sens.post("/messages", sending(type="MMS", messages=many, files=files))
    assert answer.status_code == 202, answer.content
    assert Message.objects.filter(request=answer.json()["requestId"]).count() == 100
    assert len(SendRequest.objects.get().attachment_ids) == 3


def test_a_file_that_is_larger_is_refused(sens, sending):
    body = b64encode(jpeg_of(300 * 1024 + 1, 0)).decode()
    status, reasons = error_of(
        sens.post("/messages", sending(type="MMS", files=[{"name": "a.jpg", "body": body}]))
    )
    assert (status, reasons[0][:4]) == (400, "S008")
    assert not SendRequest.objects.exists()


def test_a_body_that_is_larger_than_any_is_not_read(sens, settings):
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    assert error_of(sens.post("/messages", b" " * most))[0] == 400
    answer = sens.post("/messages", b" " * (most + 1))
    assert error_of(answer) == (413, [f"A body has at most {most} bytes."])
    assert answer.json()["error"]["errorCode"] == "430"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/files"),
        ("POST", "/unsubscribes"),
        ("DELETE", "/unsubscribes"),
        ("GET", "/messages?requestId=1"),
        ("DELETE", "/reservations/1"),
    ],
)
def test_so_it_is_on_every_route(sens, settings, method, path):
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    assert error_of(sens.call(method, path, b" " * (most + 1))) == (
        413,
        [f"A body has at most {most} bytes."],
    )


def test_of_a_name_that_stands_twice_the_later_value_counts(sens, sending):
    """As in most languages. What is checked is what is sent."""
    body = json.dumps(sending(content="first"))[:-1]
    assert sens.post("/messages", body + ', "content": "second"}').status_code == 202
    answer = sens.get(f"/messages/{Message.objects.get().pk}").json()
    assert answer["messages"][0]["content"] == "second"
    status, reasons = error_of(sens.post("/messages", body + ', "from": "0299999999"}'))
    assert (status, reasons) == (
        400,
        ["The caller ID 0299999999 is not registered and approved in this service."],
    )
    assert SendRequest.objects.count() == 1


@pytest.mark.parametrize("nul", ["\x00", "a\x00b", "\x00" * 10])
def test_a_nul_in_a_text_is_kept_as_what_cannot_be_sent(sens, sending, nul):
    """PostgreSQL holds none. The message fails with its code, as one of an emoji does."""
    answer = sens.post("/messages", sending(content=nul))
    assert answer.status_code == 202
    drain(Lane.SINGLE)
    [message] = sens.get(f"/messages?requestId={answer.json()['requestId']}").json()["messages"]
    assert (message["status"], message["statusCode"]) == ("COMPLETED", "3022")


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("/messages", b"", "The body: Field required"),
        ("/files", b"", "The body: Field required"),
        ("/unsubscribes", b"", "The body: Field required"),
        ("/unsubscribes", b"{}", "The body: Input should be a valid list"),
        ("/unsubscribes", b'[{"clientTelNo": "\\ud800"}]', "0.clientTelNo: Input should be a valid string, "),
        (
            "/unsubscribes",
            b'[{"clientTelNo": ' + b"9" * 4000 + b"}]",
            "0.clientTelNo: Input should be a valid ",
        ),
        ("/files", b'{"fileName": "a.jpg", "fileBody": 1}', "fileBody: Input should be a valid string"),
        (
            "/files",
            b'{"fileName": "\\u0000.jpg", "fileBody": "AAAA"}',
            "fileName: String should match pattern",
        ),
    ],
)
def test_what_is_said_of_a_body_that_is_none(sens, path, body, reason):
    status, [said] = error_of(sens.post(path, body))
    assert (status, said[: len(reason)]) == (400, reason)


def test_names_that_nobody_knows_are_not_looked_at(sens, sending):
    """However deep, long or broken they are, as far as they are JSON."""
    unknown = {"useSmsFailover": True, "x": [[[]]] * 100, "y": 10**3000, "\ud800": "\udfff", "": None}
    assert sens.post("/messages", sending(**unknown)).status_code == 202


def test_a_query_of_more_fields_than_any(sens, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 10
    assert error_of(sens.get("/messages?" + "&".join(["a=1"] * 11))) == (400, ["The call cannot be read."])


def test_a_mistake_of_ours_is_noted_and_says_nothing_of_the_inside(sens, sending, monkeypatch, caplog):
    def broken(*_given, **_named):
        raise RuntimeError("what nobody outside should read")

    monkeypatch.setattr(routes, "send", broken)
    sens.http.raise_request_exception = False
    with caplog.at_level(logging.ERROR, logger="django.request"):
        answer = sens.post("/messages", sending())
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/json")
    reason = "The call failed, and the failure was noted. Whether it was carried out can be looked up."
    assert answer.json() == {
        "statusCode": "500",
        "statusName": "fail",
        "errorMessage": "Internal Server Error",
        "errors": [reason],
        "error": {"errorCode": "900", "message": "Unexpected Error", "details": reason},
    }
    [record] = [each for each in caplog.records if each.name == "django.request"]
    assert "what nobody outside should read" in str(record.exc_info[1])


def test_what_is_forbidden_is_told_in_its_words_too(sens, sending, monkeypatch):
    """Nothing of ours forbids a call that is signed; what stands around it may."""

    def forbidding(*_given, **_named):
        raise PermissionDenied("what nobody outside should read")

    monkeypatch.setattr(routes, "send", forbidding)
    answer = sens.post("/messages", sending())
    assert error_of(answer) == (403, ["Forbidden"])
    assert answer.json()["error"] == {
        "errorCode": "210",
        "message": "Permission Denied",
        "details": "Forbidden",
    }


def test_pages_for_people_stay_pages(client):
    answer = client.get("/healthz/nowhere/")
    assert answer["Content-Type"].startswith("text/html")
    assert Client().get("/sms/v2/x", headers={"host": "elsewhere"})["Content-Type"] == "application/json"
