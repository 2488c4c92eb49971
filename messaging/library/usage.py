"""Who uses a template: what is still to be sent from it, what recurring schedules send, and what people are
writing from it now.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from messaging.models import Draft, ScheduledMessage, SendBatch, SendRequest, Template, TemplateVersion
from messaging.models.schedule import coming_messages
from messaging.states import BatchState, RequestState

SHOWN = 20
NOT_YET = (RequestState.WAITING, RequestState.LOADING, RequestState.HELD, RequestState.SCHEDULED)


@dataclass(frozen=True)
class Usage:
    """The first `SHOWN` of each, soonest first. Requests and what schedules send keep the version that they
    were made from; whoever writes a draft gets the newest one.
    """

    requests: list[SendRequest]
    has_more_requests: bool
    drafts: list[Draft]
    has_more_drafts: bool
    scheduled: list[ScheduledMessage]
    has_more_scheduled: bool

    def __bool__(self) -> bool:
        return bool(self.requests or self.drafts or self.scheduled)


def used_by(template: Template) -> Usage:
    """The requests of which something is still to come, the drafts that chose it, and what schedules send.
    Three queries.
    """
    requests = list(_requests(template)[: SHOWN + 1])
    drafts = list(_drafts(template)[: SHOWN + 1])
    scheduled = list(_scheduled(template)[: SHOWN + 1])
    return Usage(
        requests[:SHOWN],
        len(requests) > SHOWN,
        drafts[:SHOWN],
        len(drafts) > SHOWN,
        scheduled[:SHOWN],
        len(scheduled) > SHOWN,
    )


def _requests(template: Template) -> QuerySet[SendRequest]:
    to_come = Exists(SendBatch.objects.filter(request=OuterRef("pk"), state=BatchState.WAITING))
    rows = SendRequest.objects.filter(project=template.project_id, template_version__template=template)
    rows = rows.filter(Q(state__in=NOT_YET) | Q(Q(state=RequestState.SENDING), to_come))
    return rows.select_related("template_version", "recipient_file").order_by("due_at", "pk")


def _drafts(template: Template) -> QuerySet[Draft]:
    rows = Draft.objects.filter(project=template.project_id, fields__template=[str(template.pk)])
    return rows.select_related("user").order_by("-updated_at", "pk")


def _scheduled(template: Template) -> QuerySet[ScheduledMessage]:
    rows = coming_messages().filter(template_version__template=template)
    return rows.select_related("schedule", "template_version")


@dataclass(frozen=True, slots=True)
class KeyChanges:
    """Placeholders that a text no longer has, and those that it has beside the ones before."""

    gone: tuple[str, ...]
    new: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.gone or self.new)


def key_changes(version: TemplateVersion, keys: Iterable[str]) -> KeyChanges:
    """What becomes of the placeholders of a version in a text that has these keys."""
    before, after = list(version.placeholders), list(keys)
    return KeyChanges(
        gone=tuple(key for key in before if key not in after),
        new=tuple(key for key in after if key not in before),
    )
