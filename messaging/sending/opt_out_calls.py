"""Calls to 080 numbers: fetched at least once from every carrier that tells them, entered exactly once."""

import logging
import time
from collections.abc import Sequence

from messaging.gateways.base import Gateway, GatewayUnavailable, InboundCall
from messaging.models import GatewayAccount
from messaging.recipients.numbers import WrongNumber, read_number
from messaging.sending.accounts import gateway_of
from senders import phone_numbers
from senders.models import OptOutCall
from senders.services.opt_out_calls import Call, record_calls

logger = logging.getLogger(__name__)

FETCHED_AT_ONCE = 1000
COLLECT_SECONDS = 5.0
MAX_CALLER = OptOutCall._meta.get_field("caller").max_length
MAX_LINE = OptOutCall._meta.get_field("line_number").max_length


def collect_opt_outs(seconds: float = COLLECT_SECONDS) -> bool:
    """Fetch and enter the calls of every account that tells them; whether more may be left at the end.

    Collectors may run side by side, and one may die anywhere: a call that is told again changes nothing.
    """
    deadline = time.monotonic() + seconds
    return sum(_collect(account, deadline) for account in GatewayAccount.objects.order_by("id")) > 0


def _collect(account: GatewayAccount, deadline: float) -> bool:
    try:
        gateway = gateway_of(account)
        return gateway.polls_calls and _collect_all(gateway, deadline)
    except GatewayUnavailable as error:
        logger.warning("The calls of carrier account %s cannot be had: %s", account.pk, error)
        return False


def _collect_all(gateway: Gateway, deadline: float) -> bool:
    while True:
        batch = gateway.fetch_calls(FETCHED_AT_ONCE)
        if not batch.calls:
            return False
        record_calls(calls_of(batch.calls))
        gateway.acknowledge_calls(batch.token)
        if time.monotonic() >= deadline:
            return True


def calls_of(told: Sequence[InboundCall]) -> list[Call]:
    """The calls with their callers read as recipients are."""
    return [
        Call(_line_number(each.line_number), _kept(each.caller), _number(each.caller), each.happened_at)
        for each in told
    ]


def _number(caller: str) -> tuple[int, str] | None:
    try:
        read = read_number(caller)
    except WrongNumber:
        return None
    return read.country_code, read.number


def _line_number(written: str) -> str:
    """The digits of the number that was called, or what the carrier wrote where it has none."""
    try:
        return phone_numbers.normalize(written)[:MAX_LINE]
    except phone_numbers.WrongNumber:
        return _kept(written)[:MAX_LINE]


def _kept(text: str) -> str:
    """The text as a column can hold it."""
    return text.replace("\x00", "")[:MAX_CALLER]
