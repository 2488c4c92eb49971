"""What a carrier account answered last, written by whoever talks to it.

On the path of sending this must cost nothing: a process writes of an account at most once some seconds, and
at once where it changes from well to failing or back. Nothing here is in a transaction that moves messages.
"""

import threading
import time
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

SECONDS = 5.0
LONGEST_WORDS = 300

WELL = """
INSERT INTO messaging_carrierhealth (account_id, {at}, refusal, silence) VALUES (%(account)s, %(now)s, '', '')
ON CONFLICT (account_id) DO UPDATE SET {at} = excluded.{at}
WHERE messaging_carrierhealth.{at} IS NULL OR messaging_carrierhealth.{at} < %(recently)s
    OR messaging_carrierhealth.{failed_at} > messaging_carrierhealth.{at}
"""
FAILING = """
INSERT INTO messaging_carrierhealth (account_id, {failed_at}, refusal, silence)
VALUES (%(account)s, %(now)s, %(refusal)s, %(silence)s)
ON CONFLICT (account_id) DO UPDATE SET {failed_at} = excluded.{failed_at}, {words} = excluded.{words}
"""
SENDING = {"at": "taken_at", "failed_at": "refused_at", "words": "refusal"}
REPORTING = {"at": "reported_at", "failed_at": "mute_at", "words": "silence"}

# (account, what) → (whether it was well, when this process wrote so)
_written: dict[tuple[int, str], tuple[bool, float]] = {}
_lock = threading.Lock()


def note_taken(account_id: int) -> None:
    """The account took messages."""
    _note(account_id, SENDING, words=None)


def note_refused(account_id: int | None, error: object) -> None:
    """The account could not be reached, or nobody knows what it took."""
    _note(account_id, SENDING, words=str(error))


def note_reports(account_id: int) -> None:
    """The account was asked for reports, and answered."""
    _note(account_id, REPORTING, words=None)


def note_mute(account_id: int, error: object) -> None:
    """The reports of the account could not be had."""
    _note(account_id, REPORTING, words=str(error))


def forget_what_was_written() -> None:
    """Write of every account again, as a new process does."""
    with _lock:
        _written.clear()


def _note(account_id: int | None, what: dict[str, str], *, words: str | None) -> None:
    if account_id is None or not _is_news(account_id, what["at"], is_well=words is None):
        return
    now = timezone.now()
    said = (words or "")[:LONGEST_WORDS]
    params: dict[str, Any] = {
        "account": account_id,
        "now": now,
        "recently": now - timedelta(seconds=SECONDS),
        "refusal": said if what is SENDING else "",
        "silence": said if what is REPORTING else "",
    }
    statement = WELL if words is None else FAILING
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(**what), params)


def _is_news(account_id: int, what: str, *, is_well: bool) -> bool:
    """Whether this process has not written the same within the last seconds."""
    now = time.time()
    with _lock:
        was_well, at = _written.get((account_id, what), (None, 0.0))
        if was_well is is_well and abs(now - at) < SECONDS:
            return False
        _written[account_id, what] = (is_well, now)
        return True
