"""GET messages: which messages a program is shown, and which searches are refused."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, quote_plus
from uuid import UUID

import pytest
import time_machine
from django.core.cache import cache
from django.utils import timezone

from messaging.models import SendRequest
from messaging.sending.canceling import cancel_request, finish_canceling
from messaging.sending.outcomes import move_unknown
from messaging.states import MessageState, MessageType, Purpose, RequestState, Source
from tests.messaging.api.sens.asking import (
    NOW,
    SEOUL,
    finish,
    get,
    ids,
    ids_of,
    numbers,
    posted,
    query,
    refused,
    today,
    written,
)
from tests.messaging.api.sens.client import SensClient

pytestmark = pytest.mark.django_db

RESULT_FIELDS = ("status", "statusCode", "statusName", "statusMessage", "completeTime")


@pytest.fixture(autouse=True)
def forgotten() -> None:
    cache.clear()


class TestOfARequest:
    def test_its_messages_in_the_order_in_which_they_were_given(self, sens, sending) -> None:
        posted(sens, sending())
        request = posted(sens, sending(messages=numbers(3)))
        assert get(sens, requestId=request.pk) == {
            "statusCode": "202",
            "statusName": "success",
            "messages": [
                {
                    "requestId": str(request.pk),
                    "campaignId": "",
                    "messageId": str(UUID(int=request.pk.int + 1 + n)),
                    "requestTime": written(request.created_at),
                    "contentType": "COMM",
                    "type": "SMS",
                    "countryCode": "82",
                    "from": "0212345678",
                    "to": f"0101234000{n}",
                    "status": "READY",
                }
                for n in range(3)
            ],
            "pageIndex": 0,
            "pageSize": 1000,
            "itemCount": 3,
            "hasMore": False,
        }

    def test_a_thousand_a_page_and_no_more(self, sens, sending) -> None:
        request = posted(sens, sending(messages=numbers(3)))
        assert get(sens, requestId=request.pk, pageSize=1000)["pageSize"] == 1000
        assert refused(sens, requestId=request.pk, pageSize=1001) == ["pageSize is at most 1000 here."]
        page = get(sens, requestId=request.pk, pageSize=2)
        assert (ids(page), page["itemCount"], page["hasMore"]) == (ids_of(request, 1, 2), 2, True)

    @pytest.mark.parametrize("named", ["c0ffee", "", "00000000-0000-0000-0000-000000000000", "%00"])
    def test_one_that_is_not_there(self, sens, named: str) -> None:
        answer = sens.get(f"/messages?requestId={named}")
        assert answer.status_code == (404 if named else 400)

    def test_a_strangers_sounds_the_same_as_none(self, sens, stranger, sending) -> None:
        request = posted(sens, sending())
        nobodys = refused(stranger, 404, requestId="0" * 32)
        assert refused(stranger, 404, requestId=request.pk) == nobodys
        assert nobodys == ["This service has no such request (requestId) of the last 90 days."]

    def test_times_narrow_it(self, sens, sending) -> None:
        with time_machine.travel(NOW, tick=False):
            request = posted(sens, sending())
            at = {"requestStartTime": written(NOW), "requestEndTime": written(NOW)}
            assert ids(get(sens, requestId=request.pk, **at)) == ids_of(request, 1)
            before = written(NOW - timedelta(seconds=1))
            later = {"requestStartTime": before, "requestEndTime": before}
            assert ids(get(sens, requestId=request.pk, **later)) == []
            finish(request, 1, MessageState.DELIVERED, NOW)
            done = {"completeStartTime": written(NOW), "completeEndTime": written(NOW)}
            assert ids(get(sens, requestId=request.pk, **done)) == ids_of(request, 1)
            done = {"completeStartTime": before, "completeEndTime": before}
            assert ids(get(sens, requestId=request.pk, **done)) == []

    def test_one_that_could_not_be_loaded_says_so(self, sens, sending) -> None:
        request = posted(sens, sending())
        SendRequest.objects.update(state=RequestState.FAILED)
        assert get(sens, requestId=request.pk)["statusName"] == "fail"


class TestReservations:
    def test_before_it_is_due_it_is_reserved_and_has_no_messages(self, sens, sending) -> None:
        due = written(timezone.now() + timedelta(hours=3))[:16]
        request = posted(sens, sending(reserveTime=due))
        assert get(sens, requestId=request.pk) == {
            "statusCode": "202",
            "statusName": "reserved",
            "messages": [],
            "pageIndex": 0,
            "pageSize": 1000,
            "itemCount": 0,
            "hasMore": False,
        }
        assert get(sens, **today())["messages"] == []
        assert get(sens, **today())["statusName"] == "success"
        assert sens.get(f"/messages/{ids_of(request, 1)[0]}").status_code == 404

    def test_once_it_is_due_it_is_as_any_other(self, sens, sending) -> None:
        due = timezone.now() + timedelta(hours=3)
        request = posted(sens, sending(reserveTime=written(due)[:16]))
        with time_machine.travel(due, tick=False):
            found = get(sens, requestId=request.pk)
            assert (found["statusName"], ids(found)) == ("success", ids_of(request, 1))
            assert sens.get(f"/messages/{ids_of(request, 1)[0]}").status_code == 200

    def test_what_was_canceled_is_completed(self, sens, sending) -> None:
        due = written(timezone.now() + timedelta(hours=3))[:16]
        request = posted(sens, sending(reserveTime=due))
        cancel_request(request=request, actor=None)
        finish_canceling()
        [message] = get(sens, requestId=request.pk)["messages"]
        assert (message["status"], message["statusCode"]) == ("COMPLETED", "3014")
        assert (message["statusName"], message["statusMessage"]) == ("fail", "Canceled")


class TestWhatMustBeAsked:
    def test_one_of_three(self, sens) -> None:
        pairs = "requestStartTime and requestEndTime, or completeStartTime and completeEndTime"
        said = f"Give requestId, or {pairs}."
        assert refused(sens) == [said]
        assert refused(sens, messageId="0" * 32, to="01012345678") == [said]
        assert refused(sens, requestId="") == [said]

    @pytest.mark.parametrize("name", ["requestStartTime", "requestEndTime"])
    def test_both_times_of_requests(self, sens, name: str) -> None:
        said = ["requestStartTime and requestEndTime are given together."]
        assert refused(sens, **{name: written(timezone.now())}) == said

    @pytest.mark.parametrize("name", ["completeStartTime", "completeEndTime"])
    def test_both_times_of_completion(self, sens, name: str) -> None:
        said = ["completeStartTime and completeEndTime are given together."]
        assert refused(sens, **{name: written(timezone.now())}) == said

    @pytest.mark.parametrize("name", ["completeStartTime", "completeEndTime"])
    def test_never_both_pairs(self, sens, name: str) -> None:
        said = ["Ask for request times or for complete times, not for both."]
        assert refused(sens, **today(**{name: written(timezone.now())})) == said

    @pytest.mark.parametrize(
        ("name", "days", "said"),
        [("request", 30, "30 days"), ("complete", 1, "24 hours")],
    )
    def test_how_far_apart(self, sens, name: str, days: int, said: str) -> None:
        end = timezone.now().replace(microsecond=0)
        asked = {f"{name}StartTime": written(end - timedelta(days=days)), f"{name}EndTime": written(end)}
        assert get(sens, **asked)["messages"] == []
        asked[f"{name}StartTime"] = written(end - timedelta(days=days, seconds=1))
        assert refused(sens, **asked) == [f"From {name}StartTime to {name}EndTime are at most {said}."]

    @pytest.mark.parametrize("name", ["request", "complete"])
    def test_the_last_90_days(self, sens, name: str) -> None:
        with time_machine.travel(NOW, tick=False):
            first = datetime(2026, 8, 24, tzinfo=SEOUL)
            assert NOW - first == timedelta(days=90, hours=12)
            end = {f"{name}EndTime": written(first + timedelta(hours=23))}
            assert get(sens, **end, **{f"{name}StartTime": written(first)})["messages"] == []
            asked = {f"{name}StartTime": written(first - timedelta(seconds=1)), **end}
            assert refused(sens, **asked) == [f"{name}StartTime is more than 90 days ago."]

    def test_the_end_is_not_before_the_beginning(self, sens) -> None:
        at = timezone.now()
        asked = {"requestStartTime": written(at), "requestEndTime": written(at - timedelta(seconds=1))}
        assert refused(sens, **asked) == ["requestEndTime is before requestStartTime."]

    @pytest.mark.parametrize("at", ["2026-11-22", "2026-11-22T12:00:00", "2026-02-30 00:00:00", "now", "-1"])
    def test_how_times_are_written(self, sens, at: str) -> None:
        said = ["requestStartTime is written as yyyy-MM-dd HH:mm:ss."]
        assert refused(sens, requestStartTime=at, requestEndTime=at) == said

    @pytest.mark.parametrize("at", ["0001-01-01 00:00:00", "9999-12-31 23:59:59"])
    def test_any_year_can_be_asked_for(self, sens, at: str) -> None:
        for name in ("request", "complete"):
            answer = sens.get(query(**{f"{name}StartTime": at, f"{name}EndTime": at}))
            assert answer.status_code == (400 if at < "2" else 200)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("type", "RCS"),
            ("contentType", "AUTH"),
            ("countryCode", "KR"),
            ("countryCode", "8200"),
            ("status", "DONE"),
            ("statusName", "reserved"),
            ("from", "02-1234-5678"),
            ("to", "010-1234-5678"),
            ("pageIndex", "-1"),
            ("pageIndex", "first"),
            ("pageSize", "0"),
            ("pageSize", "101"),
        ],
    )
    def test_a_filter_that_is_none_of_its_values(self, sens, name: str, value: str) -> None:
        [said] = refused(sens, **today(**{name: value}))
        assert said.startswith(name)


class TestHowQueriesAreWritten:
    @pytest.mark.parametrize("quoted", [quote, quote_plus, lambda text: quote(text, safe=":")])
    def test_spaces_and_colons(self, sens, sending, quoted) -> None:
        request = posted(sens, sending())
        asked = "&".join(f"{name}={quoted(at)}" for name, at in today().items())
        answer = sens.get(f"/messages?{asked}")
        assert answer.status_code == 200, answer.content
        assert ids(answer.json()) == ids_of(request, 1)

    def test_what_is_left_empty_is_not_asked_for(self, sens, sending) -> None:
        request = posted(sens, sending())
        empty = dict.fromkeys(
            [
                *("completeStartTime", "completeEndTime", "requestId", "messageId", "type", "contentType"),
                *("countryCode", "status", "from", "to", "statusName", "pageIndex", "pageSize"),
            ],
            "",
        )
        found = get(sens, **today(**empty))
        assert (ids(found), found["pageIndex"], found["pageSize"]) == (ids_of(request, 1), 0, 20)

    def test_either_case(self, sens, sending) -> None:
        request = posted(sens, sending())
        found = get(sens, **today(type="sms", contentType="comm", status="ready"))
        assert ids(found) == ids_of(request, 1)


class TestFilters:
    @pytest.fixture
    def requests(self, sens, sending, project) -> dict[str, SendRequest]:
        """An SMS, an LMS, and an SMS to Japan."""
        return {
            "sms": posted(sens, sending(messages=numbers(2))),
            "lms": posted(sens, sending(type="LMS", subject="s")),
            "japan": posted(sens, sending(countryCode="81", messages=[{"to": "9012345678"}])),
        }

    def found(self, sens: SensClient, **filters: Any) -> list[str]:
        return ids(get(sens, **today(**filters)))

    def test_none(self, sens, requests) -> None:
        every = ids_of(requests["sms"], 1, 2) + ids_of(requests["lms"], 1) + ids_of(requests["japan"], 1)
        assert self.found(sens) == every

    def test_by_message(self, sens, requests) -> None:
        [wanted] = ids_of(requests["sms"], 2)
        assert self.found(sens, messageId=wanted) == [wanted]
        assert self.found(sens, messageId="2") == []
        assert self.found(sens, messageId="0" * 32) == []

    def test_by_type(self, sens, requests) -> None:
        assert self.found(sens, type="LMS") == ids_of(requests["lms"], 1)
        assert self.found(sens, type="MMS") == []

    def test_by_content_type(self, sens, requests) -> None:
        SendRequest.objects.filter(pk=requests["lms"].pk).update(purpose=Purpose.ADVERTISING)
        SendRequest.objects.filter(pk=requests["japan"].pk).update(purpose=Purpose.AUTHENTICATION)
        assert self.found(sens, contentType="AD") == ids_of(requests["lms"], 1)
        others = ids_of(requests["sms"], 1, 2) + ids_of(requests["japan"], 1)
        assert self.found(sens, contentType="COMM") == others

    def test_by_country(self, sens, requests) -> None:
        assert self.found(sens, countryCode="81") == ids_of(requests["japan"], 1)
        assert self.found(sens, countryCode="1") == []

    def test_by_the_calling_number(self, sens, requests) -> None:
        SendRequest.objects.filter(pk=requests["lms"].pk).update(sender="0311112222")
        assert self.found(sens, **{"from": "0311112222"}) == ids_of(requests["lms"], 1)

    def test_by_the_called_number(self, sens, requests) -> None:
        assert self.found(sens, to="01012340001") == ids_of(requests["sms"], 2)
        assert self.found(sens, to="9012345678") == ids_of(requests["japan"], 1)

    def test_by_status_and_by_result(self, sens, requests) -> None:
        at = timezone.now()
        sms, lms, japan = requests.values()
        finish(sms, 1, MessageState.DELIVERED, at)
        finish(sms, 2, MessageState.FAILED, at, "3001")
        finish(lms, 1, MessageState.SENT, at, None)
        assert self.found(sens, status="READY") == ids_of(japan, 1)
        assert self.found(sens, status="PROCESSING") == ids_of(lms, 1)
        assert self.found(sens, status="COMPLETED") == ids_of(sms, 1, 2)
        assert self.found(sens, statusName="SUCCESS") == ids_of(sms, 1)
        assert self.found(sens, statusName="FAIL") == ids_of(sms, 2)
        assert self.found(sens, status="READY", statusName="FAIL") == []
        finish(japan, 1, MessageState.UNKNOWN, at, "B007")
        finish(lms, 1, MessageState.CANCELED, at, "B006")
        assert self.found(sens, statusName="FAIL") == [*ids_of(sms, 2), *ids_of(lms, 1), *ids_of(japan, 1)]

    def test_the_consoles_own_codes_are_nobodys(self, sens, requests) -> None:
        SendRequest.objects.filter(pk=requests["lms"].pk).update(source=Source.SYSTEM)
        assert self.found(sens, type="LMS") == []
        assert refused(sens, 404, requestId=requests["lms"].pk)
        assert sens.get(f"/messages/{ids_of(requests['lms'], 1)[0]}").status_code == 404

    def test_what_a_person_sent_is_the_projects_too(self, sens, requests) -> None:
        SendRequest.objects.filter(pk=requests["lms"].pk).update(source=Source.CONSOLE)
        assert self.found(sens, type="LMS") == ids_of(requests["lms"], 1)

    def test_a_strangers_search_finds_nothing(self, stranger, requests) -> None:
        assert self.found(stranger) == []
        assert self.found(stranger, messageId=ids_of(requests["sms"], 1)[0]) == []
        at = timezone.now()
        finish(requests["sms"], 1, MessageState.DELIVERED, at)
        done = {"completeStartTime": written(at), "completeEndTime": written(at)}
        assert ids(get(stranger, **done)) == []


class TestByRequestTime:
    def test_both_ends_are_whole_seconds_that_belong_to_it(self, sens, sending) -> None:
        made = []
        for at in (NOW - timedelta(milliseconds=1), NOW, NOW + timedelta(milliseconds=1999)):
            with time_machine.travel(at, tick=False):
                made.append(posted(sens, sending()))
        with time_machine.travel(NOW + timedelta(hours=1), tick=False):
            asked = {
                "requestStartTime": written(NOW),
                "requestEndTime": written(NOW + timedelta(seconds=1)),
            }
            found = get(sens, **asked)
            assert ids(found) == ids_of(made[1], 1) + ids_of(made[2], 1)
            times = [each["requestTime"] for each in found["messages"]]
            assert times == ["2026-11-22 12:00:00", "2026-11-22 12:00:01"]

    def test_times_are_koreas(self, sens, sending) -> None:
        with time_machine.travel(datetime(2026, 11, 22, 15, 30, tzinfo=UTC), tick=False):
            posted(sens, sending())
            asked = {"requestStartTime": "2026-11-23 00:30:00", "requestEndTime": "2026-11-23 00:30:00"}
            assert get(sens, **asked)["messages"][0]["requestTime"] == "2026-11-23 00:30:00"


class TestByCompleteTime:
    def test_those_that_finished_in_it_whenever_they_were_made(self, sens, sending) -> None:
        with time_machine.travel(NOW - timedelta(days=3), tick=False):
            old = posted(sens, sending(messages=numbers(3)))
        with time_machine.travel(NOW, tick=False):
            new = posted(sens, sending(messages=numbers(2)))
        finish(old, 1, MessageState.DELIVERED, NOW - timedelta(seconds=1))
        finish(old, 2, MessageState.DELIVERED, NOW + timedelta(milliseconds=10_999))
        finish(old, 3, MessageState.FAILED, NOW + timedelta(seconds=11), "3001")
        finish(new, 1, MessageState.FAILED, NOW, "3001")
        with time_machine.travel(NOW + timedelta(hours=1), tick=False):
            asked = {
                "completeStartTime": written(NOW),
                "completeEndTime": written(NOW + timedelta(seconds=10)),
            }
            assert ids(get(sens, **asked)) == ids_of(old, 2) + ids_of(new, 1)
            assert ids(get(sens, **asked, statusName="FAIL")) == ids_of(new, 1)
            assert ids(get(sens, **asked, pageSize=1)) == ids_of(old, 2)
            assert ids(get(sens, **asked, pageSize=1, pageIndex=1)) == ids_of(new, 1)
            assert ids(get(sens, **asked, pageSize=1, pageIndex=2)) == []

    def test_what_nobody_knows_is_found_where_its_answer_says(self, sens, sending) -> None:
        """It may have been handed over: completed at that time, as a timeout, until a report says more."""
        with time_machine.travel(NOW, tick=False):
            request = posted(sens, sending(messages=numbers(2)))
            [doubtful] = ids_of(request, 1)
            assert move_unknown([doubtful], NOW + timedelta(seconds=5), {}) == [("B008", 82, 1, 0)]
            at = written(NOW + timedelta(seconds=5))
            found = get(sens, completeStartTime=at, completeEndTime=at)
        assert ids(found) == [doubtful]
        assert {name: found["messages"][0][name] for name in RESULT_FIELDS} == {
            "status": "COMPLETED",
            "statusCode": "2000",
            "statusName": "fail",
            "statusMessage": "Not known whether it was handed over",
            "completeTime": at,
        }


def test_what_is_older_than_90_days_is_not_there(sens, sending) -> None:
    with time_machine.travel(NOW, tick=False):
        request = posted(sens, sending())
        [message] = ids_of(request, 1)
        assert sens.get(f"/messages/{message}").status_code == 200
        finish(request, 1, MessageState.DELIVERED, NOW + timedelta(days=91))
    with time_machine.travel(NOW + timedelta(days=90), tick=False):
        assert ids(get(sens, requestId=request.pk)) == [message]
    with time_machine.travel(NOW + timedelta(days=91), tick=False):
        assert sens.get(f"/messages/{message}").status_code == 404
        assert refused(sens, 404, requestId=request.pk)
        at = written(NOW + timedelta(days=91))
        assert ids(get(sens, completeStartTime=at, completeEndTime=at)) == []


def test_type_of_a_message_is_what_it_was_sent_as(sens, sending) -> None:
    """An MMS without a picture goes as LMS, and is found as that."""
    posted(sens, sending(type="MMS", subject="s"))
    assert [each["type"] for each in get(sens, **today(type=MessageType.LMS))["messages"]] == ["LMS"]
