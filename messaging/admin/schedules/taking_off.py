"""Taking a message off a schedule: said first, then done."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.accounts.roles import Permission
from console.formatting import group_phone_number
from console.guard import person_of
from console.pages import ConsolePage, page_url, register_page
from messaging.admin.schedules.editor import LivingSchedule
from messaging.admin.schedules.shown import MappedMessage, mapped_messages
from messaging.admin.schedules.words import every_run, moment_words
from messaging.models import ScheduledMessage
from messaging.schedules.messages import live_messages, unmap_message


@register_page
class ScheduleMessageRemovePage(LivingSchedule, ConsolePage):
    path = "deliveries/recurring/<int:pk>/messages/<int:message>/remove/"
    name = "schedule_message_remove"
    title = gettext_lazy("Take a message off")
    permission = Permission.SEND
    template_name = "messaging/schedules/take_off.html"

    @cached_property
    def message(self) -> ScheduledMessage:
        rows = live_messages(self.schedule).select_related("recipient_file", "schedule__project")
        return get_object_or_404(rows, pk=self.kwargs["message"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        mapped = mapped_messages([self.message], self.project, self.scope)[0]
        own = {
            "mapped": mapped,
            "sentence": self.sentence(mapped),
            "action": _("Take it off"),
            "back": page_url("schedule", self.schedule.pk),
        }
        return super().get_context_data(**own, **kwargs)

    def sentence(self, mapped: MappedMessage) -> str:
        """What goes no more, to whom, and what becomes of the next run."""
        said = _(
            "“%(title)s” (%(type)s from %(sender)s, %(to)s) is sent by %(code)s no more."
            " What was sent of it stays."
        )
        params = {
            "title": mapped.title,
            "type": mapped.message.get_message_type_display(),
            "sender": group_phone_number(mapped.message.sender),
            "to": mapped.to,
            "code": self.schedule.code,
        }
        return " ".join([said % params, *self.what_becomes_of_the_next_run()])

    def what_becomes_of_the_next_run(self) -> list[str]:
        coming = every_run(self.schedule)
        if not coming:
            return []
        params = {"moment": moment_words(coming[0].due_at)}
        if live_messages(self.schedule).count() > 1:
            return [_("The next run, at %(moment)s, goes without it.") % params]
        return [_("It is the only one: the run at %(moment)s has nothing to send and is skipped.") % params]

    def post(self, request: HttpRequest, pk: int, message: int) -> HttpResponse:
        if unmap_message(self.message, person_of(request)):
            messages.success(request, _("The message is taken off."))
        return redirect(page_url("schedule", self.schedule.pk))
