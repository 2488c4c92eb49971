"""What every carrier implements, and the shapes that pass between us and it.

The sending path knows these names only. The common case costs nothing a message: a `SubmitResult` lists the
exceptions, and whatever it does not list was accepted, so a chunk is recorded by one statement.

Message ids are UUIDv7 as canonical lower-case text (36 characters): text sorts as the UUID does, every
carrier takes it, and PostgreSQL casts whole arrays of it, while one `uuid.UUID` costs a microsecond to make.
"""

from __future__ import annotations

import types
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self, Union, get_args, get_origin, get_type_hints

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class GatewayError(Exception):
    """Something between us and the carrier failed. The text is for the operator."""


class GatewayUnavailable(GatewayError):
    """Nothing of this call was handed over: call again later."""


class GatewayUncertain(GatewayError):
    """The carrier may have taken some or all of this call.

    Where the gateway takes an idempotency key, submit again; elsewhere the messages become unknown.
    """


class SettingsError(ValueError):
    """One or more settings of a gateway account are wrong; `errors` maps the field's name to a sentence."""

    def __init__(self, errors: Mapping[str, Text]) -> None:
        self.errors = dict(errors)
        super().__init__("; ".join(f"{name}: {text}" for name, text in self.errors.items()))


class OutboundMessage(NamedTuple):
    """One message for one phone. A non-empty `subject` wins over the submission's."""

    id: str
    country_code: int
    recipient: str
    text: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """The messages of one `submit` call, and what they share.

    `scope` is the owner's opaque name (the project's id). `message_type` is SMS, LMS or MMS; `purpose` is
    NORMAL, AUTH or AD. `attachments` are files the gateway may read during the call. `origin` names the range
    of ids that the messages were claimed in: every later submission of one of them has the same.
    """

    scope: str
    sender: str
    message_type: str
    purpose: str
    messages: Sequence[OutboundMessage]
    subject: str = ""
    attachments: tuple[Path, ...] = ()
    origin: str = ""


class Refusal(NamedTuple):
    """A message the carrier did not take. `retryable`: the same message may be taken later."""

    message_id: str
    code: str
    retryable: bool


@dataclass(frozen=True, slots=True)
class SubmitResult:
    """The outcome of a submission: what is listed neither in `refused` nor in `unknown` was accepted.

    `carrier_ids` maps message id to the carrier's own id; None when the carrier's reports echo ours.
    `unknown` holds the ids of which nobody can say whether the carrier took them.
    """

    refused: Sequence[Refusal] = ()
    unknown: Sequence[str] = ()
    carrier_ids: Mapping[str, str] | None = None


class Report(NamedTuple):
    """What became of one message. Exactly one of `message_id` and `carrier_id` is set.

    `code` is a key of `messaging.result_codes`; `telco` is the mobile operator's code, or empty.
    """

    message_id: str | None
    carrier_id: str | None
    code: str
    happened_at: datetime
    telco: str


@dataclass(frozen=True, slots=True)
class ReportBatch:
    """Reports in order of time. Hand `token` to `acknowledge` once they are stored; empty if none came."""

    reports: Sequence[Report] = ()
    token: str = ""


class OpenMessage(NamedTuple):
    """A message whose result is not known, as a carrier without our ids tells it from others."""

    id: str
    country_code: int
    recipient: str


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """Messages that the carrier took under one id of its own, and whose results it is asked for."""

    carrier_id: str
    messages: Sequence[OpenMessage]


@dataclass(frozen=True, slots=True)
class LostMessages:
    """Messages of which nobody knows whether the carrier took them, between two moments, from one sender."""

    sender: str
    since: datetime
    until: datetime
    messages: Sequence[OpenMessage]


class InboundCall(NamedTuple):
    """A call to an 080 number, by which the caller refuses advertising. Numbers as the carrier writes them.

    The three together tell one call from all others, so they never change when it is told again.
    """

    line_number: str
    caller: str
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class CallBatch:
    """Calls in order of time. Hand `token` to `acknowledge_calls` once they are stored; empty if none."""

    calls: Sequence[InboundCall] = ()
    token: str = ""


def setting(
    label: Text,
    *,
    help_text: Text = "",
    secret: bool = False,
    default: Any = MISSING,
    minimum: float | None = None,
) -> Any:
    """A field of a `GatewaySettings` class with what a form needs to show it."""
    metadata = {"label": label, "help_text": help_text, "secret": secret, "minimum": minimum}
    return field(metadata=metadata) if default is MISSING else field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting as a form sees it. A secret is written, never shown."""

    name: str
    kind: type
    label: Text
    help_text: Text
    secret: bool
    required: bool
    default: Any
    minimum: float | None


@dataclass(frozen=True, kw_only=True)
class GatewaySettings:
    """The settings of a gateway account: subclass it with `name: kind = setting(label, …)`.

    Kinds are str, int, float, bool and Path.
    """

    @classmethod
    def describe(cls) -> tuple[SettingField, ...]:
        kinds = get_type_hints(cls)
        return tuple(
            SettingField(
                name=each.name,
                kind=_bare_kind(kinds[each.name]),
                required=each.default is MISSING,
                default=None if each.default is MISSING else each.default,
                **each.metadata,
            )
            for each in fields(cls)
        )

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Self:
        """Build from stored or typed values. Raises `SettingsError` naming every wrong field."""
        described = {each.name: each for each in cls.describe()}
        errors: dict[str, Text] = {
            name: _("There is no such setting.") for name in values if name not in described
        }
        parsed: dict[str, Any] = {}
        for name, each in described.items():
            if values.get(name) in (None, ""):
                if each.required:
                    errors[name] = _("This setting is required.")
                continue
            try:
                parsed[name] = _parse_value(each, values[name])
            except (TypeError, ValueError, OverflowError):
                errors[name] = _("This value does not fit.")
        if errors:
            raise SettingsError(errors)
        return cls(**parsed)


def _bare_kind(kind: Any) -> type:
    if get_origin(kind) in (Union, types.UnionType):
        kind = next(each for each in get_args(kind) if each is not type(None))
    return kind if isinstance(kind, type) else str


_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


def _parse_bool(value: Any) -> bool:
    text = str(value).strip().lower()
    if text not in _TRUE + _FALSE:
        raise ValueError(text)
    return text in _TRUE


_PARSERS: dict[type, Callable[[Any], Any]] = {bool: _parse_bool}


def _parse_value(described: SettingField, value: Any) -> Any:
    parsed = _PARSERS.get(described.kind, described.kind)(value)
    # Written so that NaN, which compares false with everything, is refused as well.
    if described.minimum is not None and not parsed >= described.minimum:
        raise ValueError(value)
    if isinstance(parsed, float) and parsed == float("inf"):
        raise ValueError(value)
    return parsed


class Gateway(ABC):
    """A way to a carrier, made from the settings of one account. Calls block: never in a transaction.

    `takes_idempotency_key`: a second submission of a message id never reaches the phone twice. It may depend
    on the account, so it is asked of the instance.
    `polls_reports`: reports are fetched with `fetch_reports`; otherwise they arrive by other means.
    `polls_results`: the carrier keeps no queue of reports: `fetch_results` asks for those of messages that
    are named, by the `carrier_ids` of their submission; `find_lost` looks for those in doubt. A message that
    it cannot find `settles_after` handing it over was never taken.
    `polls_calls`: calls to 080 numbers are fetched with `fetch_calls`.
    `group_size`: the most messages of one `submit` call. Groups are windows of so many ids, so that a later
    submission has the same. Record the outcome of each group before the next.
    """

    code: ClassVar[str]
    label: ClassVar[Text]
    takes_idempotency_key: bool = False
    polls_reports: ClassVar[bool] = False
    polls_results: ClassVar[bool] = False
    polls_calls: ClassVar[bool] = False
    group_size: ClassVar[int] = 100
    settings_class: ClassVar[type[GatewaySettings]] = GatewaySettings

    def __init__(self, settings: Any) -> None:
        """`settings` is an instance of the class's `settings_class`."""
        self.settings = settings

    @property
    def settles_after(self) -> timedelta:
        """After so long, a message that the carrier does not have was never taken."""
        return timedelta(minutes=15)

    @abstractmethod
    def submit(self, submission: Submission) -> SubmitResult:
        """Hand the messages over.

        Raises `GatewayUnavailable` (none was) or `GatewayUncertain` (some may have been).
        """

    def fetch_reports(self, limit: int = 5000) -> ReportBatch:
        """The oldest reports due, at most `limit`. They come again until acknowledged, so at least once.

        Raises `GatewayUnavailable`.
        """
        return ReportBatch()

    def acknowledge(self, token: str) -> None:  # noqa: B027 - nothing to forget where reports are not polled
        """Forget the reports of a batch. Safe to repeat. Raises `GatewayUnavailable`."""

    def fetch_results(self, requests: Sequence[OpenRequest]) -> Sequence[Report]:
        """The results that are final, by our ids, of any of these messages; what failed comes later.

        Raises `GatewayUnavailable` where nothing could be asked.
        """
        return ()

    def find_lost(self, lost: LostMessages) -> Mapping[str, Sequence[str]]:
        """By our id: the carrier's ids of requests that may hold the message, oldest first.

        A message that is not in it is not at the carrier (yet). Raises `GatewayUnavailable`.
        """
        return {}

    def fetch_calls(self, limit: int = 1000) -> CallBatch:
        """The oldest calls to 080 numbers, at most `limit`. They come again until acknowledged.

        Raises `GatewayUnavailable`.
        """
        return CallBatch()

    def acknowledge_calls(self, token: str) -> None:  # noqa: B027 - nothing to forget where none are fetched
        """Forget the calls of a batch. Safe to repeat. Raises `GatewayUnavailable`."""
