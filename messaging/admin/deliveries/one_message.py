"""One message: its text as the phone shows it, beside what happened to it, step by step."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import F
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.accounts.roles import Permission
from console.accounts.sentences import Phone
from console.pages import ConsolePage, page_url, register_page
from messaging import result_codes
from messaging.admin.deliveries import shown
from messaging.admin.deliveries.as_json import result_of
from messaging.admin.deliveries.one_request import attachments_with_addresses
from messaging.admin.reading import MESSAGE_READ, note_reading
from messaging.ids import ordinal_of
from messaging.models import CarrierReference, Chunk, DeliveryReport, GatewayAccount, Message, SendBatch
from messaging.sending.conversion import waits_for_conversion
from messaging.sending.duplicates import repeated_by
from messaging.sending.kept import shown_messages
from messaging.sens.answers import is_to_come
from messaging.states import MessageState

MOST_REPORTS = 20


@dataclass(frozen=True)
class Step:
    """A step of the timeline. `moment` is None where it has not happened."""

    title: str
    moment: datetime | None
    note: str = ""
    colour: str = "green"


@dataclass(frozen=True)
class Bubble:
    text: str
    subject: str
    images: list[str]
    moment: datetime | None = None


@dataclass(frozen=True)
class Carrier:
    """To whom the message went: the account of its chunk, and the carrier's own id where it has one."""

    account: GatewayAccount | None
    carrier_id: str


@register_page
class MessagePage(ConsolePage):
    path = "deliveries/messages/<uuid:pk>/"
    name = "delivery_message"
    permission = Permission.LOOK_UP
    title = gettext_lazy("Message")
    template_name = "messaging/deliveries/message.html"

    @cached_property
    def message(self) -> Message:
        messages = shown_messages(Message.objects.filter(project=self.project))
        return get_object_or_404(
            messages.select_related("request__recipient_file", "request__project"), pk=self.kwargs["pk"]
        )

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        request = self.message.request
        above = shown.title_of(request, self.scope), page_url("delivery_request", request.pk)
        return [(_("Requests"), page_url("deliveries_requests")), above]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        message = self.message
        note_reading(self.scope, message, MESSAGE_READ(number=Phone(message.recipient)))
        subject, text = shown.readable_text(message, self.scope)
        attachments = attachments_with_addresses(message.request)
        images = [address for _attachment, address in attachments]
        own = {
            "message": message,
            "send_request": message.request,
            "row": shown.message_row(message, self.scope),
            "json": result_of(message, self.scope),
            "is_to_come": is_to_come(message.request, timezone.now()),
            "attachments": attachments,
            "bubbles": [Bubble(text, subject, images)],
            "steps": timeline(message),
            "repeats": repeated_by(message),
            "part": part_of(message),
            "may_convert": self.scope.allows(Permission.SEND) and waits_for_conversion(message),
        }
        return super().get_context_data(**own, **kwargs)


def part_of(message: Message) -> SendBatch | None:
    ordinal = ordinal_of(message.pk)
    batches = SendBatch.objects.filter(request=message.request_id, first_ordinal__lte=ordinal)
    return batches.filter(last_ordinal__gte=ordinal).first()


def carrier_of(message: Message) -> Carrier:
    chunks = Chunk.objects.filter(request=message.request_id, first_id__lte=message.pk)
    chunk = chunks.filter(last_id__gte=message.pk).select_related("account").first()
    reference = CarrierReference.objects.select_related("account").filter(pk=message.pk).first()
    if reference is not None:
        return Carrier(reference.account, reference.carrier_id)
    return Carrier(chunk.account if chunk else None, "")


def timeline(message: Message) -> list[Step]:
    """Every step with its time, in the order in which it happened; what is still to come stands last."""
    request = message.request
    steps = [Step(_("Accepted"), request.created_at, str(request.get_source_display()))]
    if request.loaded_at:
        steps.append(Step(_("Loaded"), request.loaded_at))
    if request.released_at:
        steps.append(Step(_("Released"), request.released_at))
    steps += handed_over(message)
    steps += ending(message)
    if message.converted_at:
        steps.append(Step(_("Converted"), message.converted_at))
    steps += [stray(report) for report in stray_reports(message)]
    return sorted(steps, key=lambda step: (step.moment is None, step.moment or request.created_at))


def handed_over(message: Message) -> list[Step]:
    if message.submitted_at is None:
        waits = message.state == MessageState.READY
        return [Step(_("Not handed over yet"), None, colour="grey")] if waits else []
    carrier = carrier_of(message)
    name = carrier.account.name if carrier.account else ""
    note = _("%(carrier)s, with the id %(id)s") % {"carrier": name, "id": carrier.carrier_id or message.pk}
    return [Step(_("Handed over to the carrier"), message.submitted_at, note if name else "")]


def ending(message: Message) -> list[Step]:
    """What became of it, and when we were told."""
    state = MessageState(message.state)
    if state == MessageState.SENT:
        return [Step(_("Waiting for the carrier's report"), None, colour="blue")]
    if state == MessageState.READY:
        return []
    result = result_codes.lookup(message.result_code) if message.result_code else None
    note = f"{result.meaning} ({result.code})" if result else ""
    steps = [Step(str(state.label), message.finished_at or message.reported_at, note, state.colour)]
    if message.reported_at and message.reported_at != message.finished_at:
        steps.append(Step(_("Reported to the console"), message.reported_at, message.telco or ""))
    return steps


def stray_reports(message: Message) -> list[DeliveryReport]:
    """Reports that moved nothing: they came twice, or too late."""
    reports = DeliveryReport.objects.filter(message_id=message.pk).order_by(F("received_at"), "pk")
    return list(reports.select_related("account")[:MOST_REPORTS])


def stray(report: DeliveryReport) -> Step:
    result = result_codes.lookup(report.code)
    note = _("%(carrier)s said: %(meaning)s (%(code)s). Nothing was changed.") % {
        "carrier": report.account.name,
        "meaning": result.meaning,
        "code": report.code,
    }
    return Step(_("Another report"), report.received_at, note, "grey")
