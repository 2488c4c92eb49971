"""What is asked of sending: one typed wish, and how it is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils.functional import Promise

from console.accounts.models import Project, User
from messaging.audience.conditions import Condition
from messaging.models import Attachment, RecipientFile, StatisticsKey, TemplateVersion
from messaging.states import DeliveryKind, MessageType, Purpose, Source
from senders.models import OptOutLine

Sentence = str | Promise


class Recipient(NamedTuple):
    """A number as it was written, and what stands for the placeholders of the text."""

    number: str
    values: Mapping[str, str] = {}


class Split(NamedTuple):
    """Send in `parts` of the same size, one every `interval`."""

    parts: int
    interval: timedelta


@dataclass(frozen=True, kw_only=True)
class SendCommand:
    """One wish to send one text, from the console, an API or a schedule.

    Either `recipients` (numbers as written, one a line, or `Recipient`), a checked `recipient_file`, or a
    `tag_condition`, whose recipients are resolved when it is due. `shared_values` stand for the placeholders
    of every recipient that has no values of its own. An advertising send names its open `opt_out_line`.
    `template_version` is what the text was taken from. `collects_conversion`: whether messages to other
    countries are expected to be confirmed (the guide's conversion rate).
    `due_at` None is now. `needs_release`: held until a person releases it. `include_duplicates`: a number
    that occurs twice is sent to twice. A second command of a project with the same `submission_token` is
    the first; where their `submission_digest` differs, OtherSubmission is raised. `time_zone`: the one that
    a program gave `due_at` in.
    """

    project: Project
    actor: User | None
    message_type: MessageType
    purpose: Purpose
    sender: str
    body: str
    source: Source = Source.CONSOLE
    kind: DeliveryKind = DeliveryKind.GENERAL
    subject: str = ""
    recipients: Sequence[str | Recipient] = ()
    recipient_file: RecipientFile | None = None
    tag_condition: Condition | None = None
    shared_values: Mapping[str, str] = field(default_factory=dict)
    attachments: Sequence[Attachment] = ()
    template_version: TemplateVersion | None = None
    statistics_key: StatisticsKey | None = None
    opt_out_line: OptOutLine | None = None
    collects_conversion: bool = False
    due_at: datetime | None = None
    needs_release: bool = False
    split: Split | None = None
    include_duplicates: bool = False
    name: str = ""
    submission_token: str | None = None
    submission_digest: str = ""
    time_zone: str = ""


class OtherSubmission(Exception):
    """The token of a submission stands for another one already."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field of a command.

    `code` is for programs, `message` for people. `line` is the line of `recipients`, from 1, where it is one.
    """

    field: str
    code: str
    message: Sentence
    line: int | None = None


@dataclass
class SendRefused(Exception):
    """A command was not carried out: every problem at once, in the order of the form. Nothing was written."""

    problems: list[Problem] = field(default_factory=list)

    def __str__(self) -> str:
        return " ".join(str(problem.message) for problem in self.problems)

    def by_field(self) -> dict[str, list[Problem]]:
        """The problems of each field."""
        found: dict[str, list[Problem]] = {}
        for problem in self.problems:
            found.setdefault(problem.field, []).append(problem)
        return found
