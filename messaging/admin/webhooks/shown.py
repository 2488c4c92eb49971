"""Webhooks and their calls as pages show them: health at a glance, the chart, words for what went wrong."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.accounts.models import EventName
from console.formatting import clock
from messaging.models import Webhook, WebhookAttempt, WebhookCall, WebhookDrop
from messaging.states import WebhookState
from messaging.webhooks.bodies import TEST
from messaging.webhooks.dropping import unseen_hooks
from messaging.webhooks.health import Hour, Waiting, waiting_of
from messaging.webhooks.words import sentence

EVENT_LABELS: dict[str, Any] = {**dict(EventName.choices), TEST: _("Test")}


@dataclass(frozen=True)
class Shown:
    """A webhook in the list: who it calls, how it is, in a chip with a word and a colour.

    `dropped`: how many hooks, until a person noted that they saw it.
    """

    webhook: Webhook
    waiting: Waiting
    dropped: int = 0

    @property
    def host(self) -> str:
        return urlsplit(self.webhook.url).netloc

    @property
    def path(self) -> str:
        parts = urlsplit(self.webhook.url)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    @property
    def events(self) -> list[Any]:
        return [EVENT_LABELS[each] for each in self.webhook.events]

    @property
    def chip(self) -> tuple[Any, str]:
        """Its state, or that it fails while it is active."""
        webhook = self.webhook
        if webhook.state == WebhookState.ACTIVE and webhook.failing_since:
            return _("Failing"), "amber"
        state = WebhookState(webhook.state)
        return state.label, state.colour


def shown(webhooks: Sequence[Webhook]) -> list[Shown]:
    waiting, dropped = waiting_of(webhooks), unseen_hooks(webhooks)
    return [Shown(each, waiting.get(each.pk, Waiting()), dropped.get(each.pk, 0)) for each in webhooks]


@dataclass(frozen=True)
class ShownDrop:
    """What was dropped of one event."""

    drop: WebhookDrop

    @property
    def event(self) -> Any:
        return EVENT_LABELS.get(self.drop.event, self.drop.event)

    @property
    def value(self) -> str:
        """As the page's form holds it: which, and how many hooks it was when it was shown."""
        return f"{self.drop.pk}:{self.drop.hooks}"


def parse_drops(values: Iterable[str]) -> dict[int, int]:
    """How many hooks by id, of what a form holds; whatever is none is left out."""
    pairs = (value.partition(":") for value in values)
    return {int(pk): int(n) for pk, _colon, n in pairs if is_number(pk) and is_number(n)}


def is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


@dataclass(frozen=True)
class ShownAttempt:
    attempt: WebhookAttempt
    answer: str

    @property
    def words(self) -> str:
        tried = self.attempt
        # What was answered stands beside it; where nothing was, the detail of the trouble was kept.
        detail = "" if tried.status else tried.answer
        return sentence(tried.trouble, status=tried.status, detail=detail)


def masked_digits(text: str) -> str:
    """A text with every long row of digits masked: a receiver may repeat the numbers that it was told."""
    return "".join(_masked_rows(text))


def _masked_rows(text: str) -> Iterable[str]:
    row = ""
    for each in [*text, ""]:
        if each.isdigit() and each.isascii():
            row += each
            continue
        yield row[:3] + "*" * (len(row) - 5) + row[-2:] if len(row) >= 8 else row
        row = ""
        yield each


def attempts_of(call: WebhookCall) -> list[ShownAttempt]:
    """The attempts of a call, the newest first."""
    tries = call.tries.order_by("-id")[:100]
    return [ShownAttempt(each, masked_digits(each.answer) if each.status else "") for each in tries]


@dataclass(frozen=True)
class ShownCall:
    """A call in the log, with its last attempt."""

    call: WebhookCall
    last: WebhookAttempt | None

    @property
    def event(self) -> Any:
        return EVENT_LABELS.get(self.call.event, self.call.event)

    @property
    def words(self) -> str:
        return ShownAttempt(self.last, "").words if self.last else ""


def with_last_attempts(calls: Sequence[WebhookCall]) -> list[ShownCall]:
    """The calls with the newest attempt of each, in one query."""
    tries = WebhookAttempt.objects.filter(call__in=[call.pk for call in calls])
    newest = {each.call_id: each for each in tries.order_by("call_id", "-id").distinct("call_id")}
    return [ShownCall(call, newest.get(call.pk)) for call in calls]


def chart_of(hours: Sequence[Hour]) -> str:
    """The attempts of the last day by the hour, as the data of a chart of bars."""
    return json.dumps(
        {
            "labels": [clock(each.at) for each in hours],
            "datasets": [
                bars(gettext("Taken"), "--b-green", [each.taken for each in hours]),
                bars(gettext("Failed"), "--b-red", [each.failed for each in hours]),
            ],
        }
    )


def bars(label: str, colour: str, numbers: list[int]) -> dict[str, Any]:
    return {"label": label, "data": numbers, "backgroundColor": f"var({colour})", "maxBarThickness": 22}


def day_in_words(hours: Sequence[Hour]) -> dict[str, int]:
    """The same as three numbers: taken, failed, milliseconds of the usual taken call."""
    taken = sum(each.taken for each in hours)
    spent = sum(each.milliseconds for each in hours)
    failed = sum(each.failed for each in hours)
    return {"taken": taken, "failed": failed, "milliseconds": spent // taken if taken else 0}


def state_filter(request: HttpRequest, allowed: Iterable[str]) -> str:
    """The state that the address asks for, or ""."""
    state = request.GET.get("state", "")
    return state if state in set(allowed) else ""
