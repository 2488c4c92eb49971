"""Templates as pages show them: their text as a phone shows it, and what changed, in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from console.formatting import group_phone_number
from console.pages import page_url
from messaging.admin.send_composition import Composition
from messaging.library.changes import Piece, changes_between
from messaging.library.templates import TemplateText, texts_of_versions
from messaging.models import TemplateVersion
from messaging.states import MessageType

LABELS = {
    "message_type": _("Type"),
    "purpose": _("Purpose"),
    "sender": _("Sender number"),
    "subject": _("Subject"),
    "body": _("Text"),
    "attachments": _("Pictures"),
}
LONG = frozenset({"subject", "body"})


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A field that says something else. `is_long`: it is a text, to be shown on lines of its own."""

    label: Any
    pieces: Sequence[Piece]
    is_long: bool


def words_of(text: TemplateText) -> dict[str, str]:
    """What each field says, as people read it."""
    return {
        "message_type": str(text.message_type.label),
        "purpose": str(text.purpose.label),
        "sender": group_phone_number(text.sender) or str(_("chosen when sending")),
        "subject": text.subject,
        "body": text.body,
        "attachments": ", ".join(each.name for each in text.attachments),
    }


def changes(before: TemplateText, after: TemplateText) -> list[ShownChange]:
    """What is different in the second one."""
    return [
        ShownChange(LABELS[change.field], change.pieces, change.field in LONG)
        for change in changes_between(words_of(before), words_of(after))
    ]


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version in the history. `changes` are those since the one before; None of the first."""

    version: TemplateVersion
    changes: list[ShownChange] | None

    @property
    def what(self) -> str:
        """The fields that changed, in a few words."""
        return ", ".join(str(change.label) for change in self.changes or [])


def history(versions: Sequence[TemplateVersion], before: TemplateVersion | None) -> list[VersionRow]:
    """Versions of one template, newest first, each against the next; `before` precedes the last of them."""
    rows = [*versions, *([before] if before else [])]
    texts = texts_of_versions(rows)
    found = [
        VersionRow(version, changes(older, newer))
        for version, newer, older in zip(rows, texts, texts[1:], strict=False)
    ]
    return found if before else [*found, *(VersionRow(version, None) for version in rows[-1:])]


def bubbles_of(version: TemplateVersion) -> list[dict[str, Any]]:
    """What the phone beside a version shows."""
    shown = Composition(MessageType(version.message_type), version.subject, version.body, has_keys=True)
    images = [page_url("template_picture", version.template_id, pk) for pk in version.attachment_ids]
    return bubbles(shown, images)


def bubbles(shown: Composition, images: Iterable[str]) -> list[dict[str, Any]]:
    images = list(images)
    if not (shown.shown_body or shown.shown_subject or images):
        return []
    return [{"text": shown.marked_body, "subject": shown.marked_subject, "images": images}]
