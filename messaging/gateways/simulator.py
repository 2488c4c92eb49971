"""The simulator: a carrier without a network, whose answers depend on the number alone.

A number is delivered, unless the seven digits at its end are ``999`` and one of the endings below, so that
made-up numbers practically always arrive. For a code of the specification the ending is the code as a phone's
keypad types it (S is on 7, E on 3): ``010-2999-2003`` is switched off, ``010-2999-7004`` is over quota.

====================  ================================================================================
ending (after 999)    what happens
====================  ================================================================================
``2000`` … ``2007``   accepted, then reported as failed with that code
``3000`` … ``3019``,
``3022``, ``3023``    the same
``1001`` … ``1020``   refused at submission with that code
``7000`` … ``7012``,
``7998``, ``7999``    refused at submission with S000 … S012, S998, S999
``3900`` … ``3922``,
``3999``              refused at submission with E900 … E922, E999
``9001``              delay: delivered and reported `slow_seconds` after it was accepted
``9002``              silence: accepted, no report ever
``9003``              duplicate: delivered, the same report twice
``9004``              early: the report can be fetched before `submit` returns
``9005``              out of order: reported as delivered, a second later as failed (2003)
``9006``              out of order: reported as failed (2003), a second later as delivered
``9007``              busy: refused once with 1001 (may be sent again), accepted the second time
``9008``              unknown: accepted, but the first answer says that nobody knows
``9009``              cut off: the whole call is accepted, but raises `GatewayUncertain` the first time
anything else         accepted and delivered: reported with code 0 after `report_delay_ms`
====================  ================================================================================

What a handset received is what truly arrived: delivered numbers, and 9005 and 9006 too, whatever their second
report says. Each account needs a folder of its own for its ledger (`messaging.gateways.ledger`).
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import ClassVar, NamedTuple

from django.utils.translation import gettext_lazy as _

from messaging import result_codes
from messaging.gateways.base import (
    CallBatch,
    Gateway,
    GatewaySettings,
    GatewayUnavailable,
    GatewayUncertain,
    OutboundMessage,
    Refusal,
    ReportBatch,
    Submission,
    SubmitResult,
    Text,
    setting,
)
from messaging.gateways.ledger import DueReport, Ledger, MessageRow, SubmissionRow

DELIVERED = result_codes.DELIVERED
POWERED_OFF = "2003"
BUSY = "1001"
MARK = "999"


class Act(Enum):
    """What the simulator does with a message that its number singles out."""

    REPORT = "report"
    REFUSE = "refuse"
    SLOW = "slow"
    SILENT = "silent"
    TWICE = "twice"
    EARLY = "early"
    FAILURE_AFTER = "failure after"
    SUCCESS_AFTER = "success after"
    BUSY_ONCE = "busy once"
    UNKNOWN_ONCE = "unknown once"
    CUT_OFF_ONCE = "cut off once"


class Behaviour(NamedTuple):
    act: Act
    code: str = DELIVERED


_SPECIAL = {
    "9001": Behaviour(Act.SLOW),
    "9002": Behaviour(Act.SILENT, ""),
    "9003": Behaviour(Act.TWICE),
    "9004": Behaviour(Act.EARLY),
    "9005": Behaviour(Act.FAILURE_AFTER),
    "9006": Behaviour(Act.SUCCESS_AFTER),
    "9007": Behaviour(Act.BUSY_ONCE),
    "9008": Behaviour(Act.UNKNOWN_ONCE),
    "9009": Behaviour(Act.CUT_OFF_ONCE),
}
_KEYPAD = str.maketrans("SE", "73")


def ending_of(code: str) -> str:
    """The last seven digits that bring about a code of the specification, other than 0."""
    return MARK + code.translate(_KEYPAD)


def _endings() -> dict[str, Behaviour]:
    """Every ending (four digits) and what it does."""
    found = dict(_SPECIAL)
    for each in result_codes.CATALOGUE.values():
        if each.code != DELIVERED and each.group != result_codes.Group.BONGSU:
            act = Act.REPORT if each.group == result_codes.Group.REPORT else Act.REFUSE
            found[ending_of(each.code)[len(MARK) :]] = Behaviour(act, each.code)
    return found


ENDINGS: Mapping[str, Behaviour] = _endings()

# Operators by the last digit, so that a screen has something to group by.
_TELCOS = {
    digit: telco for telco, digits in (("SKT", "01234"), ("KT", "567"), ("LGU", "89")) for digit in digits
}
_ONCE = (Act.UNKNOWN_ONCE, Act.CUT_OFF_ONCE)


def behaviour_of(recipient: str) -> Behaviour | None:
    """What a number singles itself out for; None for an ordinary one."""
    return ENDINGS.get(recipient[-4:]) if recipient[-7:-4] == MARK else None


@dataclass(frozen=True, kw_only=True)
class SimulatorSettings(GatewaySettings):
    """`ledger_path` is a folder, made when missing; everything else may be left out."""

    ledger_path: Path = setting(_("Ledger folder"), help_text=_("A folder of this account alone."))  # noqa: RUF009 - a field
    latency_ms: int = setting(
        _("Latency (ms)"), help_text=_("How long each submission takes."), default=0, minimum=0
    )
    per_second: int = setting(
        _("Messages a second"), help_text=_("0 for as many as possible."), default=0, minimum=0
    )
    report_delay_ms: int = setting(
        _("Report delay (ms)"), help_text=_("From acceptance to delivery."), default=500, minimum=0
    )
    slow_seconds: int = setting(
        _("Slow delivery (s)"), help_text=_("For numbers that end in 999 9001."), default=60, minimum=0
    )
    down: bool = setting(
        _("Down"), help_text=_("Refuse every call, as a carrier that is down."), default=False
    )


@dataclass(slots=True)
class _Answer:
    """What one call adds to the ledger, and what it tells the caller."""

    rows: list[MessageRow] = field(default_factory=list)
    reports: dict[tuple[float, str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    refused: list[Refusal] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    cut_off: bool = False

    def report(self, at: float, code: str, message: OutboundMessage) -> None:
        telco = _TELCOS.get(message.recipient[-1:], "")
        self.reports[at, code, telco].append(message.id)

    def due_reports(self) -> list[DueReport]:
        return [DueReport(*key, ids) for key, ids in self.reports.items()]


class Simulator(Gateway):
    code: ClassVar[str] = "simulator"
    label: ClassVar[Text] = _("Simulator")
    takes_idempotency_key = True
    polls_reports: ClassVar[bool] = True
    polls_calls: ClassVar[bool] = True
    group_size: ClassVar[int] = 5000
    settings_class: ClassVar[type[GatewaySettings]] = SimulatorSettings

    settings: SimulatorSettings

    def __init__(self, settings: SimulatorSettings) -> None:
        super().__init__(settings)
        self.ledger = Ledger(settings.ledger_path)

    def submit(self, submission: Submission) -> SubmitResult:
        self._answer_if_up()
        if not submission.messages:
            return SubmitResult()
        now = time.time()
        try:
            answer, ends = self._record(submission, now)
        except (sqlite3.Error, OSError) as error:
            raise GatewayUnavailable(_cannot_use(self.ledger, error)) from error
        # The ledger is written: from here on a report may be fetched although the caller knows nothing yet.
        wait = max(0.0, ends - now) + self.settings.latency_ms / 1000
        if wait > 0:
            time.sleep(wait)
        if answer.cut_off:
            raise GatewayUncertain(
                "The simulator cut the connection after it took the messages (ending 9009)."
            )
        return SubmitResult(refused=answer.refused, unknown=answer.unknown)

    def fetch_reports(self, limit: int = 5000) -> ReportBatch:
        self._answer_if_up()
        try:
            return self.ledger.fetch(limit)
        except (sqlite3.Error, OSError) as error:
            raise GatewayUnavailable(_cannot_use(self.ledger, error)) from error

    def acknowledge(self, token: str) -> None:
        try:
            self.ledger.forget(token)
        except (sqlite3.Error, OSError) as error:
            raise GatewayUnavailable(_cannot_use(self.ledger, error)) from error

    def call(self, line_number: str, caller: str) -> None:
        """What a handset does whose owner dials an 080 number: the call is told with the next fetch."""
        try:
            self.ledger.add_call(line_number, caller, time.time())
        except (sqlite3.Error, OSError) as error:
            raise GatewayUnavailable(_cannot_use(self.ledger, error)) from error

    def fetch_calls(self, limit: int = 1000) -> CallBatch:
        self._answer_if_up()
        try:
            return self.ledger.fetch_calls(limit)
        except (sqlite3.Error, OSError) as error:
            raise GatewayUnavailable(_cannot_use(self.ledger, error)) from error

    def acknowledge_calls(self, token: str) -> None:
        try:
            self.ledger.forget_calls(token)
        except (sqlite3.Error, OSError) as error:
            raise GatewayUnavailable(_cannot_use(self.ledger, error)) from error

    def _answer_if_up(self) -> None:
        if self.settings.down:
            raise GatewayUnavailable("The simulator is set to be down.")

    def _record(self, submission: Submission, now: float) -> tuple[_Answer, float]:
        messages = {each.id: each for each in submission.messages}
        ids = list(messages)
        first, last = min(ids), max(ids)
        with self.ledger.writing() as database:
            ends = now
            if self.settings.per_second:
                ends = self.ledger.pace(database, now, len(ids) / self.settings.per_second)
            known = self.ledger.known_ids(database, ids, first, last)
            if known:
                self.ledger.count_attempts(database, list(known))
                messages = {each: message for each, message in messages.items() if each not in known}
            if not messages:
                return _Answer(), ends
            seq = self.ledger.add_submission(database, _submission_row(submission, now, first, last))
            answer = self._answer(database, submission, seq, messages.values(), now, ends)
            self.ledger.add_messages(database, answer.rows)
            self.ledger.add_reports(database, answer.due_reports())
        return answer, ends

    def _answer(
        self,
        database: sqlite3.Connection,
        submission: Submission,
        seq: int,
        messages: Iterable[OutboundMessage],
        now: float,
        ends: float,
    ) -> _Answer:
        answer = _Answer()
        due = ends + self.settings.report_delay_ms / 1000
        by_digit: dict[str, list[str]] = {digit: [] for digit in "0123456789"}
        add_row = answer.rows.append
        for message in messages:
            message_id, country_code, recipient, text, subject = message
            behaviour = behaviour_of(recipient) if recipient[-7:-4] == MARK else None
            if behaviour is None:
                add_row((message_id, seq, country_code, recipient, subject, text, DELIVERED, due))
                by_digit.setdefault(recipient[-1:], []).append(message_id)
            elif not self._refuses(database, submission.scope, message, behaviour, now, answer):
                add_row(self._accept(message, seq, behaviour, now, due, answer))
        for digit, ids in by_digit.items():
            if ids:
                answer.reports[due, DELIVERED, _TELCOS.get(digit, "")].extend(ids)
        return answer

    def _refuses(
        self,
        database: sqlite3.Connection,
        scope: str,
        message: OutboundMessage,
        behaviour: Behaviour,
        now: float,
        answer: _Answer,
    ) -> bool:
        if behaviour.act not in (Act.REFUSE, Act.BUSY_ONCE):
            return False
        if behaviour.act is Act.BUSY_ONCE and self.ledger.was_refused(database, message.id):
            return False
        code = BUSY if behaviour.act is Act.BUSY_ONCE else behaviour.code
        self.ledger.count_refusal(database, (message.id, scope, message.recipient, code, now))
        answer.refused.append(Refusal(message.id, code, result_codes.lookup(code).retryable))
        return True

    def _accept(
        self,
        message: OutboundMessage,
        seq: int,
        behaviour: Behaviour,
        now: float,
        due: float,
        answer: _Answer,
    ) -> MessageRow:
        """Note the reports of a message that is singled out; its row for the ledger."""
        act, code = behaviour
        arrived: float | None = due
        match act:
            case Act.REPORT:
                arrived = None
                answer.report(due, code, message)
            case Act.SILENT:
                arrived = None
            case Act.SLOW:
                arrived = now + self.settings.slow_seconds
                answer.report(arrived, DELIVERED, message)
            case Act.EARLY:
                arrived = now
                answer.report(now, DELIVERED, message)
            case Act.FAILURE_AFTER:
                answer.report(due, DELIVERED, message)
                answer.report(due + 1, POWERED_OFF, message)
            case Act.SUCCESS_AFTER:
                arrived = due + 1
                answer.report(due, POWERED_OFF, message)
                answer.report(due + 1, DELIVERED, message)
            case _:
                answer.report(due, DELIVERED, message)
        if act is Act.TWICE:
            answer.report(due, DELIVERED, message)
        if act is Act.UNKNOWN_ONCE:
            answer.unknown.append(message.id)
        if act is Act.CUT_OFF_ONCE:
            answer.cut_off = True
        return (
            message.id,
            seq,
            message.country_code,
            message.recipient,
            message.subject,
            message.text,
            code,
            arrived,
        )


def _submission_row(submission: Submission, now: float, first: str, last: str) -> SubmissionRow:
    return SubmissionRow(
        scope=submission.scope,
        sender=submission.sender,
        message_type=submission.message_type,
        purpose=submission.purpose,
        subject=submission.subject,
        attachments=json.dumps([str(each) for each in submission.attachments]),
        accepted_at=now,
        first_id=first,
        last_id=last,
    )


def _cannot_use(ledger: Ledger, error: Exception) -> str:
    return f"The simulator's ledger {ledger.path} cannot be used: {error}"
