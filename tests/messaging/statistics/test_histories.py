"""After any history every view says what the messages themselves say, for any filter, folded or not."""

from collections import Counter as Tally
from collections import defaultdict
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.accounts.models import Project
from messaging.gateways.base import Report
from messaging.models import CountDelta, GatewayAccount, Message, SendBatch, SendRequest, StatisticsCount
from messaging.sending.canceling import cancel_request, finish_canceling
from messaging.sending.claiming import claim_chunk
from messaging.sending.conversion import convert
from messaging.sending.outcomes import Outcome, write_outcome
from messaging.sending.parts import parts_of_messages
from messaging.sending.planning import plan_send
from messaging.sending.recording import ClaimLost
from messaging.sending.recovery import give_up_waiting, recover_stale_chunks
from messaging.sending.releasing import release_due
from messaging.sending.reporting import apply_reports, collect_reports
from messaging.sending.submitting import drain, submit_chunk
from messaging.states import Counter, DeliveryKind, Lane, MessageType, Purpose
from messaging.statistics.counting import add_deltas, fold
from messaging.statistics.hours import read_hours
from messaging.statistics.series import Bucket, Wanted, read, requested_by_key, start_of
from messaging.statistics.views import COLUMNS, View
from tests.factories import StatisticsKeyFactory, TemplateFactory
from tests.messaging.sending.conftest import MakeCommand, account, command, project  # noqa: F401 - fixtures
from tests.messaging.statistics.by_hand import all_shown, by_hour, events, shown

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 14, 20, 30, tzinfo=UTC)  # 23:20 in Seoul: days end soon
HOME = ["01021231001", "01029999004", "01029999007", "01029999008", "01029992003", "01029991004"]
ABROAD = ["+14155550123", "+14155550124", "+819012345678", "+819012345679"]
BODIES = ["Hello", "a" * 200, "가나다" * 40]  # of SMS abroad: 1, 2 and 2 parts
CODES = ["0", "0", "2003", "3001"]

sends = st.fixed_dictionaries(
    {
        "message_type": st.sampled_from([MessageType.SMS, MessageType.SMS, MessageType.LMS]),
        "purpose": st.sampled_from([Purpose.GENERAL, Purpose.AUTHENTICATION]),
        "kind": st.sampled_from(DeliveryKind),
        "home": st.lists(st.sampled_from(HOME), max_size=3, unique=True),
        "abroad": st.lists(st.sampled_from(ABROAD), max_size=3, unique=True),
        "body": st.sampled_from(BODIES),
        "key": st.sampled_from([1, 0, 2]),
        "template": st.sampled_from([1, 0, 2]),
        "collects_conversion": st.booleans(),
    }
)
places = st.integers(0, 11)
reports = st.lists(
    st.tuples(places, st.sampled_from(CODES), st.sampled_from([-7200, -600, 0, 3600])), min_size=1, max_size=6
)
steps = st.one_of(
    st.tuples(st.just("send"), sends),
    st.tuples(
        st.just("hand over"), st.lists(st.sampled_from(["sent", "refused", "unknown", "left"]), max_size=9)
    ),
    st.tuples(st.just("drain")),
    st.tuples(st.just("claim")),
    st.tuples(st.just("collect")),
    st.tuples(st.just("report"), reports),
    st.tuples(st.just("go out"), reports),
    st.tuples(st.just("cancel"), places),
    st.tuples(st.just("convert"), places),
    st.tuples(st.just("wait"), st.sampled_from([5, 90, 2700, 90_000, 320_000])),
    st.tuples(st.just("fold"), st.sampled_from([1, 3, 1000])),
)
filters = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["", *DeliveryKind.values]),
        "message_type": st.sampled_from(["", "", "SMS", "LMS"]),
        "purpose": st.sampled_from(["", "", "GENERAL", "AUTH"]),
        "template": st.sampled_from([None, None, 0, 1]),
        "statistics_key": st.sampled_from([None, None, 0, 1]),
        "country_code": st.sampled_from([None, None, 82, 1, 81]),
        "days": st.tuples(st.integers(-1, 6), st.integers(1, 7)),
        "bucket": st.sampled_from(Bucket.values),
    }
)

BY_ONE: list[dict[str, Any]] = [
    {"template": 1},
    {"statistics_key": 1},
    {"country_code": 1},
    {"kind": "MASS", "bucket": Bucket.HOUR},
]


class History:
    """A project, and what happens in it."""

    def __init__(self, command: MakeCommand, account: GatewayAccount) -> None:  # noqa: F811
        self.command, self.account = command, account
        self.project = command().project
        self.keys = StatisticsKeyFactory.create_batch(
            2, project=self.project, ends_at=NOW + timedelta(days=99)
        )
        self.versions = [
            TemplateFactory(project=self.project).versions.get()
            for _n in range(2)  # type: ignore[attr-defined]
        ]
        self.requests: list[SendRequest] = []
        self.claimed: list[Any] = []

    def messages(self) -> list[Message]:
        return list(Message.objects.filter(project=self.project).order_by("pk"))

    def send(self, chosen: dict[str, Any]) -> None:
        is_sms = chosen["message_type"] == MessageType.SMS
        abroad = chosen["abroad"] if is_sms else []
        home = chosen["home"] or ([] if abroad else HOME[:2])
        body = "Hello" if home else chosen["body"]
        request = plan_send(
            self.command(
                message_type=chosen["message_type"],
                purpose=chosen["purpose"],
                recipients=[*home, *abroad],
                body=body,
                statistics_key=self.keys[chosen["key"] - 1] if chosen["key"] else None,
                template_version=self.versions[chosen["template"] - 1] if chosen["template"] else None,
                collects_conversion=chosen["collects_conversion"] and bool(abroad),
            )
        )
        SendRequest.objects.filter(pk=request.pk).update(kind=chosen["kind"])
        self.requests.append(request)

    def hand_over(self, endings: list[str]) -> None:
        """What a worker records of the last request, of whose messages some are READY no more."""
        if not self.requests or not endings:
            return
        request = self.requests[-1]
        ids = list(Message.objects.filter(request=request).order_by("pk").values_list("pk", flat=True))
        of = defaultdict(list)
        for message_id, ending in zip(ids, endings, strict=False):
            of[ending].append(str(message_id))
        outcome = Outcome(
            str(ids[0]),
            str(ids[-1]),
            failed=[(each, "1001") for each in of["refused"]],
            unknown=of["unknown"],
            left=[*of["left"], *(str(each) for each in ids[len(endings) :])],
            parts=parts_of_messages(ids),
        )
        at = timezone.now()
        number = SendBatch.objects.get(request=request).number
        with transaction.atomic():
            deltas = write_outcome(
                outcome, request_id=request.pk, batch_number=number, account_id=self.account.pk, at=at
            )
            add_deltas(deltas, at=at)

    def report(self, given_reports: list[tuple[int, str, int]]) -> None:
        messages, now = self.messages(), timezone.now()
        reports = [
            Report(str(messages[place % len(messages)].pk), None, code, now + timedelta(seconds=late), "KT")
            for place, code, late in given_reports
        ]
        apply_reports(self.account, reports)

    def do(self, step: tuple[Any, ...], clock: Any) -> None:  # noqa: C901 - one branch a step
        match step:
            case ("send", chosen):
                self.send(chosen)
            case ("hand over", endings):
                self.hand_over(endings)
            case ("drain",):
                for lane in Lane:
                    drain(lane)
            case ("claim",):
                self.claimed.append(claim_chunk(Lane.SINGLE))
            case ("collect",):
                collect_reports()
            case ("report", reports):
                self.report(reports)
            case ("go out", reports):
                self.hand_over(["sent", "unknown"] * 3)
                clock.shift(timedelta(minutes=45))
                self.report(reports)
            case ("cancel", place) if self.requests:
                cancel_request(request=self.requests[place % len(self.requests)], actor=None)
            case ("convert", place) if messages := self.messages():
                convert(project=self.project, message_id=messages[place % len(messages)].pk)
            case ("wait", seconds):
                clock.shift(timedelta(seconds=seconds))
                release_due()
                recover_stale_chunks()
                finish_canceling()
                give_up_waiting()
            case ("fold", limit):
                fold(limit=limit)


def wanted_of(history: History, view: View, chosen: dict[str, Any]) -> Wanted:
    first, days = chosen["days"]
    since = start_of(timezone.localdate(NOW) + timedelta(days=first))
    template, key = chosen["template"], chosen["statistics_key"]
    others = {name: chosen[name] for name in ("kind", "message_type", "purpose", "country_code", "bucket")}
    return Wanted(
        project=history.project,
        view=view,
        since=since,
        until=since + timedelta(days=days),
        template=history.versions[0].template_id if template else template,
        statistics_key=history.keys[0].pk if key else key,
        **others,
    )


def assert_says_what_the_messages_say(wanted: Wanted) -> None:
    columns = COLUMNS[wanted.view]
    expected: dict[datetime, Tally[str]] = defaultdict(Tally)
    countries: dict[int, Tally[str]] = defaultdict(Tally)
    codes: Tally[str] = Tally()
    for message, hour, (counter, code, _at, n) in events(wanted):
        bucket = hour if wanted.bucket == Bucket.HOUR else start_of(timezone.localdate(hour))
        expected[bucket][counter] += n
        countries[message.country_code][counter] += n
        if counter in (Counter.SEND_FAILED, Counter.DELIVERY_FAILED):
            codes[code] += n
    series = read(wanted)
    assert all_shown(columns, dict(series.rows())) == all_shown(columns, expected)
    assert all_shown(columns, dict(series.by_country())) == all_shown(columns, countries)
    assert {each.code: each.n for each in series.failures()} == dict(codes)
    assert shown(columns, series.totals) == shown(columns, dict(sum(expected.values(), Tally())))


def assert_every_hour_is_counted(project: Project) -> None:  # noqa: F811
    """Each counter of each hour, the seconds to the phone too."""
    first = NOW - timedelta(days=1)
    found: dict[datetime, dict[str, int]] = defaultdict(dict)
    for row in read_hours(project, since=first, now=timezone.now()).rows:
        assert row.hour is not None
        found[row.hour][row.counter] = found[row.hour].get(row.counter, 0) + row.n
    shown = {hour: {counter: n for counter, n in counts.items() if n} for hour, counts in found.items()}
    assert {hour: counts for hour, counts in shown.items() if counts} == by_hour(project)


def assert_adds_up(wanted: Wanted) -> None:
    """Requested is what was received, failed, waits, is not handed over, or was canceled."""
    series = read(replace(wanted, view=View.REQUEST_TIME))
    for counts in [series.totals, *series.buckets.values()]:
        of = {column.key: column.value(counts) for column in COLUMNS[View.REQUEST_TIME]}
        parts = of["received"], of["failed"], of["waiting"], of["ready"], of["canceled"]
        assert of["requested"] == sum(parts)
        assert min(*parts, of["unknown"], of["waiting"] - of["unknown"]) >= 0


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(sends, st.lists(steps, max_size=14), st.lists(filters, min_size=1, max_size=3))
def test_after_any_history_every_view_says_what_the_messages_say(
    command: MakeCommand,  # noqa: F811
    account: GatewayAccount,  # noqa: F811
    first: dict[str, Any],
    happening: list[tuple[Any, ...]],
    asked: list[dict[str, Any]],
) -> None:
    with time_machine.travel(NOW, tick=False) as clock, transaction.atomic():
        history = History(command, account)
        history.do(("send", first), clock)
        for step in happening:
            history.do(step, clock)
        for chunk in filter(None, history.claimed):
            with suppress(ClaimLost):
                submit_chunk(chunk)
        everything = {"kind": "", "message_type": "", "purpose": "", "template": None, "statistics_key": None}
        everything |= {"country_code": None, "days": (-1, 60), "bucket": Bucket.DAY}  # type: ignore[dict-item]
        for is_folded in (False, True):
            for chosen in [everything, *(everything | one for one in BY_ONE), *asked]:
                for view in View:
                    wanted = wanted_of(history, view, chosen)
                    assert_says_what_the_messages_say(wanted)
                    assert_adds_up(wanted)
            assert_every_hour_is_counted(history.project)
            used = Tally(each.request.statistics_key_id for each in Message.objects.select_related("request"))
            del used[None]
            ids = [key.pk for key in history.keys]
            assert requested_by_key(project=history.project, key_ids=ids) == dict(used)
            if not is_folded:
                while fold():
                    pass
                assert not CountDelta.objects.exists()
        assert not StatisticsCount.objects.filter(n__lt=0).exists()
        transaction.set_rollback(True)  # one history knows nothing of another
