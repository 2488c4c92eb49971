"""Saying by hand that the recipient of a message to another country did what it asked for."""

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy as _

from console.accounts.audit import record_deed
from console.accounts.roles import Permission
from console.guard import person_of
from console.pages import ConsolePage, page_url, register_page
from messaging.deeds import CONVERTED
from messaging.models import Message
from messaging.sending.conversion import convert
from messaging.sending.kept import shown_messages


@register_page
class ConvertPage(ConsolePage):
    """Said first, then counted, once: a conversion cannot be taken back."""

    path = "deliveries/messages/<uuid:pk>/convert/"
    name = "delivery_convert"
    permission = Permission.SEND
    title = _("Count as converted")
    template_name = "messaging/deliveries/convert.html"

    @cached_property
    def message(self) -> Message:
        return get_object_or_404(
            shown_messages(Message.objects.filter(project=self.project)), pk=self.kwargs["pk"]
        )

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("Message"), page_url("delivery_message", self.message.pk))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sentence = _(
            "The recipient of this message did what it asked for: one conversion is counted now. "
            "It cannot be taken back."
        )
        own = {"sentence": sentence, "back": page_url("delivery_message", self.message.pk)}
        return super().get_context_data(**own, **kwargs)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            is_counted = convert(project=self.project, message_id=self.message.pk)
            if is_counted:
                record_deed(
                    actor=person_of(request), obj=self.message, project=self.project, what=CONVERTED()
                )
        if is_counted:
            messages.success(request, _("The conversion is counted."))
        else:
            messages.error(request, _("Nothing was counted: this message does not wait for a conversion."))
        return redirect(page_url("delivery_message", self.message.pk))
