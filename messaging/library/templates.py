"""Templates: making, changing with every version kept, deleting, and which may be chosen now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import transaction
from django.db.models import BigIntegerField, F, Func, IntegerField, QuerySet, Value
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project, User
from messaging.content.length import normalize_newlines
from messaging.content.limits import CONSOLE_IMAGES, KB
from messaging.content.rendering import placeholders
from messaging.library.categories import ids_in_order, lock_library, read_words
from messaging.library.errors import ChangedMeanwhile, Gone, LibraryRefused, Sentence
from messaging.models import Attachment, Category, Template, TemplateVersion
from messaging.policies.settings import replaces_characters
from messaging.policies.writing import faults
from messaging.states import MessageType, Purpose
from senders.services.registration import is_approved

MAX_NAME = 100
MAX_TEMPLATES = 5_000


@dataclass(frozen=True, kw_only=True)
class TemplateText:
    """What a version says. `sender` "" is chosen when sending; `attachments` are rows of the project."""

    message_type: MessageType
    purpose: Purpose
    body: str
    sender: str = ""
    subject: str = ""
    attachments: Sequence[Attachment] = field(default=())

    def normal(self) -> "TemplateText":
        """The text as it is kept: newlines as they are sent, nothing that its type does not have."""
        is_sms = self.message_type == MessageType.SMS
        return replace(
            self,
            subject="" if is_sms else normalize_newlines(self.subject).strip(),
            body=normalize_newlines(self.body),
        )

    @property
    def keys(self) -> list[str]:
        """The placeholders, in the order in which they stand."""
        return placeholders(self.subject, self.body)


def text_of_version(version: TemplateVersion) -> TemplateText:
    """What a version says, so that it can be saved again. One query where it has pictures."""
    return texts_of_versions([version])[0]


def texts_of_versions(versions: Sequence[TemplateVersion]) -> list[TemplateText]:
    """What each of them says. One query where any has pictures."""
    ids = {pk for version in versions for pk in version.attachment_ids}
    rows = Attachment.objects.in_bulk(ids) if ids else {}
    return [_text(version, rows) for version in versions]


def _text(version: TemplateVersion, rows: Mapping[int, Attachment]) -> TemplateText:
    return TemplateText(
        message_type=MessageType(version.message_type),
        purpose=Purpose(version.purpose),
        sender=version.sender,
        subject=version.subject,
        body=version.body,
        attachments=tuple(rows[pk] for pk in version.attachment_ids if pk in rows),
    )


# --- changing ------------------------------------------------------------------------------------


def create_template(
    *, project: Project, user: User, category: Category | None, name: str, text: TemplateText
) -> Template:
    """A new template with its first version. Raises LibraryRefused with everything that is wrong."""
    text = text.normal()
    now = timezone.now()
    with transaction.atomic():
        lock_library(project.pk)
        template = Template(project=project, version=1, created_at=now, updated_at=now)
        _refuse_wrong(template, name, category, text)
        if Template.objects.filter(project=project, deleted_at=None).count() >= MAX_TEMPLATES:
            raise LibraryRefused(_("A project has at most %(n)s templates.") % {"n": MAX_TEMPLATES})
        template.name, template.category = read_words(name), category
        template.save()
        _write_version(template, text, user, now)
    return template


def change_template(
    *,
    template: Template,
    user: User,
    name: str,
    category: Category | None,
    text: TemplateText,
    seen_version: int,
) -> TemplateVersion:
    """Save the text as the next version; one that says the same makes none. Name and category are set anew.

    `seen_version` is the one that the person had before them. Raises ChangedMeanwhile where another one is
    the newest and says something else, Gone where the template was deleted, LibraryRefused for the rest.
    """
    text = text.normal()
    now = timezone.now()
    with transaction.atomic():
        lock_library(template.project_id)
        own = _living(template)
        current = own.versions.select_related("created_by").get(number=own.version)
        is_same = says_the_same(current, text)
        if seen_version != own.version and not is_same:
            raise ChangedMeanwhile(current)
        _refuse_wrong(own, name, category, text, is_new=not is_same)
        if is_same and (own.name, own.category) == (read_words(name), category):
            return current
        own.name, own.category = read_words(name), category
        own.version, own.updated_at = current.number + (not is_same), now
        own.save(update_fields=["name", "category", "version", "updated_at"])
        return current if is_same else _write_version(own, text, user, now)


def delete_template(*, template: Template, user: User) -> None:
    """It can no longer be chosen; what was sent or scheduled from it keeps its version. Raises Gone."""
    with transaction.atomic():
        lock_library(template.project_id)
        own = _living(template)
        own.deleted_at = timezone.now()
        own.save(update_fields=["deleted_at"])


def says_the_same(version: TemplateVersion, text: TemplateText) -> bool:
    """Whether a version says what a (normal) text says."""
    return (
        version.message_type == text.message_type
        and version.purpose == text.purpose
        and version.sender == text.sender
        and version.subject == text.subject
        and version.body == text.body
        and list(version.attachment_ids) == [each.pk for each in text.attachments]
    )


def _living(template: Template) -> Template:
    own = Template.objects.filter(pk=template.pk, project=template.project_id, deleted_at=None).first()
    if own is None:
        raise Gone(_("This template was deleted meanwhile."))
    return own


def _write_version(template: Template, text: TemplateText, user: User, now: datetime) -> TemplateVersion:
    return TemplateVersion.objects.create(
        template=template,
        number=template.version,
        message_type=text.message_type,
        purpose=text.purpose,
        sender=text.sender,
        subject=text.subject,
        body=text.body,
        placeholders=text.keys,
        attachment_ids=[each.pk for each in text.attachments],
        created_by=user,
        created_at=now,
    )


# --- what is wrong -------------------------------------------------------------------------------


def _refuse_wrong(
    template: Template, name: str, category: Category | None, text: TemplateText, *, is_new: bool = True
) -> None:
    """Raise LibraryRefused for all that is wrong. A text that is kept as it was is not judged again."""
    problems = _wrong_name(template, name) | _wrong_category(template, category)
    if is_new:
        problems |= wrong_text(template.project, text)
    if problems:
        raise LibraryRefused(problems)


def _wrong_name(template: Template, written: str) -> dict[str, Sentence]:
    name = read_words(written)
    if not name:
        return {"name": _("Give the template a name.")}
    if len(name) > MAX_NAME:
        return {"name": _("A name has at most %(n)s characters.") % {"n": MAX_NAME}}
    others = Template.objects.filter(project=template.project_id, name=name, deleted_at=None)
    if others.exclude(pk=template.pk).exists():
        return {"name": _("There is a template “%(name)s” already.") % {"name": name}}
    return {}


def _wrong_category(template: Template, category: Category | None) -> dict[str, Sentence]:
    if category is None:
        return {"category": _("Choose a category.")}
    if not Category.objects.filter(pk=category.pk, project=template.project_id).exists():
        return {"category": _("This category was deleted meanwhile. Choose another one.")}
    return {}


def wrong_text(project: Project, text: TemplateText) -> dict[str, Sentence]:
    """What is wrong with a (normal) text, a sentence a field. What values will add is not known yet."""
    wrong = list(faults(*_measured(text), replaces=replaces_characters(project)))
    found = {fault.field: fault.message for fault in reversed(wrong)}
    if text.sender and not is_approved(project, text.sender):
        found["sender"] = _(
            "This sender number is not approved in this project. Choose another one, or none to choose it "
            "when sending."
        )
    if sentence := _wrong_attachments(project, text):
        found["attachments"] = sentence
    return found


def _measured(text: TemplateText) -> tuple[str, str, str]:
    return text.message_type, text.subject, text.body


def _wrong_attachments(project: Project, text: TemplateText) -> Sentence | None:
    attached, limits = text.attachments, CONSOLE_IMAGES
    if attached and text.message_type != MessageType.MMS:
        return _("Only an MMS has attachments. Choose MMS, or remove them.")
    # Locked: pictures that nothing uses are deleted after seven days, and these must not be meanwhile.
    rows = Attachment.objects.select_for_update(no_key=True).filter(
        project=project, pk__in=[each.pk for each in attached]
    )
    if len(rows) < len(attached):
        return _("An attachment is gone. Attach it again.")
    if len(attached) > limits.max_count:
        return _("At most %(count)s attachments.") % {"count": limits.max_count}
    if sum(each.size for each in attached) > limits.max_total_bytes:
        return _("All attachments together are at most %(size)s KB.") % {"size": limits.max_total_bytes // KB}
    return None


# --- which there are -----------------------------------------------------------------------------


def current_versions(project: Project) -> QuerySet[TemplateVersion]:
    """The newest version of every template that is not deleted, with `template` and `category`.

    Ordered by the category's place in the tree, then by name. Reads the project's categories at once.
    """
    ids = ArrayField(BigIntegerField())
    place = Func(
        Cast(Value(ids_in_order(project), output_field=ids), ids),
        F("template__category_id"),
        function="array_position",
        output_field=IntegerField(),
    )
    return newest_versions(project).order_by(place, "template__name", "template_id")


def newest_versions(project: Project) -> QuerySet[TemplateVersion]:
    """The newest version of every template that is not deleted, in no order. Reads nothing yet."""
    rows = TemplateVersion.objects.filter(template__project=project, template__deleted_at=None)
    return rows.filter(number=F("template__version")).select_related("template__category")


def current_version(project: Project, template_id: int) -> TemplateVersion | None:
    """The newest version of one template of the project, or None where it is deleted or not there."""
    return newest_versions(project).filter(template_id=template_id).first()
