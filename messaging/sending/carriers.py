"""What an administrator does with carrier accounts: add, change, pause, try, choose who goes through which.

Settings hold secrets: what a form leaves empty of those stays as it was, and the trail says only that they
were changed. Whoever changes an account says which state of it was seen, under the lock of its row.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uuid_utils
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from console.accounts.audit import record_deed
from console.accounts.models import Project, User
from console.accounts.sentences import Phone, sentence
from messaging.content.length import encoded_size
from messaging.content.limits import KOREA, text_limits
from messaging.gateways import registry
from messaging.gateways.base import (
    GatewayUnavailable,
    GatewayUncertain,
    OutboundMessage,
    SettingsError,
    Submission,
    SubmitResult,
)
from messaging.health.carriers import note_refused, note_taken
from messaging.models import GatewayAccount, Route
from messaging.recipients.numbers import WrongNumber, read_number
from messaging.sending.accounts import gateway_of

TESTED = sentence("carrier_tested", _("test message to %(number)s: %(outcome)s"))
ACCEPTED, REFUSED, NOT_KNOWN = "accepted", "refused", "not known"
SAID = {
    ACCEPTED: sentence("carrier_test_accepted", _("accepted")),
    REFUSED: sentence("carrier_test_refused", _("refused (%(code)s)")),
    NOT_KNOWN: sentence("carrier_test_unknown", _("nobody knows whether it was taken")),
}
SENDER = re.compile(r"[0-9]{3,20}")


class CarrierRefused(Exception):
    """`problems`: a sentence by field, "" for the whole."""

    def __init__(self, problems: Mapping[str, Any]) -> None:
        super().__init__("; ".join(map(str, problems.values())))
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True)
class TestOutcome:
    """What the carrier said of a test message: accepted, refused with a code, or not known."""

    outcome: str
    code: str = ""
    carrier_id: str = ""


def seen_of(account: GatewayAccount) -> str:
    """The state of an account that a form shows, without telling anything of it."""
    state = f"{account.name}\n{account.settings}\n{account.is_paused}"
    return hashlib.sha256(state.encode()).hexdigest()[:32]


def values_of(account: GatewayAccount) -> dict[str, Any]:
    """The settings of an account as they are kept, secrets too: not for any page."""
    found: dict[str, Any] = json.loads(account.settings or "{}")
    return found


def add_account(*, gateway: str, name: str, values: Mapping[str, Any]) -> GatewayAccount:
    """A new account. Raises CarrierRefused and UnknownGateway."""
    settings = _checked(gateway, values)
    try:
        with transaction.atomic():
            return GatewayAccount.objects.create(name=name, gateway=gateway, settings=settings)
    except IntegrityError as error:
        raise CarrierRefused({"name": _("Another account has this name.")}) from error


def change_account(
    *, account: GatewayAccount, name: str, values: Mapping[str, Any], seen: str
) -> GatewayAccount:
    """Another name or other settings; an empty secret stays as it is. Raises CarrierRefused."""
    try:
        with transaction.atomic():
            held = _held(account, seen)
            secrets = _secrets(held.gateway)
            kept = {key: value for key, value in values_of(held).items() if key in secrets}
            given = {key: value for key, value in values.items() if key not in secrets or value}
            held.name, held.settings = name, _checked(held.gateway, {**kept, **given})
            held.save(update_fields=["name", "settings"])
            return held
    except IntegrityError as error:
        raise CarrierRefused({"name": _("Another account has this name.")}) from error


@transaction.atomic
def pause_account(*, account: GatewayAccount, reason: str) -> bool:
    """Hand nothing over any more, for a reason; whether it was not paused before. Results still come in."""
    held = GatewayAccount.objects.select_for_update().get(pk=account.pk)
    if held.is_paused:
        return False
    held.is_paused, held.pause_reason = True, reason
    held.save(update_fields=["is_paused", "pause_reason"])
    return True


@transaction.atomic
def resume_account(*, account: GatewayAccount) -> bool:
    """Hand over again; whether it was paused."""
    held = GatewayAccount.objects.select_for_update().get(pk=account.pk)
    if not held.is_paused:
        return False
    held.is_paused, held.pause_reason = False, ""
    held.save(update_fields=["is_paused", "pause_reason"])
    return True


@transaction.atomic
def choose_route(*, project: Project | None, account: GatewayAccount | None) -> None:
    """Through which account a project sends; None: as all others do. Without a project: all others.

    What was handed over before stays where it is; chunks that are being tried again keep their account.
    Raises CarrierRefused where all others would be left without.
    """
    if project is None and account is None:
        raise CarrierRefused({"account": _("Choose the account that all other projects send through.")})
    if project is not None:
        Project.objects.select_for_update().get(pk=project.pk)
    route = Route.objects.select_for_update().filter(project=project).first()
    if account is None:
        if route is not None:
            route.delete()
    elif route is None:
        Route.objects.create(project=project, account=account)
    elif route.account_id != account.pk:
        route.account = account
        route.save(update_fields=["account"])


def send_test(*, account: GatewayAccount, user: User, sender: str, recipient: str, text: str) -> TestOutcome:
    """Hand one SMS at home over now, past queues and counts, and note who did. Raises CarrierRefused."""
    number = _checked_test(sender, recipient, text)
    outcome = _try(account, sender, number, text)
    said = SAID[outcome.outcome](code=outcome.code)
    record_deed(actor=user, obj=account, project=None, what=TESTED(number=Phone(number), outcome=said))
    return outcome


def _try(account: GatewayAccount, sender: str, number: str, text: str) -> TestOutcome:
    message = OutboundMessage(str(uuid_utils.uuid7()), KOREA, number, text)
    submission = Submission(
        scope="test",
        sender=sender,
        message_type="SMS",
        purpose="NORMAL",
        messages=[message],
        origin=message.id,
    )
    try:
        result = gateway_of(account).submit(submission)
    except GatewayUncertain as error:
        note_refused(account.pk, error)
        return TestOutcome(NOT_KNOWN)
    except GatewayUnavailable as error:
        note_refused(account.pk, error)
        raise CarrierRefused({"": str(error)}) from error
    note_taken(account.pk)
    return _outcome_of(result, message.id)


def _outcome_of(result: SubmitResult, message_id: str) -> TestOutcome:
    if result.refused:
        return TestOutcome(REFUSED, result.refused[0].code)
    if result.unknown:
        return TestOutcome(NOT_KNOWN)
    return TestOutcome(ACCEPTED, carrier_id=(result.carrier_ids or {}).get(message_id, ""))


def _checked_test(sender: str, recipient: str, text: str) -> str:
    """The number as it is dialled at home."""
    problems: dict[str, Any] = {}
    if not SENDER.fullmatch(sender):
        problems["sender"] = _("Write the digits of a number that the carrier knows as yours.")
    number = ""
    try:
        found = read_number(recipient)
        number = found.number if found.country_code == KOREA else ""
    except WrongNumber:
        pass
    if not number:
        problems["recipient"] = _("Write one phone number in Korea.")
    size = encoded_size(text)
    if not text.strip() or size is None or size > text_limits("SMS").body_bytes:
        problems["text"] = _("Write a text that goes as one SMS.")
    if problems:
        raise CarrierRefused(problems)
    return number


def _held(account: GatewayAccount, seen: str) -> GatewayAccount:
    held = GatewayAccount.objects.select_for_update().get(pk=account.pk)
    if seen_of(held) != seen:
        said = _("Somebody changed this account meanwhile. Look at it again.")
        raise CarrierRefused({"": said})
    return held


def _secrets(gateway: str) -> set[str]:
    described = registry.gateway_class(gateway).settings_class.describe()
    return {each.name for each in described if each.secret}


def _checked(gateway: str, values: Mapping[str, Any]) -> str:
    """The settings as they are stored. Raises CarrierRefused."""
    given = {key: value for key, value in values.items() if value not in (None, "")}
    try:
        registry.gateway_class(gateway).settings_class.parse(given)
    except SettingsError as error:
        raise CarrierRefused({f"set-{name}": text for name, text in error.errors.items()}) from error
    return json.dumps(given, default=_as_text)


def _as_text(value: Any) -> str:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(value)
