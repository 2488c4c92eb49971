"""Out through SENS: what goes over the wire, what each answer means, and what is asked afterwards."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
import time_machine

from messaging.gateways import calling, sens
from messaging.gateways.base import (
    GatewayUnavailable,
    GatewayUncertain,
    LostMessages,
    OpenMessage,
    OpenRequest,
    OutboundMessage,
    Refusal,
    SettingsError,
    Submission,
)
from messaging.gateways.calling import NotTaken, Pace
from messaging.gateways.sens import Sens, SensSettings

BASE = "http://127.0.0.1:9/sms/v2"
SERVICE = f"{BASE}/services/ncp:sms:kr:1:app"
RANGE = "0193a0c0-0000-7000-8000-0000"
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)

Make = Callable[..., Sens]


@pytest.fixture
def carrier() -> Iterator[respx.MockRouter]:
    with respx.mock(assert_all_called=False) as router:
        yield router


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Nobody waits; what would have been waited for."""
    waited: list[float] = []
    monkeypatch.setattr(calling.time, "sleep", waited.append)
    return waited


@pytest.fixture
def make() -> Make:
    def build(**changes: Any) -> Sens:
        given = {"service_id": "ncp:sms:kr:1:app", "access_key": "key", "secret_key": "secret", "rate": 1e6}
        return Sens(SensSettings(base_url=BASE, **{**given, **changes}))

    return build


def id_of(ordinal: int) -> str:
    return f"{RANGE}{ordinal:08x}"


def message(ordinal: int, recipient: str = "", text: str = "hello", **more: Any) -> OutboundMessage:
    number = recipient or f"0101000{ordinal:04}"
    return OutboundMessage(id_of(ordinal), more.pop("country_code", 82), number, text, **more)


def submission(*messages: OutboundMessage, **changes: Any) -> Submission:
    given: dict[str, Any] = {"scope": "1", "sender": "0212345678", "message_type": "SMS", "purpose": "NORMAL"}
    return Submission(messages=messages, **{**given, "origin": id_of(1), **changes})


def taken(request_id: str = "R1") -> httpx.Response:
    answer = {"requestId": request_id, "requestTime": "2026-11-22T12:00:00.000", "statusCode": "202"}
    return httpx.Response(202, json={**answer, "statusName": "success"})


def bodies(route: respx.Route) -> list[dict[str, Any]]:
    return [json.loads(call.request.content) for call in route.calls]


def numbers_of(body: dict[str, Any]) -> list[str]:
    return [each["to"] for each in body["messages"]]


# --- what goes over the wire ---------------------------------------------------------------------


def test_a_request_is_signed_over_its_target_as_it_goes_over_the_wire(carrier, make) -> None:
    route = carrier.post(f"{SERVICE}/messages").mock(return_value=taken())
    with time_machine.travel(NOW, tick=False):
        make().submit(submission(message(1)))
    request = route.calls.last.request
    timestamp = str(int(NOW.timestamp() * 1000))
    signed = f"POST /sms/v2/services/ncp:sms:kr:1:app/messages\n{timestamp}\nkey"
    expected = base64.b64encode(hmac.new(b"secret", signed.encode(), hashlib.sha256).digest()).decode()
    assert request.headers["x-ncp-apigw-timestamp"] == timestamp
    assert request.headers["x-ncp-iam-access-key"] == "key"
    assert request.headers["x-ncp-apigw-signature-v2"] == expected
    assert request.headers["content-type"] == "application/json; charset=utf-8"


def test_what_all_share_stands_once_and_own_texts_in_their_messages(carrier, make) -> None:
    route = carrier.post(f"{SERVICE}/messages").mock(return_value=taken())
    result = make().submit(submission(message(1), message(2, text="own"), message(3)))
    assert bodies(route) == [
        {
            "type": "SMS",
            "contentType": "COMM",
            "countryCode": "82",
            "from": "0212345678",
            "content": "hello",
            "messages": [
                {"to": "01010000001"},
                {"to": "01010000002", "content": "own"},
                {"to": "01010000003"},
            ],
        }
    ]
    assert (result.refused, result.unknown) == ([], [])
    assert result.carrier_ids == dict.fromkeys([id_of(1), id_of(2), id_of(3)], "R1")


def test_subjects_and_advertising(carrier, make) -> None:
    route = carrier.post(f"{SERVICE}/messages").mock(return_value=taken())
    messages = [message(1, subject="one"), message(2, subject="two")]
    make().submit(submission(*messages, message_type="LMS", purpose="AD"))
    [body] = bodies(route)
    assert (body["type"], body["contentType"], body["subject"]) == ("LMS", "AD", "one")
    assert body["messages"] == [{"to": "01010000001"}, {"to": "01010000002", "subject": "two"}]


def test_a_hundred_a_request_by_windows_of_ids_whatever_is_missing(carrier, make) -> None:
    answers = iter(f"R{n}" for n in range(1, 9))
    route = carrier.post(f"{SERVICE}/messages").mock(side_effect=lambda request: taken(next(answers)))
    gateway = make(parallel=1)
    gateway.submit(submission(*[message(n) for n in range(1, 251)]))
    assert [len(body["messages"]) for body in bodies(route)] == [100, 100, 50]
    whole = route.calls[1].request
    left = [message(n) for n in range(101, 201)]
    gateway.submit(submission(*left))
    again = route.calls.last.request
    assert (again.content, again.headers["Idempotency-Key"]) == (
        whole.content,
        whole.headers["Idempotency-Key"],
    )
    assert len({call.request.headers["Idempotency-Key"] for call in route.calls}) == 3


def test_another_range_of_the_same_request_has_other_keys(carrier, make) -> None:
    route = carrier.post(f"{SERVICE}/messages").mock(return_value=taken())
    gateway = make()
    gateway.submit(submission(message(50)))
    gateway.submit(submission(message(60), origin=id_of(51)))
    assert len({call.request.headers["Idempotency-Key"] for call in route.calls}) == 2


def test_a_number_that_comes_twice_and_other_countries_are_requests_of_their_own(carrier, make) -> None:
    answers = iter(f"R{n}" for n in range(1, 9))
    route = carrier.post(f"{SERVICE}/messages").mock(side_effect=lambda request: taken(next(answers)))
    twice, abroad = message(3, "01010000001"), message(4, "5550100", country_code=1)
    result = make(parallel=1).submit(submission(message(1), message(2), twice, abroad))
    assert [(body["countryCode"], numbers_of(body)) for body in bodies(route)] == [
        ("82", ["01010000001", "01010000002"]),
        ("82", ["01010000001"]),
        ("1", ["5550100"]),
    ]
    assert result.carrier_ids == {id_of(1): "R1", id_of(2): "R1", id_of(3): "R2", id_of(4): "R3"}


def test_the_signature_that_sens_puts_before_a_text_is_left_to_it(carrier, make) -> None:
    route = carrier.post(f"{SERVICE}/messages").mock(return_value=taken())
    make().submit(submission(message(1, "13812345678", "【Verify】hi", country_code=86)))
    assert bodies(route)[0]["content"] == "hi"


def test_a_message_without_text_is_refused_here(carrier, make) -> None:
    route = carrier.post(f"{SERVICE}/messages").mock(return_value=taken())
    result = make().submit(submission(message(1, text=""), message(2)))
    assert list(result.refused) == [Refusal(id_of(1), "1010", retryable=False)]
    assert numbers_of(bodies(route)[0]) == ["01010000002"]
    assert list(make().submit(submission(message(1, text=""))).refused) == [Refusal(id_of(1), "1010", False)]


# --- answers -------------------------------------------------------------------------------------


def test_a_bad_number_costs_nobody_elses_message(carrier, make) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        numbers = numbers_of(json.loads(request.content))
        place = numbers.index("0101") if "0101" in numbers else None
        return taken() if place is None else httpx.Response(400, json={"errors": [f"messages.{place}.to"]})

    carrier.post(f"{SERVICE}/messages").mock(side_effect=answer)
    result = make().submit(submission(message(1), message(2, "0101"), message(3), message(4)))
    assert list(result.refused) == [Refusal(id_of(2), "S002", retryable=False)]
    assert set(result.carrier_ids or {}) == {id_of(1), id_of(3), id_of(4)}


def test_what_all_share_is_asked_three_times_not_for_each(carrier, make) -> None:
    said = {"errors": ["The caller ID 021 is not registered."]}
    route = carrier.post(f"{SERVICE}/messages").mock(return_value=httpx.Response(400, json=said))
    result = make().submit(submission(*[message(n) for n in range(1, 101)]))
    assert len(route.calls) == 3
    assert {(each.code, each.retryable) for each in result.refused} == {("S012", False)}
    assert len(result.refused) == 100


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_carrier_is_asked_again_as_it_says(carrier, make, no_pauses: list[float], status: int) -> None:
    busy = httpx.Response(status, headers={"Retry-After": "2"})
    route = carrier.post(f"{SERVICE}/messages").mock(side_effect=[busy, busy, taken()])
    assert make().submit(submission(message(1))).carrier_ids == {id_of(1): "R1"}
    assert (len(route.calls), no_pauses) == (3, [2.0, 2.0])


def test_without_a_word_pauses_grow(carrier, make, no_pauses: list[float]) -> None:
    busy = httpx.Response(503)
    carrier.post(f"{SERVICE}/messages").mock(side_effect=[busy, busy, busy, taken()])
    make().submit(submission(message(1)))
    assert no_pauses == [0.25, 0.5, 1.0]


def test_whoever_is_busy_for_long_leaves_the_message_for_later(carrier, make) -> None:
    long = httpx.Response(429, headers={"Retry-After": "3600"})
    answers = {"01010000001": taken(), "01010000101": long}
    route = carrier.post(f"{SERVICE}/messages").mock(
        side_effect=lambda request: answers[numbers_of(json.loads(request.content))[0]]
    )
    result = make().submit(submission(message(1), message(101)))
    assert list(result.refused) == [Refusal(id_of(101), "1001", retryable=True)]
    assert result.carrier_ids == {id_of(1): "R1"}
    assert len(route.calls) == 2


@pytest.mark.parametrize("status", [301, 401, 403, 404, 429])
def test_where_nothing_was_taken_the_account_is_not_to_be_had(carrier, make, status: int) -> None:
    answer = httpx.Response(status, headers={"Retry-After": "3600"}, json={"errors": ["no such key"]})
    carrier.post(f"{SERVICE}/messages").mock(return_value=answer)
    with pytest.raises(GatewayUnavailable, match=str(status)):
        make().submit(submission(message(1)))


def test_a_signature_that_another_process_used_is_made_anew(carrier, make) -> None:
    route = carrier.post(f"{SERVICE}/messages").mock(side_effect=[httpx.Response(401), taken()])
    assert make().submit(submission(message(1))).carrier_ids == {id_of(1): "R1"}
    assert len(route.calls) == 2


def test_who_is_not_reached_took_nothing(carrier, make) -> None:
    route = carrier.post(f"{SERVICE}/messages").mock(side_effect=httpx.ConnectError("refused"))
    with pytest.raises(GatewayUnavailable, match="refused"):
        make().submit(submission(message(1)))
    assert len(route.calls) == 1


LOST = [
    httpx.ReadTimeout("slow"),
    httpx.ReadError("reset"),
    httpx.WriteError("reset"),
    httpx.RemoteProtocolError("gone"),
    httpx.Response(502),
    httpx.Response(504),
]


@pytest.mark.parametrize("lost", LOST, ids=str)
def test_a_lost_answer_leaves_these_messages_in_doubt_and_is_not_asked_again(carrier, make, lost) -> None:
    route = carrier.post(f"{SERVICE}/messages")
    route.mock(side_effect=lambda request: _answer(lost if b"0000001" in request.content else taken("R2")))
    result = make().submit(submission(message(1), message(101)))
    assert (list(result.unknown), result.carrier_ids) == ([id_of(1)], {id_of(101): "R2"})
    assert len(route.calls) == 2
    with pytest.raises(GatewayUncertain):
        make().submit(submission(message(1)))


def _answer(given: Any) -> httpx.Response:
    if isinstance(given, Exception):
        raise given
    return given


def test_a_service_that_honours_the_key_is_asked_again_under_it(carrier, make) -> None:
    route = carrier.post(f"{SERVICE}/messages").mock(side_effect=[httpx.ReadTimeout("slow"), taken()])
    gateway = make(repeats=True)
    assert gateway.takes_idempotency_key
    assert gateway.submit(submission(message(1))).carrier_ids == {id_of(1): "R1"}
    first, second = (call.request for call in route.calls)
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert first.content == second.content
    assert not make().takes_idempotency_key


def test_what_was_in_doubt_stays_so_when_the_carrier_is_gone(carrier, make) -> None:
    gone = [httpx.ReadError("killed"), httpx.ConnectError("refused")]
    carrier.post(f"{SERVICE}/messages").mock(side_effect=gone)
    with pytest.raises(GatewayUncertain, match="killed"):
        make(repeats=True).submit(submission(message(1)))


def test_a_key_that_was_used_with_other_messages_is_a_doubt(carrier, make) -> None:
    said = {"errors": ["This Idempotency-Key was used with another body."]}
    carrier.post(f"{SERVICE}/messages").mock(return_value=httpx.Response(400, json=said))
    with pytest.raises(GatewayUncertain):
        make(repeats=True).submit(submission(message(1), message(2)))


# --- pictures ------------------------------------------------------------------------------------


def uploaded(file_id: str, expires: str = "2026-11-28T12:00:00.000") -> httpx.Response:
    return httpx.Response(200, json={"fileId": file_id, "createTime": "x", "expireTime": expires})


def test_a_picture_is_uploaded_once_and_again_shortly_before_it_expires(carrier, make, tmp_path) -> None:
    files = carrier.post(f"{SERVICE}/files").mock(side_effect=[uploaded("F1"), uploaded("F2")])
    route = carrier.post(f"{SERVICE}/messages").mock(return_value=taken())
    (path := Path(tmp_path) / "a.jpg").write_bytes(b"picture")
    mms = submission(message(1), message_type="MMS", attachments=(path,))
    gateway = make()
    digest = hashlib.sha256(b"picture").hexdigest()
    expires = datetime(2026, 11, 28, 3, tzinfo=UTC)  # noon in Korea
    for moment in (NOW, expires - timedelta(hours=2, seconds=1), expires - timedelta(hours=2)):
        with time_machine.travel(moment, tick=False):
            gateway.submit(mms)
    assert [body["files"] for body in bodies(route)] == [[{"fileId": each}] for each in ("F1", "F1", "F2")]
    body = {"fileName": f"{digest[:32]}.jpg", "fileBody": base64.b64encode(b"picture").decode()}
    assert bodies(files) == [body, body]


def test_a_picture_that_is_refused_refuses_its_messages(carrier, make, tmp_path) -> None:
    carrier.post(f"{SERVICE}/files").mock(return_value=httpx.Response(400, json={}))
    route = carrier.post(f"{SERVICE}/messages").mock(return_value=taken())
    (path := Path(tmp_path) / "a.jpg").write_bytes(b"picture")
    result = make().submit(submission(message(1), message_type="MMS", attachments=(path,)))
    assert list(result.refused) == [Refusal(id_of(1), "S011", retryable=False)]
    assert not route.calls


@pytest.mark.parametrize("answer", [httpx.ReadTimeout("slow"), httpx.ConnectError("x"), httpx.Response(401)])
def test_where_a_picture_cannot_be_uploaded_nothing_was_handed_over(
    carrier, make, tmp_path, monkeypatch, answer
) -> None:
    carrier.post(f"{SERVICE}/files").mock(side_effect=lambda request: _answer(answer))
    route = carrier.post(f"{SERVICE}/messages").mock(return_value=taken())
    (path := Path(tmp_path) / "a.jpg").write_bytes(b"picture")
    gateway = make()
    mms = submission(message(1), message_type="MMS", attachments=(path,))
    monkeypatch.setattr(sens, "SUBMIT_SECONDS", 0.01)
    with pytest.raises(GatewayUnavailable):
        gateway.submit(mms)
    assert not route.calls


def test_pictures_are_uploaded_anew_after_the_service_refused_one(carrier, make, tmp_path) -> None:
    files = carrier.post(f"{SERVICE}/files").mock(side_effect=[uploaded("F1"), uploaded("F2")])
    refused = httpx.Response(400, json={"errorMessage": "The file is expired."})
    carrier.post(f"{SERVICE}/messages").mock(side_effect=[refused, taken()])
    (path := Path(tmp_path) / "a.jpg").write_bytes(b"picture")
    mms = submission(message(1), message_type="MMS", attachments=(path,))
    gateway = make()
    with time_machine.travel(NOW, tick=False):
        assert list(gateway.submit(mms).refused) == [Refusal(id_of(1), "S007", retryable=False)]
        gateway.submit(mms)
    assert len(files.calls) == 2


# --- results -------------------------------------------------------------------------------------


def row(number: str, **more: Any) -> dict[str, Any]:
    given = {"requestId": "R1", "to": number, "status": "COMPLETED", "statusCode": "0", "telcoCode": "SKT"}
    return {**given, "statusName": "success", "completeTime": "2026-11-22 12:00:05", **more}


def open_request(*numbers: str, carrier_id: str = "R1", country: int = 82) -> OpenRequest:
    messages = [OpenMessage(id_of(n), country, number) for n, number in enumerate(numbers, 1)]
    return OpenRequest(carrier_id, messages)


def found(*rows: dict[str, Any], more: bool = False) -> httpx.Response:
    return httpx.Response(200, json={"statusCode": "202", "messages": list(rows), "hasMore": more})


def test_results_are_those_that_are_completed_by_number(carrier, make) -> None:
    rows = [
        row("0101"),
        row("0102", statusCode="3001", statusName="fail", telcoCode="KT"),
        {"requestId": "R1", "to": "0103", "status": "PROCESSING"},
        row("0109"),
    ]
    route = carrier.get(f"{SERVICE}/messages", params={"requestId": "R1"}).mock(return_value=found(*rows))
    reports = make().fetch_results([open_request("0101", "0102", "0103")])
    at = datetime(2026, 11, 22, 3, 0, 5, tzinfo=UTC)
    assert list(reports) == [
        (id_of(1), None, "0", at, "SKT"),
        (id_of(2), None, "3001", at, "KT"),
    ]
    assert len(route.calls) == 1


@pytest.mark.parametrize(
    ("said", "code"),
    [(("S003", "fail"), "S003"), (("E999", "fail"), "E999"), (("9", "fail"), "S999"), (("", "Success"), "0")],
)
def test_every_code_maps_to_one_of_ours(carrier, make, said: tuple[str, str], code: str) -> None:
    answer = found(row("0101", statusCode=said[0], statusName=said[1]))
    carrier.get(f"{SERVICE}/messages").mock(return_value=answer)
    assert [each.code for each in make().fetch_results([open_request("0101")])] == [code]


def test_numbers_abroad_are_found_with_and_without_their_country(carrier, make) -> None:
    carrier.get(f"{SERVICE}/messages").mock(return_value=found(row("15550100"), row("5550101")))
    reports = make().fetch_results([open_request("5550100", "5550101", country=1)])
    assert [each.message_id for each in reports] == [id_of(1), id_of(2)]


def test_all_pages_are_read(carrier, make) -> None:
    route = carrier.get(f"{SERVICE}/messages").mock(
        side_effect=[found(row("0101"), more=True), found(row("0102"))]
    )
    assert len(make().fetch_results([open_request("0101", "0102")])) == 2
    assert [dict(call.request.url.params) for call in route.calls] == [
        {"requestId": "R1"},
        {"requestId": "R1", "pageIndex": "1"},
    ]


def test_what_cannot_be_asked_now_waits_and_the_rest_is_had(carrier, make) -> None:
    carrier.get(f"{SERVICE}/messages", params={"requestId": "R1"}).mock(return_value=found(row("0101")))
    carrier.get(f"{SERVICE}/messages", params={"requestId": "R2"}).mock(return_value=httpx.Response(403))
    carrier.get(f"{SERVICE}/messages", params={"requestId": "R3"}).mock(return_value=httpx.Response(404))
    wanted = [open_request("0101", carrier_id=each) for each in ("R1", "R2", "R3")]
    assert len(make().fetch_results(wanted)) == 1
    assert list(make().fetch_results(wanted[2:])) == []
    with pytest.raises(GatewayUnavailable, match="403"):
        make().fetch_results(wanted[1:2])


def test_what_is_in_doubt_is_looked_for_by_time_and_number(carrier, make) -> None:
    later = row("0101", requestId="R9", requestTime="2026-11-22 12:00:09")
    first = row("0101", requestId="R8", requestTime="2026-11-22 12:00:01")
    route = carrier.get(f"{SERVICE}/messages", params={"to": "0101"}).mock(return_value=found(later, first))
    carrier.get(f"{SERVICE}/messages", params={"to": "0102"}).mock(return_value=found())
    messages = open_request("0101", "0102").messages
    lost = LostMessages("0212345678", NOW, NOW + timedelta(seconds=10), messages)
    assert make().find_lost(lost) == {id_of(1): ["R8", "R9"]}
    assert dict(route.calls.last.request.url.params) == {
        "requestStartTime": "2026-11-22 11:59:00",
        "requestEndTime": "2026-11-22 12:02:10",
        "from": "0212345678",
        "to": "0101",
        "pageSize": "100",
    }


def test_nothing_is_said_of_what_is_in_doubt_where_a_number_cannot_be_looked_for(carrier, make) -> None:
    carrier.get(f"{SERVICE}/messages", params={"to": "0101"}).mock(return_value=found(row("0101")))
    carrier.get(f"{SERVICE}/messages", params={"to": "0102"}).mock(return_value=httpx.Response(403))
    lost = LostMessages("02", NOW, NOW, open_request("0101", "0102").messages)
    with pytest.raises(GatewayUnavailable, match="403"):
        make().find_lost(lost)


# --- the account ---------------------------------------------------------------------------------


def test_an_address_is_one_of_the_web() -> None:
    with pytest.raises(SettingsError) as error:
        SensSettings.parse({"service_id": "s", "access_key": "a", "secret_key": "b", "base_url": "ftp://x"})
    assert set(error.value.errors) == {"base_url"}


def test_the_secret_is_the_one_setting_that_is_never_shown() -> None:
    assert [each.name for each in SensSettings.describe() if each.secret] == ["secret_key"]
    needed = [each.name for each in SensSettings.describe() if each.required]
    assert needed == ["service_id", "access_key", "secret_key"]


def test_calls_are_spread_over_the_second(monkeypatch: pytest.MonkeyPatch, no_pauses: list[float]) -> None:
    monkeypatch.setattr(calling.time, "monotonic", lambda: 100.0)
    pace = Pace(4)
    for _once in range(3):
        pace.wait(200.0)
    assert no_pauses == [0.25, 0.5]
    with pytest.raises(NotTaken, match="rate"):
        pace.wait(100.5)
