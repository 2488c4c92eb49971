"""Unsubscribes: listed, entered and removed by programs; what a removal leaves behind."""

import http.client
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from console.accounts.models import AccessKey, EventName, ProjectEvent
from senders.models import OptOut, OptOutSource
from senders.services.opt_outs import opted_out_among
from tests.factories import OptOutFactory
from tests.messaging.api.sens.client import SensClient
from tests.messaging.api.sens.server import served
from tests.waiting import until_it_waits

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 2, 3, tzinfo=UTC)  # noon in Korea
MINUTE = timedelta(minutes=1)
ANN, BEN, COT = "01012340001", "01012340002", "01012340003"


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def refusal(sens: SensClient, number: str, minutes: float = 0, **fields: Any) -> OptOut:
    row: OptOut = OptOutFactory(
        project=sens.project, number=number, created_at=NOON + minutes * MINUTE, **fields
    )  # type: ignore[assignment]
    return row


def numbers(*given: str) -> list[dict[str, str]]:
    return [{"clientTelNo": each} for each in given]


def listed(sens: SensClient, query: str = "") -> list[str]:
    answer = sens.get("/unsubscribes", target=sens.target(f"/unsubscribes{query}"))
    assert answer.status_code == 200, answer.content
    return [row["clientTelNo"] for row in answer.json()]


def milliseconds(minutes: float) -> int:
    return int((NOON + minutes * MINUTE).timestamp() * 1000)


def in_force(sens: SensClient) -> list[str]:
    rows = OptOut.objects.filter(project=sens.project, removed_at=None)
    return sorted(rows.values_list("number", flat=True))


# --- the list --------------------------------------------------------------------------------------


def test_the_list_is_as_it_was_registered(sens: SensClient, stranger: SensClient) -> None:
    refusal(sens, ANN, source=OptOutSource.CALL)
    refusal(sens, BEN, 1, source=OptOutSource.HAND)
    refusal(sens, COT, 2, source=OptOutSource.FILE)
    refusal(sens, "9012345678", 3, source=OptOutSource.API, country_code=81)
    refusal(sens, "01099999999", removed_at=NOON)
    refusal(stranger, "01088888888")
    answer = sens.get("/unsubscribes")
    assert (answer.status_code, answer.json()) == (
        200,
        [
            {"clientTelNo": ANN, "registerTime": "2026-11-02T12:00:00", "registerType": "C"},
            {"clientTelNo": BEN, "registerTime": "2026-11-02T12:01:00", "registerType": "M"},
            {"clientTelNo": COT, "registerTime": "2026-11-02T12:02:00", "registerType": "M"},
            {"clientTelNo": "819012345678", "registerTime": "2026-11-02T12:03:00", "registerType": "M"},
        ],
    )
    assert listed(stranger) == ["01088888888"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (f"?clientTelNo={BEN}", [BEN]),
        ("?clientTelNo=821012340002", [BEN]),
        ("?clientTelNo=0101234000", []),
        ("?clientTelNo=819012345678", ["819012345678"]),
        ("?clientTelNo=9012345678", []),
        ("?clientTelNo=114", ["114"]),
        ("?clientTelNo=", [ANN, BEN, COT, "819012345678", "114"]),
        (f"?startTime={milliseconds(1)}", [BEN, COT, "819012345678", "114"]),
        (f"?startTime={milliseconds(1) + 1}", [COT, "819012345678", "114"]),
        (f"?endTime={milliseconds(1)}", [ANN, BEN]),
        (f"?endTime={milliseconds(1) - 1}", [ANN]),
        (f"?startTime={milliseconds(1)}&endTime={milliseconds(1)}", [BEN]),
        (f"?startTime={milliseconds(1)}&endTime=", [BEN, COT, "819012345678", "114"]),
        (f"?startTime={milliseconds(9)}", []),
        ("?startTime=0&endTime=253402214400000", [ANN, BEN, COT, "819012345678", "114"]),
    ],
)
def test_by_number_and_by_time(sens: SensClient, query: str, found: list[str]) -> None:
    for minutes, number in enumerate([ANN, BEN, COT]):
        refusal(sens, number, minutes)
    refusal(sens, "9012345678", 3, country_code=81)
    refusal(sens, "114", 4)  # as a carrier once told it
    assert listed(sens, query) == found


@pytest.mark.parametrize(
    "query",
    [
        "pageSize=101",
        "pageSize=-1",
        "pageIndex=-1",
        "pageSize=x",
        "startTime=-1",
        "endTime=253402214400001",
        "startTime=2026-11-02",
        f"startTime={milliseconds(2)}&endTime={milliseconds(1)}",
        "clientTelNo=010-1234-0001",
        "pageIndex=10001",
    ],
)
def test_a_query_out_of_its_range_is_refused(sens: SensClient, query: str) -> None:
    answer = sens.get("/unsubscribes", target=sens.target(f"/unsubscribes?{query}"))
    assert answer.status_code == 400
    assert answer.json()["statusName"] == "fail"


def test_a_page_has_100_unless_less_is_asked_for(sens: SensClient) -> None:
    for n in range(101):
        refusal(sens, f"0101234{n:04}", n)
    everybody = [f"0101234{n:04}" for n in range(101)]
    assert listed(sens) == everybody[:100]
    assert listed(sens, "?pageIndex=1") == everybody[100:]
    assert listed(sens, "?pageSize=0") == []
    assert listed(sens, "?pageSize=30&pageIndex=3") == everybody[90:]
    assert listed(sens, "?pageSize=30&pageIndex=4") == []


def test_who_walks_through_skips_nobody_and_sees_nobody_twice(sens: SensClient, stranger: SensClient) -> None:
    rows = [refusal(sens, f"0101234000{n}", minutes) for n, minutes in enumerate([0, 0, 0, 1, 1, 2])]
    theirs = refusal(stranger, "01088888888")
    assert listed(sens, "?pageSize=2") == ["01012340000", "01012340001"]
    OptOut.objects.filter(pk=rows[0].pk).update(removed_at=NOON)
    refusal(sens, "01012340009", 9)
    assert listed(stranger, "?pageSize=2") == [theirs.number]
    assert listed(sens, "?pageSize=2&pageIndex=1") == ["01012340002", "01012340003"]
    assert listed(sens, "?pageSize=2&pageIndex=2") == ["01012340004", "01012340005"]
    assert listed(sens, "?pageSize=2&pageIndex=3") == ["01012340009"]
    assert listed(sens, "?pageSize=3&pageIndex=1") == ["01012340004", "01012340005", "01012340009"]


# --- entering --------------------------------------------------------------------------------------


def test_numbers_are_entered_each_once(sens: SensClient, stranger: SensClient) -> None:
    refusal(sens, ANN, source=OptOutSource.CALL)
    refusal(stranger, BEN)
    with time_machine.travel(NOON + 60 * MINUTE, tick=False):
        answer = sens.post("/unsubscribes", numbers(COT, ANN, "821012340002", "819012345678", COT))
    assert (answer.status_code, answer.json()) == (
        200,
        [
            {"clientTelNo": COT, "registerTime": "2026-11-02T13:00:00", "registerType": "M"},
            {"clientTelNo": ANN, "registerTime": "2026-11-02T12:00:00", "registerType": "C"},
            {"clientTelNo": BEN, "registerTime": "2026-11-02T13:00:00", "registerType": "M"},
            {"clientTelNo": "819012345678", "registerTime": "2026-11-02T13:00:00", "registerType": "M"},
        ],
    )
    rows = OptOut.objects.filter(project=sens.project).order_by("country_code", "number")
    assert list(rows.values_list("country_code", "number", "source", "line", "created_by")) == [
        (81, "9012345678", "API", None, None),
        (82, ANN, "CALL", None, None),
        (82, BEN, "API", None, None),
        (82, COT, "API", None, None),
    ]
    assert set(rows.values_list("last_refused_at", flat=True)) == {NOON + 60 * MINUTE}
    assert OptOut.objects.filter(project=stranger.project).count() == 1


def test_new_ones_are_told_to_webhooks_and_others_are_not(sens: SensClient) -> None:
    refusal(sens, ANN)
    sens.post("/unsubscribes", numbers(ANN, BEN))
    sens.post("/unsubscribes", numbers(BEN))
    [event] = ProjectEvent.objects.all()
    assert (event.project_id, event.name) == (sens.project.pk, EventName.OPT_OUT)
    assert (event.payload["recipientNo"], event.payload["unsubscribeNo"]) == (BEN, None)


def test_who_refuses_gets_no_advertising(sens: SensClient) -> None:
    sens.post("/unsubscribes", numbers(ANN))
    assert opted_out_among(project=sens.project, numbers=[(82, ANN), (82, BEN)]) == {(82, ANN)}


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ([], "The body: List should have at least 1 item after validation, not 0"),
        (
            numbers(*["01012345678"] * 1001),
            "The body: List should have at most 1000 items after validation, not 1001",
        ),
        ([{}], "0.clientTelNo: Field required"),
        (numbers(ANN, "010-1234-5678"), "1.clientTelNo: String should match pattern '^[0-9]{1,20}$'"),
        (numbers(ANN, "+821012345678"), "1.clientTelNo: String should match pattern '^[0-9]{1,20}$'"),
        (numbers(ANN, "１２３"), "1.clientTelNo: String should match pattern '^[0-9]{1,20}$'"),
        ({"clientTelNo": ANN}, "The body: Input should be a valid list"),
    ],
)
def test_a_body_that_is_none_is_refused_whole(sens: SensClient, method: str, body: Any, reason: str) -> None:
    refusal(sens, ANN)
    answer = sens.call(method, "/unsubscribes", body)
    assert answer.status_code == 400
    assert answer.json()["errors"] == [reason]
    assert in_force(sens) == [ANN]
    assert OptOut.objects.count() == 1


def test_numbers_that_are_none_are_named_and_nothing_is_entered(sens: SensClient) -> None:
    answer = sens.post("/unsubscribes", numbers(ANN, "123", BEN, *["0"] * 20))
    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        "1.clientTelNo: 123 is no phone number.",
        *[f"{place}.clientTelNo: 0 is no phone number." for place in range(3, 12)],
    ]
    assert not OptOut.objects.exists()


# --- removing --------------------------------------------------------------------------------------


def test_a_removal_keeps_its_evidence(sens: SensClient, key: AccessKey, stranger: SensClient) -> None:
    for number in (ANN, BEN, COT, "114"):
        refusal(sens, number)
    refusal(sens, "9012345678", country_code=81)
    refusal(stranger, ANN)
    with time_machine.travel(NOON + MINUTE, tick=False):
        given = numbers(ANN, "821012340002", "819012345678", "114", "01055555555")
        answer = sens.delete("/unsubscribes", given)
    assert (answer.status_code, answer.content) == (204, b"")
    assert in_force(sens) == [COT]
    assert in_force(stranger) == [ANN]
    removed = OptOut.objects.exclude(removed_at=None)
    assert set(removed.values_list("removed_at", "removed_by", "removal_reason")) == {
        (NOON + MINUTE, None, f"SENS API: DELETE unsubscribes, {key.access_key}")
    }
    assert removed.count() == 4


def test_who_refuses_again_has_a_new_row(sens: SensClient) -> None:
    for _twice in range(2):
        assert sens.post("/unsubscribes", numbers(ANN)).status_code == 200
        assert sens.delete("/unsubscribes", numbers(ANN)).status_code == 204
    assert sens.delete("/unsubscribes", numbers(ANN)).status_code == 204
    assert OptOut.objects.filter(removed_at=None).count() == 0
    assert OptOut.objects.count() == 2


@pytest.mark.parametrize(("method", "left"), [("POST", []), ("DELETE", [ANN])])
def test_a_call_made_before_is_refused(sens: SensClient, method: str, left: list[str]) -> None:
    """What it did was undone meanwhile, and is not done again."""
    headers = sens.signer.headers(method, sens.target("/unsubscribes"))

    def before() -> None:
        OptOut.objects.all().delete()
        if method == "DELETE":
            refusal(sens, ANN)

    before()
    assert sens.call(method, "/unsubscribes", numbers(ANN), headers=headers).status_code in (200, 204)
    before()
    answer = sens.call(method, "/unsubscribes", numbers(ANN), headers=headers)
    assert (answer.status_code, answer.json()["errors"]) == (
        401,
        ["This call was made before: sign each call anew."],
    )
    assert in_force(sens) == left


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("meanwhile", "left"),
    [
        ({"last_refused_at": NOON + timedelta(days=3650)}, [ANN]),
        ({"removed_at": NOON, "removal_reason": "Agreed by mail"}, []),
    ],
)
def test_who_refuses_or_is_removed_meanwhile_stays_so(
    sens: SensClient, key: AccessKey, meanwhile: dict[str, Any], left: list[str]
) -> None:
    """The removal waits for what is being written, and then sees it as it is."""
    row = refusal(sens, ANN)

    def call() -> Any:
        try:
            return SensClient(sens.project, key).delete("/unsubscribes", numbers(ANN))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            OptOut.objects.filter(pk=row.pk).update(**meanwhile)
            work = pool.submit(call)
            until_it_waits(work)
        assert work.result(timeout=30).status_code == 204
    assert in_force(sens) == left
    row.refresh_from_db()
    assert row.removal_reason == meanwhile.get("removal_reason", "")


# --- how much it costs -----------------------------------------------------------------------------


def test_a_thousand_numbers_are_one_statement(sens: SensClient) -> None:
    thousand = numbers(*[f"0101234{n:04}" for n in range(1000)])
    counted = []
    for some in (thousand[:1], thousand):
        with CaptureQueriesContext(connection) as entered:
            assert len(sens.post("/unsubscribes", some).json()) == len(some)
        with CaptureQueriesContext(connection) as read:
            assert len(listed(sens)) == min(len(some), 100)
        with CaptureQueriesContext(connection) as removed:
            assert sens.delete("/unsubscribes", some).status_code == 204
        counted.append((len(entered), len(read), len(removed)))
    assert counted[1] == (10, 3, 8)
    assert OptOut.objects.exclude(removed_at=None).count() == 1001


# --- over the wire ---------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_delete_with_a_body_passes_the_production_server(sens: SensClient) -> None:
    """With the service's colons encoded or not: what is signed is what goes over the wire."""
    for number in (ANN, BEN, COT):
        refusal(sens, number)
    with served() as port:
        named = sens.project.service_id
        for service, number in [(named, ANN), (quote(named, safe=""), BEN)]:
            target = f"/sms/v2/services/{service}/unsubscribes"
            headers = {**sens.signer.headers("DELETE", target), "Content-Type": "application/json"}
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            client.request("DELETE", target, json.dumps(numbers(number)), headers)
            answer = client.getresponse()
            assert (answer.status, answer.read()) == (204, b"")
    assert in_force(sens) == [COT]
