"""POST messages, field by field: what the document says of each, and what is written of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from messaging.gateways.simulator import Simulator
from messaging.models import InternationalSettings, Message, SeenSignature, SendRequest
from messaging.sending.submitting import drain
from messaging.states import Lane
from tests.factories import OptOutLineFactory, SenderNumberFactory
from tests.messaging.api.sens.client import SensClient
from tests.sends import simulator_of

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 22, 3, tzinfo=UTC)  # in Korea
LINE = "0801234567"


def taken(sens: SensClient, wish: dict[str, Any]) -> SendRequest:
    answer = sens.post("/messages", wish)
    assert answer.status_code == 202, answer.content
    return SendRequest.objects.get(pk=answer.json()["requestId"])


def refused(sens: SensClient, wish: dict[str, Any], *reasons: str) -> None:
    """Whether those were the reasons, and nothing came of the call."""
    answer = sens.post("/messages", wish)
    assert (answer.status_code, answer.json()["errors"]) == (400, list(reasons))
    assert not SendRequest.objects.exists()
    assert not SeenSignature.objects.exists()


def at_carrier(sens: SensClient) -> dict[str, list[str]]:
    """Sender, subject and text by recipient, of all that the carrier has."""
    drain(Lane.SINGLE)
    simulator: Simulator = simulator_of(sens.project)
    with simulator.ledger.reading() as database:
        rows = database.execute(
            "SELECT recipient, sender, message.subject, text FROM message"
            " JOIN submission ON seq = submission ORDER BY id"
        ).fetchall()
    return {recipient: said for recipient, *said in rows}


class TestTypes:
    @pytest.mark.parametrize(
        ("written", "type_"), [("SMS", "SMS"), ("sms", "SMS"), ("Lms", "LMS"), ("lms", "LMS"), ("mms", "LMS")]
    )
    def test_in_either_case(self, sens, sending, written, type_) -> None:
        """An MMS has no file here, and goes as LMS."""
        assert taken(sens, sending(type=written)).message_type == type_

    @pytest.mark.parametrize("type_", ["", "MO", "SMS ", "RCS", None])
    def test_none_of_the_three(self, sens, sending, type_) -> None:
        answer = sens.post("/messages", sending(type=type_))
        assert answer.status_code == 400
        assert answer.json()["errors"][0].startswith("type: ")
        assert not SendRequest.objects.exists()

    def test_it_must_be_said(self, sens, sending) -> None:
        wish = sending()
        del wish["type"]
        refused(sens, wish, "type: Field required")

    @pytest.mark.parametrize("changes", [{}, {"contentType": "COMM"}, {"contentType": "comm"}])
    def test_comm_unless_it_is_said_otherwise(self, sens, sending, changes) -> None:
        assert taken(sens, sending(**changes)).purpose == "GENERAL"

    @pytest.mark.parametrize("nothing", [None, ""])
    def test_nothing_said_is_the_default(self, sens, sending, nothing) -> None:
        request = taken(
            sens,
            sending(contentType=nothing, countryCode=nothing, reserveTime=nothing, reserveTimeZone=nothing),
        )
        assert (request.purpose, request.time_zone) == ("GENERAL", "")
        assert Message.objects.get().country_code == 82


class TestSender:
    def test_it_is_a_number_that_is_registered_and_approved(self, sens, sending) -> None:
        SenderNumberFactory(approved=True, project=sens.project, number="01012345678")
        SenderNumberFactory(project=sens.project, number="01011112222")  # not approved
        SenderNumberFactory(approved=True, number="01033334444")  # another project's
        for number in ("01011112222", "01033334444", "01099998888"):
            reason = f"The caller ID {number} is not registered and approved in this service."
            refused(sens, sending(**{"from": number}), reason)
        assert taken(sens, sending(**{"from": "01012345678"})).sender == "01012345678"
        assert at_carrier(sens)["01012345678"][0] == "01012345678"

    def test_it_must_be_said(self, sens, sending) -> None:
        wish = sending()
        del wish["from"]
        refused(sens, wish, "from: Field required")


class TestCountries:
    def test_those_that_the_service_sends_to(self, sens, sending) -> None:
        InternationalSettings.objects.create(project=sens.project, countries=[65], monthly_limit=100)
        singapore = taken(sens, sending(countryCode="65", messages=[{"to": "81234567"}]))
        japan = taken(sens, sending(countryCode="81", messages=[{"to": "9012345678"}]))
        assert list(at_carrier(sens)) == ["81234567"]
        rows = Message.objects.values_list("country_code", "recipient", "state", "result_code")
        assert rows.get(request=singapore) == (65, "81234567", "SENT", None)
        assert rows.get(request=japan) == (81, "9012345678", "FAILED", "B013")

    def test_a_number_of_no_country_is_none(self, sens, sending) -> None:
        request = taken(sens, sending(countryCode="999", messages=[{"to": "81234567"}]))
        assert Message.objects.values_list("state", "result_code").get(request=request) == ("FAILED", "B011")

    @pytest.mark.parametrize("type_", ["LMS", "MMS"])
    def test_only_sms_go_there(self, sens, sending, type_) -> None:
        wish = sending(type=type_, countryCode="65", messages=[{"to": "81234567"}])
        refused(sens, wish, "To other countries (countryCode) only SMS is sent.")


class TestTexts:
    def test_what_a_recipient_has_of_its_own_wins(self, sens, sending) -> None:
        many = [
            {"to": "01000000000"},
            {"to": "01000000001", "content": "own text"},
            {"to": "01000000002", "subject": "own subject"},
            {"to": "01000000003", "subject": "own subject", "content": "own text"},
            {"to": "01000000004", "subject": "", "content": ""},
            {"to": "01000000005", "subject": None, "content": None},
        ]
        taken(sens, sending(type="LMS", subject="subject", messages=many))
        assert at_carrier(sens) == {
            "01000000000": ["0212345678", "subject", "content"],
            "01000000001": ["0212345678", "subject", "own text"],
            "01000000002": ["0212345678", "own subject", "content"],
            "01000000003": ["0212345678", "own subject", "own text"],
            "01000000004": ["0212345678", "subject", "content"],
            "01000000005": ["0212345678", "subject", "content"],
        }

    def test_an_sms_has_no_subject(self, sens, sending) -> None:
        taken(sens, sending(subject="subject", messages=[{"to": "01012345678", "subject": "own"}]))
        assert at_carrier(sens) == {"01012345678": ["0212345678", "", "content"]}

    def test_a_subject_of_null_is_none(self, sens, sending) -> None:
        taken(sens, sending(type="LMS", subject=None))
        assert at_carrier(sens) == {"01012345678": ["0212345678", "", "content"]}

    @pytest.mark.parametrize(("type_", "most"), [("SMS", 90), ("LMS", 2000), ("MMS", 2000)])
    def test_what_is_too_long_is_cut_to_the_limit(self, sens, sending, type_, most) -> None:
        many = [
            {"to": "01000000000", "content": "a" * most, "subject": "b" * 40},
            {"to": "01000000001", "content": "a" * (most + 1), "subject": "b" * 41},
            {"to": "01000000002", "content": "가" * (most // 2 + 1), "subject": "나" * 21},
            {"to": "01000000003", "content": "a" + "가" * (most // 2), "subject": "b" + "나" * 20},
        ]
        taken(sens, sending(type=type_, messages=many))
        found = at_carrier(sens)
        assert [text for _sender, _subject, text in found.values()] == [
            "a" * most,
            "a" * most,
            "가" * (most // 2),
            "a" + "가" * (most // 2 - 1),
        ]
        subjects = ["b" * 40, "b" * 40, "나" * 20, "b" + "나" * 19]
        assert [subject for _sender, subject, _text in found.values()] == (
            [""] * 4 if type_ == "SMS" else subjects
        )

    @pytest.mark.parametrize("nothing", [None, ""])
    def test_there_is_a_text_for_all(self, sens, sending, nothing) -> None:
        """Also where each recipient has its own: so the document has it."""
        wish = sending(content=nothing, messages=[{"to": "01012345678", "content": "own"}])
        answer = sens.post("/messages", wish)
        assert answer.status_code == 400
        assert [each.partition(":")[0] for each in answer.json()["errors"]] == ["content"]
        del wish["content"]
        refused(sens, wish, "content: Field required")

    @pytest.mark.parametrize(
        "text", ["##name##", "#{name} {{ name }} %(name)s", "##content##", "##", "##a## ##b##"]
    )
    def test_a_text_is_no_template(self, sens, sending, text) -> None:
        taken(
            sens,
            sending(content=text, messages=[{"to": "01000000000"}, {"to": "01000000001", "content": text}]),
        )
        assert [sent[2] for sent in at_carrier(sens).values()] == [text, text]


class TestRecipients:
    def test_one_to_a_hundred(self, sens, sending) -> None:
        many = [{"to": f"010{n:08}"} for n in range(101)]
        too_many = "messages: List should have at most 100 items after validation, not 101"
        refused(sens, sending(messages=many), too_many)
        none = "messages: List should have at least 1 item after validation, not 0"
        refused(sens, sending(messages=[]), none)
        request = taken(sens, sending(messages=many[:100]))
        assert Message.objects.filter(request=request).count() == request.total == 100

    @pytest.mark.parametrize(
        "number", ["010-1234-5678", "+821012345678", "010 1234 5678", "", "０１０12345678", "0" * 21]
    )
    def test_digits_only(self, sens, sending, number) -> None:
        answer = sens.post("/messages", sending(messages=[{"to": "01000000000"}, {"to": number}]))
        assert answer.status_code == 400
        assert [each.partition(":")[0] for each in answer.json()["errors"]] == ["messages.1.to"]
        assert not SendRequest.objects.exists()

    def test_a_wrong_number_fails_with_its_code_and_the_others_go(self, sens, sending) -> None:
        wrong = ["0", "0101234", "010123456789012", "19"]
        many = [{"to": "01012345678"}, *({"to": number} for number in wrong), {"to": "01087654321"}]
        request = taken(sens, sending(messages=many))
        assert list(at_carrier(sens)) == ["01012345678", "01087654321"]
        listed = sens.get(f"/messages?requestId={request.pk}").json()["messages"]
        assert [(each["to"], each["status"], each.get("statusCode")) for each in listed] == [
            ("01012345678", "PROCESSING", None),
            *((number, "COMPLETED", "1002") for number in wrong),
            ("01087654321", "PROCESSING", None),
        ]

    def test_a_number_that_comes_twice_gets_both(self, sens, sending) -> None:
        """As each may have a text of its own."""
        many = [{"to": "01012345678", "content": text} for text in ("one", "two")]
        request = taken(sens, sending(messages=many))
        assert Message.objects.filter(request=request).count() == 2


class TestReservations:
    def test_its_time_is_koreas_unless_a_zone_is_named(self, sens, sending) -> None:
        with time_machine.travel(NOON, tick=False):
            for zone, due in (
                ({}, "2026-11-22T09:30"),
                ({"reserveTimeZone": "Asia/Seoul"}, "2026-11-22T09:30"),
                ({"reserveTimeZone": "America/New_York"}, "2026-11-22T23:30"),
                ({"reserveTimeZone": "UTC"}, "2026-11-22T18:30"),
            ):
                request = taken(sens, sending(reserveTime="2026-11-22 18:30", **zone))
                assert request.due_at.isoformat() == f"{due}:00+00:00"
                assert request.time_zone == zone.get("reserveTimeZone", "Asia/Seoul")
                assert request.state == "SCHEDULED"

    @pytest.mark.parametrize(
        "written",
        [
            "2026-11-22",
            "2026-11-22T18:30",
            "2026-11-22 18:30:00",
            "22.11.2026 18:30",
            "2026-11-31 18:30",
            "now",
        ],
    )
    def test_how_it_is_written(self, sens, sending, written) -> None:
        with time_machine.travel(NOON, tick=False):
            refused(sens, sending(reserveTime=written), "reserveTime is written as yyyy-MM-dd HH:mm.")

    @pytest.mark.parametrize("zone", ["Seoul", "KST+9", "Asia/Atlantis", "+09:00", "Asia/", "."])
    def test_a_zone_is_one_of_the_tz_database(self, sens, sending, zone) -> None:
        with time_machine.travel(NOON, tick=False):
            wish = sending(reserveTime="2026-11-22 18:30", reserveTimeZone=zone)
            refused(sens, wish, "reserveTimeZone is a name of the TZ database, such as Asia/Seoul.")

    def test_not_in_the_past_nor_more_than_180_days_ahead(self, sens, sending) -> None:
        out_of_range = "The reserved time has passed, or is more than 180 days ahead."
        with time_machine.travel(NOON, tick=False):
            for written in ("2026-11-22 11:59", "2025-11-22 18:30", "2027-05-21 12:01"):
                refused(sens, sending(reserveTime=written), out_of_range)
            last = taken(sens, sending(reserveTime="2027-05-21 12:00"))
        assert last.due_at == NOON + timedelta(days=180)

    def test_whoever_reserves_for_this_minute_means_now(self, sens, sending) -> None:
        with time_machine.travel(NOON + timedelta(seconds=59), tick=False):
            request = taken(sens, sending(reserveTime="2026-11-22 12:00"))
        assert (request.due_at, request.state) == (NOON + timedelta(seconds=59), "SENDING")

    def test_a_time_that_clocks_jump_over_is_none(self, sens, sending) -> None:
        """In New York they go from 01:59 to 03:00 on 14 March 2027."""
        zone = {"reserveTimeZone": "America/New_York"}
        with time_machine.travel(NOON, tick=False):
            reason = "At this reserveTime clocks are set forward in reserveTimeZone: it does not exist."
            refused(sens, sending(reserveTime="2027-03-14 02:30", **zone), reason)
            for written, due in (("2027-03-14 01:59", "06:59"), ("2027-03-14 03:00", "07:00")):
                request = taken(sens, sending(reserveTime=written, **zone))
                assert request.due_at.isoformat() == f"2027-03-14T{due}:00+00:00"

    def test_of_a_time_that_comes_twice_it_is_the_first(self, sens, sending) -> None:
        with time_machine.travel("2026-10-01T00:00:00+00:00", tick=False):
            wish = sending(reserveTime="2026-11-01 01:30", reserveTimeZone="America/New_York")
            assert taken(sens, wish).due_at.isoformat() == "2026-11-01T05:30:00+00:00"


class TestAdvertising:
    NO_LINE = "Advertising (AD) names in each text an 080 number that is open in this service."

    @pytest.mark.parametrize("written", ["AD", "ad"])
    def test_each_text_names_an_open_line(self, sens, sending, written) -> None:
        line = OptOutLineFactory(project=sens.project, opened=True, number=LINE)
        many = [
            {"to": "01012345678"},
            {"to": "01087654321", "content": "(Ad) own [Free call block]080-123-4567"},
        ]
        wish = sending(contentType=written, content=f"(Ad) content [Free call block]{LINE}", messages=many)
        request = taken(sens, wish)
        assert (request.purpose, request.opt_out_line) == ("AD", line)
        assert len(at_carrier(sens)) == 2

    @pytest.mark.parametrize(
        "content", ["content", "0801234568", f"0{LINE}", f"{LINE}8", "080-123-456", "080 1234"]
    )
    def test_a_text_that_names_none_is_refused(self, sens, sending, content) -> None:
        OptOutLineFactory(project=sens.project, opened=True, number=LINE)
        refused(sens, sending(contentType="AD", content=content), self.NO_LINE)
        own = [{"to": "01012345678", "content": content}]
        refused(sens, sending(contentType="AD", content=LINE, messages=own), self.NO_LINE)

    def test_a_line_that_is_not_open_or_anothers(self, sens, sending) -> None:
        OptOutLineFactory(project=sens.project, number=LINE)
        OptOutLineFactory(opened=True, number="0809876543")
        for number in (LINE, "0809876543"):
            refused(sens, sending(contentType="AD", content=number), self.NO_LINE)

    def test_a_text_for_all_that_nobody_gets_names_none(self, sens, sending) -> None:
        OptOutLineFactory(project=sens.project, opened=True, number=LINE)
        own = [{"to": "01012345678", "content": f"own {LINE}"}]
        assert taken(sens, sending(contentType="AD", messages=own)).purpose == "AD"


def test_its_answer(sens, sending) -> None:
    """The moment in Korea, to the millisecond."""
    with time_machine.travel(datetime(2026, 11, 22, 15, 4, 5, 678_999, tzinfo=UTC), tick=False):
        answer = sens.post("/messages", sending())
    assert (answer.status_code, answer["Content-Type"]) == (202, "application/json; charset=utf-8")
    assert answer.json() == {
        "requestId": str(SendRequest.objects.get().pk),
        "requestTime": "2026-11-23T00:04:05.678",
        "statusCode": "202",
        "statusName": "success",
    }
