"""The simulator's memory: what it accepted, and the reports it owes. Its file is `ledger_file`'s.

Shape: a `submission` row holds what a call's messages share and the range of their ids; a `message` row is
clustered by its id (UUIDv7, so appends go to the end of the tree); a `report` row holds the ids of one
submission that share a time, a code and an operator, so that a thousand reports are written, read and deleted
as one row. There is no index by recipient: at a million messages it would cost more than all else here, and
a phone's conversation is one scan of the scope's messages, for a page that a person opens.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from messaging.gateways.base import CallBatch, InboundCall, Report, ReportBatch
from messaging.gateways.ledger_file import LedgerFile

_DUE = "SELECT seq, due_at, code, telco, taken, ids FROM report WHERE due_at <= ? ORDER BY due_at, seq"

# id, submission, country_code, recipient, subject, text, outcome, arrived_at
MessageRow = tuple[str, int, int, str, str, str, str, float | None]


class DueReport(NamedTuple):
    """Reports that share everything but the message. `due_at` is seconds since the epoch."""

    due_at: float
    code: str
    telco: str
    ids: Sequence[str]


class SubmissionRow(NamedTuple):
    scope: str
    sender: str
    message_type: str
    purpose: str
    subject: str
    attachments: str
    accepted_at: float
    first_id: str
    last_id: str


@dataclass(frozen=True, slots=True)
class HandsetMessage:
    """A message as a phone shows it."""

    id: str
    country_code: int
    recipient: str
    sender: str
    message_type: str
    purpose: str
    subject: str
    text: str
    attachments: tuple[str, ...]
    accepted_at: datetime
    arrived_at: datetime


@dataclass(slots=True)
class Handset:
    """A phone and its latest messages, newest first."""

    country_code: int
    recipient: str
    messages: list[HandsetMessage] = field(default_factory=list)


class Ledger(LedgerFile):
    """The ledger in `folder`. Raises `sqlite3.Error`, which the gateway turns into its own errors."""

    # Writing a submission: these run inside the gateway's `writing()` block.

    @staticmethod
    def known_ids(database: sqlite3.Connection, ids: Sequence[str], first: str, last: str) -> set[str]:
        """Those of `ids` accepted before. The range is asked first: for a new chunk it is empty."""
        probe = "SELECT 1 FROM message WHERE id BETWEEN ? AND ? LIMIT 1"
        if database.execute(probe, (first, last)).fetchone() is None:
            return set()
        known = "SELECT id FROM message WHERE id IN (SELECT value FROM json_each(?))"
        return {row[0] for row in database.execute(known, (json.dumps(ids),))}

    @staticmethod
    def count_attempts(database: sqlite3.Connection, ids: Sequence[str]) -> None:
        database.execute(
            "UPDATE message SET attempts = attempts + 1 WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(ids),),
        )

    @staticmethod
    def count_refusal(database: sqlite3.Connection, refusal: tuple[str, str, str, str, float]) -> None:
        """Note a refusal: id, scope, recipient, outcome, refused_at."""
        database.execute(
            "INSERT INTO refusal (id, scope, recipient, outcome, refused_at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET attempts = attempts + 1",
            refusal,
        )

    @staticmethod
    def was_refused(database: sqlite3.Connection, message_id: str) -> bool:
        found = database.execute("SELECT 1 FROM refusal WHERE id = ?", (message_id,)).fetchone()
        return found is not None

    @staticmethod
    def add_submission(database: sqlite3.Connection, row: SubmissionRow) -> int:
        insert = "INSERT INTO submission VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq"
        seq: int = database.execute(insert, row).fetchone()[0]
        return seq

    @staticmethod
    def add_messages(database: sqlite3.Connection, rows: Sequence[MessageRow]) -> None:
        database.executemany("INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)", rows)

    @staticmethod
    def add_reports(database: sqlite3.Connection, reports: Sequence[DueReport]) -> None:
        database.executemany(
            "INSERT INTO report (due_at, code, telco, ids) VALUES (?, ?, ?, ?)",
            [(each.due_at, each.code, each.telco, "\n".join(each.ids)) for each in reports],
        )

    @staticmethod
    def pace(database: sqlite3.Connection, now: float, seconds: float) -> float:
        """Book `seconds` of the carrier's time; when they end. All processes queue for the same clock."""
        ends: float = database.execute(
            "INSERT INTO pace VALUES (1, ? + ?)"
            " ON CONFLICT (one) DO UPDATE SET free_at = max(free_at, ?) + ? RETURNING free_at",
            (now, seconds, now, seconds),
        ).fetchone()[0]
        return ends

    # Reports.

    def fetch(self, limit: int) -> ReportBatch:
        """Reports due, oldest first, at most `limit`: whole rows, or part of the first if it is larger."""
        reports: list[Report] = []
        done: list[int] = []
        part: tuple[int, int] | None = None
        with self.reading() as database, closing(database.execute(_DUE, (time.time(),))) as rows:
            for seq, due_at, code, telco, taken, ids in rows:
                found = ids.split("\n")[taken:]
                if len(reports) + len(found) > limit:
                    if reports:
                        break
                    found, part = found[:limit], (seq, taken + limit)
                else:
                    done.append(seq)
                at = datetime.fromtimestamp(due_at, UTC)
                reports.extend([Report(each, None, code, at, telco) for each in found])
                if part or len(reports) == limit:
                    break
        return ReportBatch(reports, json.dumps([done, part]) if reports else "")

    def forget(self, token: str) -> None:
        """Delete the reports of a fetch. A token used twice, or by two pollers, does no harm."""
        if not token:
            return
        done, part = json.loads(token)
        with self.writing() as database:
            database.executemany("DELETE FROM report WHERE seq = ?", [(seq,) for seq in done])
            if part:
                database.execute("UPDATE report SET taken = max(taken, ?) WHERE seq = ?", (part[1], part[0]))

    # Calls to 080 numbers.

    def add_call(self, line_number: str, caller: str, called_at: float) -> None:
        """Note that a phone dialled the number."""
        with self.writing() as database:
            insert = "INSERT INTO call (line_number, caller, called_at) VALUES (?, ?, ?)"
            database.execute(insert, (line_number, caller, called_at))

    def fetch_calls(self, limit: int) -> CallBatch:
        """The oldest calls that were not acknowledged, at most `limit`."""
        query = "SELECT seq, line_number, caller, called_at FROM call ORDER BY seq LIMIT ?"
        with self.reading() as database:
            rows = database.execute(query, (limit,)).fetchall()
        calls = [
            InboundCall(line_number, caller, datetime.fromtimestamp(called_at, UTC))
            for _seq, line_number, caller, called_at in rows
        ]
        return CallBatch(calls, str(rows[-1][0]) if rows else "")

    def forget_calls(self, token: str) -> None:
        """Delete the calls of a fetch. A token used twice, or by two pollers, does no harm."""
        if token:
            with self.writing() as database:
                database.execute("DELETE FROM call WHERE seq <= ?", (int(token),))

    # Looking.

    def handsets(
        self, *, scope: str, limit: int = 12, senders: Sequence[str] | None = None, window: int = 2000
    ) -> list[Handset]:
        """The `limit` phones that received last, from the newest `window` deliveries of the scope."""
        found: dict[tuple[int, str], Handset] = {}
        for message in self._delivered(scope, senders, "", (), window):
            key = (message.country_code, message.recipient)
            found.setdefault(key, Handset(*key)).messages.append(message)
        return sorted(found.values(), key=lambda each: each.messages[0].arrived_at, reverse=True)[:limit]

    def conversation(
        self,
        *,
        scope: str,
        recipient: str,
        country_code: int = 82,
        senders: Sequence[str] | None = None,
        limit: int = 100,
    ) -> list[HandsetMessage]:
        """The last `limit` messages that one phone received, newest first."""
        where = " AND m.recipient = ? AND m.country_code = ?"
        return self._delivered(scope, senders, where, (recipient, country_code), limit)

    def _delivered(
        self, scope: str, senders: Sequence[str] | None, where: str, values: tuple[Any, ...], limit: int
    ) -> list[HandsetMessage]:
        if senders is not None:
            where += " AND s.sender IN (SELECT value FROM json_each(?))"
            values += (json.dumps(list(senders)),)
        # CROSS JOIN keeps SQLite to this order: newest submissions first, each by its range of ids.
        query = (  # `where` is only ever our own words; values are bound
            "SELECT m.id, m.country_code, m.recipient, s.sender, s.message_type, s.purpose,"  # noqa: S608
            " CASE m.subject WHEN '' THEN s.subject ELSE m.subject END, m.text, s.attachments,"
            " s.accepted_at, m.arrived_at"
            " FROM submission s CROSS JOIN message m"
            " ON m.id BETWEEN s.first_id AND s.last_id AND m.submission = s.seq"
            " WHERE s.scope = ? AND m.arrived_at <= ?" + where + " ORDER BY s.seq DESC, m.id DESC LIMIT ?"
        )
        with self.reading() as database:
            rows = database.execute(query, (scope, time.time(), *values, limit)).fetchall()
        found = [_handset_message(row) for row in rows]
        return sorted(found, key=lambda each: each.arrived_at, reverse=True)

    def counts(self, *, scope: str | None = None) -> dict[str, int]:
        """messages accepted, submitted_twice (or more) of them, delivered by now, refused at submission."""
        with self.reading() as database:
            accepted = database.execute(
                "SELECT count(*), coalesce(sum(attempts > 1), 0), coalesce(sum(arrived_at <= ?1), 0)"
                " FROM message"
                " WHERE ?2 IS NULL OR submission IN (SELECT seq FROM submission WHERE scope = ?2)",
                (time.time(), scope),
            ).fetchone()
            refused = database.execute(
                "SELECT count(*) FROM refusal WHERE (?1 IS NULL OR scope = ?1)"
                " AND id NOT IN (SELECT id FROM message WHERE message.id = refusal.id)",
                (scope,),
            ).fetchone()
        names = ("messages", "submitted_twice", "delivered", "refused")
        return dict(zip(names, accepted + refused, strict=True))

    def outcomes(self) -> dict[str, int]:
        """How many messages have each final code, refusals included; empty for those never reported."""
        query = (
            "SELECT outcome, count(*) FROM (SELECT outcome FROM message UNION ALL SELECT outcome FROM refusal"
            " WHERE id NOT IN (SELECT id FROM message WHERE message.id = refusal.id))"
            " GROUP BY outcome ORDER BY outcome"
        )
        with self.reading() as database:
            return dict(database.execute(query).fetchall())

    def ids(self) -> list[str]:
        """The id of every message accepted, in order; for audits."""
        with self.reading() as database:
            return [row[0] for row in database.execute("SELECT id FROM message ORDER BY id")]

    def prune(self, older_than: datetime, *, slice_size: int = 100) -> int:
        """Delete messages accepted before a time, some submissions at a time; how many. Owed reports stay.

        A message submitted again after it was pruned counts as new: keep more than recovery may take.
        """
        before, deleted = older_than.timestamp(), 0
        old = "SELECT first_id, last_id, seq FROM submission WHERE accepted_at < ? ORDER BY seq LIMIT ?"
        ours = "DELETE FROM message WHERE id BETWEEN ? AND ? AND submission = ?"
        while True:
            with self.writing() as database:
                ranges = database.execute(old, (before, slice_size)).fetchall()
                deleted += database.executemany(ours, ranges).rowcount if ranges else 0
                database.executemany("DELETE FROM submission WHERE seq = ?", [row[2:] for row in ranges])
                if len(ranges) < slice_size:
                    database.execute("DELETE FROM refusal WHERE refused_at < ?", (before,))
                    return deleted


def _handset_message(row: tuple[Any, ...]) -> HandsetMessage:
    *words, attachments, accepted_at, arrived_at = row
    shown = (
        tuple(json.loads(attachments)),
        *(datetime.fromtimestamp(at, UTC) for at in (accepted_at, arrived_at)),
    )
    return HandsetMessage(*words, *shown)
