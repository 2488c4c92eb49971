"""What a schedule sends and has sent, as its page shows it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project
from console.accounts.scoping import Scope
from console.formatting import group_number
from messaging.admin.deliveries.shown import FIRST_WORDS, RequestRow, may_read, without_digits
from messaging.admin.deliveries.shown import rows_of as request_rows_of
from messaging.audience.conditions import WrongCondition, describe, parse_condition, tags_in
from messaging.models import ScheduledMessage, ScheduledSend, ScheduleRun, SendRequest, Tag
from messaging.policies.advertising import OPENING
from messaging.recipients.results import CheckResult
from messaging.sending.kept import shown_requests
from messaging.states import DeliveryKind, Purpose, RunState

DONE_IN_PART = _("Some of it was sent; the rest was refused, as said beside it.")
RUN_SENTENCES: dict[str, Any] = {
    RunState.DONE: _("All of it was sent."),
    RunState.FAIL: _("Everything was refused, so nothing was sent."),
    RunState.SKIP: _(
        "Nothing was sent: no message was mapped to it then, or the SMS service of the project was closed."
    ),
    RunState.STALE: _(
        "Nothing was sent: the console could not run it in time, and a run is never sent late."
    ),
}


@dataclass(frozen=True, slots=True)
class MappedMessage:
    """A message of a schedule, as this person may read it. `to` says who gets it, in words."""

    message: ScheduledMessage
    title: str
    to: str
    subject: str
    text: str
    values: list[tuple[str, str]]


def mapped_messages(
    messages: Sequence[ScheduledMessage], project: Project, scope: Scope
) -> list[MappedMessage]:
    """The messages in words; the tags of all are looked up in one query."""
    conditions = {each.pk: condition_of(each) for each in messages}
    wanted = set().union(*(tags_in(each) for each in conditions.values() if each is not None))
    tags = Tag.objects.filter(project=project, pk__in=wanted) if wanted else Tag.objects.none()
    names = dict(tags.values_list("pk", "name"))
    words = {pk: describe(each, names) for pk, each in conditions.items() if each is not None}
    return [_mapped(each, words.get(each.pk, ""), scope) for each in messages]


def condition_of(message: ScheduledMessage) -> Any:
    """The condition of a message to tags; None for any other."""
    if message.kind != DeliveryKind.TAG:
        return None
    try:
        return parse_condition(message.tag_condition)
    except WrongCondition:
        return None


def _mapped(message: ScheduledMessage, condition: str, scope: Scope) -> MappedMessage:
    return MappedMessage(
        message=message,
        title=title_of(message, scope),
        to=recipients_words(message, condition),
        subject=readable(message.subject, message, scope),
        text=readable(message.body, message, scope),
        values=values_of(message, scope),
    )


def title_of(message: ScheduledMessage, scope: Scope) -> str:
    """Its name, or its subject, or the first words of its text."""
    words = message.name or " ".join(readable(message.subject, message, scope).split())
    if words:
        return words
    words = " ".join(readable(message.body, message, scope).split())
    words = words.removeprefix(OPENING).lstrip() or words  # all advertising begins alike
    return words if len(words) <= FIRST_WORDS else words[: FIRST_WORDS - 1].rstrip() + "…"


def readable(text: str, message: ScheduledMessage, scope: Scope) -> str:
    """A text as this person may read it: the digits of a one-time code are hidden from some."""
    is_for_all = may_read(scope) or message.purpose != Purpose.AUTHENTICATION
    return text if is_for_all else without_digits(text)


def values_of(message: ScheduledMessage, scope: Scope) -> list[tuple[str, str]]:
    """The values that are the same for all; those of a few typed numbers may be about one of them."""
    is_readable = message.kind == DeliveryKind.TAG or may_read(scope)
    return list(message.shared_values.items()) if is_readable else []


def recipients_words(message: ScheduledMessage, condition: str) -> str:
    """Who gets it: "12 numbers", "980 rows of customers.xlsx", or the condition over tags."""
    if message.kind == DeliveryKind.TAG:
        return gettext("UIDs with %(condition)s, looked up at each run") % {"condition": condition}
    if message.kind == DeliveryKind.MASS:
        return _file_words(message)
    n = len(message.recipients)
    return ngettext("%(n)s number", "%(n)s numbers", n) % {"n": group_number(n)}


def _file_words(message: ScheduledMessage) -> str:
    file = message.recipient_file
    if file is None or not file.result:
        return gettext("a file that is gone")
    result = CheckResult.from_json(file.result)
    n = result.sendable + (result.duplicates if message.include_duplicates else 0)
    said = ngettext("%(n)s row of %(file)s", "%(n)s rows of %(file)s", n)
    return said % {"n": group_number(n), "file": file.original_name}


# Digits that may be a phone number, as people write them.
NUMBER = re.compile(r"\d[\d\s().+-]{4,}\d")


# --- runs ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a message at a run: its request, or why there is none. Neither: it is kept no more."""

    title: str
    request: RequestRow | None
    why: list[str]


@dataclass(slots=True)
class RunRow:
    run: ScheduleRun
    sent: list[Sent] = field(default_factory=list)

    @property
    def state(self) -> RunState:
        return RunState(self.run.state)

    @property
    def sentence(self) -> Any:
        """What its state means."""
        is_in_part = self.run.state == RunState.DONE and any(each.why for each in self.sent)
        return DONE_IN_PART if is_in_part else RUN_SENTENCES[self.run.state]


def run_rows(runs: Sequence[ScheduleRun], scope: Scope) -> list[RunRow]:
    """The runs with what each sent; some queries for all of them."""
    sends = list(
        ScheduledSend.objects.filter(run__in=[run.pk for run in runs])
        .select_related("message")
        .order_by("message_id")
        if runs
        else ()
    )
    requests = requests_of(sends, scope)
    rows = {run.pk: RunRow(run) for run in runs}
    for send in sends:
        row = requests.get(send.request_id) if send.request_id else None
        rows[send.run_id].sent.append(
            Sent(title_of(send.message, scope), row, problem_sentences(send, scope))
        )
    return list(rows.values())


def requests_of(sends: Iterable[ScheduledSend], scope: Scope) -> Mapping[UUID, RequestRow]:
    """The requests of the sends that are still kept, by id."""
    ids = [send.request_id for send in sends if send.request_id]
    if not ids:
        return {}
    kept = shown_requests(SendRequest.objects.filter(pk__in=ids))
    kept = kept.select_related("recipient_file", "template_version__template")
    return {row.request.pk: row for row in request_rows_of(kept, scope)}


def problem_sentences(send: ScheduledSend, scope: Scope) -> list[str]:
    """Why it was refused, in the reader's language where it was written in it. A sentence that quotes an
    entry of the list is hidden from who may not read numbers.
    """
    language = (get_language() or "en").partition("-")[0]
    said = [_in_language(problem.get("text"), language) for problem in send.problems]
    if may_read(scope):
        return said
    return [NUMBER.sub(lambda found: without_digits(found[0]), each) for each in said]


def _in_language(text: Any, language: str) -> str:
    if isinstance(text, Mapping):
        return str(text.get(language) or next(iter(text.values()), ""))
    return str(text or "")
