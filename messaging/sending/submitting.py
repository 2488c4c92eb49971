"""Draining a lane: claim a chunk, render it, hand it over outside any transaction, record what came of it.

A group of messages is handed over by one call, and recorded before the next. Until it is recorded its
messages are READY; what a killed worker leaves is submitted again where the gateway knows our ids, and
elsewhere becomes UNKNOWN. Advertising passes the rules of `advertising.py` before anything of a chunk is
handed over.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from messaging.gateways.base import (
    GatewayUnavailable,
    GatewayUncertain,
    OutboundMessage,
    Submission,
    SubmitResult,
)
from messaging.health.carriers import note_refused, note_taken
from messaging.models import GatewayAccount, SendBatch, SendRequest
from messaging.policies.expiry import is_too_late
from messaging.result_codes import (
    ATTACHMENT_MISSING,
    EXPIRED,
    NO_ROUTE,
    PROJECT_CLOSED,
    SENDER_NOT_APPROVED,
)
from messaging.sending.accounts import gateway_of
from messaging.sending.advertising import hold_back, opted_out_ids, ruling_of
from messaging.sending.advertising_hours import lock_hours
from messaging.sending.attachments import attachments_of
from messaging.sending.claiming import ClaimedChunk, claim_chunk
from messaging.sending.completing import complete_batch
from messaging.sending.outbound import Row, ready_rows, render, subject_of
from messaging.sending.outcomes import Outcome
from messaging.sending.parts import parts_of_group
from messaging.sending.recording import (
    ClaimLost,
    Work,
    fail_all,
    put_back,
    record,
    record_unknown,
    started_at,
)
from messaging.sending.screening import ScreenedElsewhere, screen
from messaging.states import Lane, Purpose, RequestState, Source
from senders.services.registration import is_approved

logger = logging.getLogger(__name__)

DRAIN_SECONDS = 5.0

# What a gateway calls our purposes.
PURPOSES: dict[str, str] = {
    Purpose.GENERAL: "NORMAL",
    Purpose.AUTHENTICATION: "AUTH",
    Purpose.ADVERTISING: "AD",
}


def drain(lane: Lane | str, seconds: float = DRAIN_SECONDS) -> bool:
    """Submit chunks of a lane until none is left or the time is up; whether more may be left then.

    A carrier that is not to be had is left alone until a later bell; the chunks of others go on.
    """
    deadline = time.monotonic() + seconds
    down: set[int] = set()
    while chunk := claim_chunk(lane, avoiding=down):
        try:
            submit_chunk(chunk)
        except GatewayUnavailable as error:
            logger.warning("Carrier account %s is not available: %s", chunk.account_id, error)
            down.add(chunk.account_id or 0)
            note_refused(chunk.account_id, error)
        except ClaimLost:
            logger.warning("The lease of chunk %s ran out while it was submitted.", chunk.id)
        if time.monotonic() >= deadline:
            return True
    return False


def submit_chunk(chunk: ClaimedChunk) -> None:
    """Hand over the READY messages of a claimed chunk. Raises GatewayUnavailable (it is put back) and
    ClaimLost.
    """
    batch = batch_of(chunk)
    request = batch.request
    account = GatewayAccount.objects.filter(pk=chunk.account_id or 0).first()
    if not chunk.is_screened:
        # Whoever had it before died before anything was handed over.
        chunk.cut_short = False
        if request.state == RequestState.CANCELING:
            chunk.put_back(not_before=timezone.now(), may_be_handed_over=False)
            return
    # What was cut short passed before; some of it may be at the carrier, and is finished there.
    code = None if chunk.cut_short and account else refusal_of(batch, account)
    if code is not None or account is None:
        fail_all(chunk, batch, code or NO_ROUTE)
        return
    try:
        work = Work(chunk, request, batch, account, gateway_of(account))
        _submit(work)
    except GatewayUnavailable:
        put_back(chunk, may_be_handed_over=chunk.cut_short)
        raise


def batch_of(chunk: ClaimedChunk) -> SendBatch:
    """A chunk's batch with all that its messages are judged by, as it is now: by one query."""
    return SendBatch.objects.select_related(
        "request__project__advertising_hours", "request__project__duplicate_settings", "request__opt_out_line"
    ).get(pk=chunk.batch_id)


def refusal_of(batch: SendBatch, account: GatewayAccount | None) -> str | None:
    """Our result code for why nothing of a batch may go now, or None."""
    request = batch.request
    if account is None:
        return NO_ROUTE
    if not request.project.is_active:
        return PROJECT_CLOSED
    if request.source != Source.SYSTEM and not is_approved(request.project, request.sender):
        return SENDER_NOT_APPROVED
    if is_too_late(purpose=request.purpose, released_at=started_at(batch), now=timezone.now()):
        return EXPIRED
    return None


def _submit(work: Work) -> None:
    paths = attachment_paths(work.request)
    can_repeat = work.gateway.takes_idempotency_key and paths is not None
    if work.chunk.cut_short and not can_repeat:
        _give_up_cut_short(work)
        if code := refusal_of(work.batch, work.account):
            fail_all(work.chunk, work.batch, code)
            return
    if paths is None:
        fail_all(work.chunk, work.batch, ATTACHMENT_MISSING)
        return
    if work.request.purpose == Purpose.ADVERTISING and not _advertising_may_go(work):
        return
    work.attachments = paths
    rendered = render(work.request, _screened_rows(work))
    left = 0
    for group, failed, is_last in _groups(work, rendered.messages, rendered.failed):
        if not work.may_go_on:
            # Claimed again at once, the rest comes under the ruling of now.
            work.chunk.put_back(not_before=timezone.now(), may_be_handed_over=work.chunk.cut_short)
            return
        left += _submit_group(work, group, failed, is_last and not left)
        if left and not work.gateway.takes_idempotency_key:
            break  # else what a later group leaves in doubt could not be told from what is left of this one
    if left:
        put_back(work.chunk, may_be_handed_over=work.chunk.cut_short)
    else:
        complete_batch(batch_id=work.batch.pk, request_id=work.request.pk)


def _screened_rows(work: Work) -> list[Row]:
    """What is to be handed over, once the policies took out what may not go."""
    chunk = work.chunk
    rows = ready_rows(chunk.first_id, chunk.last_id)
    if chunk.is_screened:
        return rows
    try:
        return screen(chunk, work.batch, rows)
    except ScreenedElsewhere as error:
        raise ClaimLost from error


def attachment_paths(request: SendRequest) -> tuple[Path, ...] | None:
    """Where the pictures of a request lie; None where one is gone."""
    if not request.attachment_ids:
        return ()
    found = attachments_of(request.project, request.attachment_ids)
    paths = tuple(Path(default_storage.path(each.storage_name)) for each in found)
    is_whole = len(paths) == len(request.attachment_ids) and all(path.exists() for path in paths)
    return paths if is_whole else None


Failed = list[tuple[str, str]]


def _groups(
    work: Work, messages: Sequence[OutboundMessage], failed: Failed
) -> Iterator[tuple[Sequence[OutboundMessage], Failed, bool]]:
    """The messages by windows of ids; what we failed ourselves goes with the first."""
    groups = list(grouped(messages, work.gateway.group_size)) or [[]]
    for number, group in enumerate(groups, 1):
        yield group, failed if number == 1 else [], number == len(groups)


def grouped(messages: Sequence[OutboundMessage], size: int) -> Iterator[list[OutboundMessage]]:
    """The messages of each window of so many ids, which are the same ones for whoever comes later."""
    for _window, group in groupby(messages, lambda each: (int(each.id[-8:], 16) - 1) // size):
        yield list(group)


def _submit_group(work: Work, group: Sequence[OutboundMessage], failed: Failed, is_last: bool) -> int:
    """Hand one group over and record it; return how many of it are left for another try."""
    if not work.chunk.extend():
        raise ClaimLost
    at = timezone.now()
    outcome = _hand_over(work, group) if group else Outcome()
    outcome.failed = [*failed, *outcome.failed]
    record(work, outcome, at, is_done=is_last and not outcome.left)
    return len(outcome.left)


def _hand_over(work: Work, group: Sequence[OutboundMessage]) -> Outcome:
    try:
        result = work.gateway.submit(_submission(work, group))
        note_taken(work.account.pk)
    except GatewayUncertain as error:
        logger.warning("Nobody knows what carrier account %s took: %s", work.account.pk, error)
        note_refused(work.account.pk, error)
        result = SubmitResult(unknown=[message.id for message in group])
    outcome = Outcome(
        group[0].id,
        group[-1].id,
        carrier_ids=result.carrier_ids or {},
        parts=parts_of_group(group),
        answered_at=timezone.now(),
        is_asked_for=work.gateway.polls_results,
    )
    again = {each.message_id for each in result.refused if each.retryable and not work.gives_up}
    outcome.failed = [(each.message_id, each.code) for each in result.refused if each.message_id not in again]
    if result.unknown and work.gateway.takes_idempotency_key and not work.gives_up:
        work.chunk.cut_short = True
        outcome.left = [*again, *result.unknown]
    else:
        outcome.left, outcome.unknown = list(again), result.unknown
    return outcome


def _submission(work: Work, group: Sequence[OutboundMessage]) -> Submission:
    request = work.request
    return Submission(
        scope=str(request.project_id),
        sender=request.sender,
        message_type=request.message_type,
        purpose=PURPOSES[request.purpose],
        messages=group,
        subject=subject_of(request),
        attachments=work.attachments,
        origin=str(work.chunk.first_id),
    )


# --- advertising ---------------------------------------------------------------------------------


def _advertising_may_go(work: Work) -> bool:
    """Fail a chunk of advertising or let it wait, as the ruling of now is; else take out who refuses it.

    A chunk that is still cut short here is of a carrier that knows our ids.
    """
    chunk, request = work.chunk, work.request
    work.ruling = ruling_of(request, timezone.now())
    if work.ruling.code:
        if chunk.cut_short:
            record_unknown(work, ready_rows(chunk.first_id, chunk.last_id))
        fail_all(chunk, work.batch, work.ruling.code)
        return False
    if work.ruling.until:
        _wait(work)
        return False
    if chunk.cut_short:
        _give_up_opted_out(work)
    return True


def _wait(work: Work) -> None:
    """Put a chunk back until its hours are over; of a request that is being canceled, to be canceled."""
    chunk, request = work.chunk, work.request
    if request.state == RequestState.CANCELING:
        if chunk.cut_short:
            record_unknown(work, ready_rows(chunk.first_id, chunk.last_id))
        chunk.put_back(not_before=timezone.now(), may_be_handed_over=False)
        return
    with transaction.atomic():
        lock_hours(request.project_id)
        now = timezone.now()
        until = ruling_of(batch_of(chunk).request, now).until or now
        chunk.put_back(not_before=until, may_be_handed_over=chunk.cut_short, attempts=0)
        hold_back(request.pk, until)


def _give_up_opted_out(work: Work) -> None:
    """Who refused since the chunk was cut short gets nothing again; what went before nobody knows."""
    rows = ready_rows(work.chunk.first_id, work.chunk.last_id)
    ids = set(opted_out_ids(rows, project_id=work.request.project_id))
    record_unknown(work, [row for row in rows if row[0] in ids])


# --- giving back ---------------------------------------------------------------------------------


def _give_up_cut_short(work: Work) -> None:
    """The first group of a chunk that was cut short may have gone, and the gateway cannot tell.

    The next group waits to be screened: it is not given up too where this worker dies before.
    """
    rows = ready_rows(work.chunk.first_id, work.chunk.last_id)
    group = next(grouped(render(work.request, rows).messages, work.gateway.group_size), [])
    ids = {message.id for message in group}
    record_unknown(work, [row for row in rows if row[0] in ids], is_unscreened=True)
    work.chunk.cut_short = work.chunk.is_screened = False
