"""What the phones of a simulated carrier received, newest first. Only where the project sends through one."""

import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.accounts.models import Project
from console.accounts.roles import Permission
from console.formatting import group_phone_number
from console.pages import ConsolePage, ConsoleView, page_url, register_page
from console.queues import TaskName, ring
from messaging.admin.reading import HANDSETS_READ, note_reading
from messaging.gateways.base import GatewayUnavailable
from messaging.gateways.ledger import HandsetMessage
from messaging.gateways.simulator import Simulator
from messaging.ids import request_of
from messaging.models import GatewayAccount, Route, SendRequest
from messaging.sending.accounts import gateway_of
from senders.services.opt_out_lines import open_lines

MOST_PHONES = 12
MOST_BUBBLES = 8
# An 080 number in a text, as people write it.
LINE_IN_TEXT = re.compile(r"(?<!\d)080[-. )]{0,2}\d{3,4}[-. ]?\d{4}(?!\d)")
CALLER = re.compile(r"\+?[0-9]{8,20}")
LINE = re.compile(r"[0-9]{8,20}")


@dataclass(frozen=True)
class Bubble:
    text: str
    subject: str
    images: list[str]
    moment: datetime


@dataclass(frozen=True)
class Phone:
    """A phone's conversation with one sender, newest message first.

    `lines`: the open 080 numbers that its messages name (digits), where its owner can refuse advertising.
    """

    owner: str
    number: str
    caller: str
    bubbles: list[Bubble] = field(default_factory=list)
    lines: dict[str, None] = field(default_factory=dict)


def account_of(project: Project) -> GatewayAccount | None:
    """The carrier account that the project's messages take: its own, or that of all others."""
    routes = Route.objects.filter(project=project) | Route.objects.filter(project=None)
    route = routes.select_related("account").order_by(F("project").asc(nulls_last=True)).first()
    return route.account if route else None


def simulator_of(project: Project) -> Simulator | None:
    """The simulator that the project sends through; None for a real carrier or none.

    Raises GatewayUnavailable where the account's settings are wrong.
    """
    account = account_of(project)
    if account is None or account.gateway != Simulator.code:
        return None
    gateway = gateway_of(account)
    return gateway if isinstance(gateway, Simulator) else None


def phones_of(project: Project, simulator: Simulator) -> list[Phone]:
    """The phones that received last, each with what it received and the project's 080 lines that it names."""
    open_numbers = set(open_lines(project).values_list("number", flat=True))
    handsets = simulator.ledger.handsets(scope=str(project.pk), limit=MOST_PHONES)
    received = [message for handset in handsets for message in handset.messages]
    pictures = pictures_of(project, received)
    phones: dict[tuple[str, str], Phone] = {}
    for message in sorted(received, key=lambda each: each.arrived_at, reverse=True):
        owner = owner_of(message)
        phone = phones.setdefault((owner, message.sender), Phone(owner, message.sender, caller_of(message)))
        if len(phone.bubbles) < MOST_BUBBLES:
            images = pictures.get(request_of(UUID(message.id)), []) if message.attachments else []
            phone.bubbles.append(Bubble(message.text, message.subject, images, message.arrived_at))
            phone.lines.update(dict.fromkeys(each for each in lines_in(message.text) if each in open_numbers))
    return list(phones.values())[:MOST_PHONES]


def owner_of(message: HandsetMessage) -> str:
    number = group_phone_number(message.recipient)
    return number if message.country_code == 82 else f"+{message.country_code} {message.recipient}"


def lines_in(text: str) -> list[str]:
    """The 080 numbers in a text, digits only."""
    return ["".join(filter(str.isdigit, written)) for written in LINE_IN_TEXT.findall(text)]


def caller_of(message: HandsetMessage) -> str:
    """The phone's own number, as a carrier tells it of a caller."""
    is_domestic = message.country_code == 82
    return message.recipient if is_domestic else f"+{message.country_code}{message.recipient}"


def pictures_of(project: Project, messages: Iterable[HandsetMessage]) -> dict[UUID, list[str]]:
    """The addresses of the pictures of the requests that these messages belong to."""
    ids = {request_of(UUID(message.id)) for message in messages if message.attachments}
    requests = SendRequest.objects.filter(project=project, pk__in=ids) if ids else SendRequest.objects.none()
    return {
        request.pk: [page_url("delivery_attachment", request.pk, number) for number in request.attachment_ids]
        for request in requests
    }


def handsets_context(project: Project) -> dict[str, Any]:
    try:
        simulator = simulator_of(project)
        phones = phones_of(project, simulator) if simulator else []
    except (GatewayUnavailable, sqlite3.Error, OSError):
        return {"trouble": _("The simulator cannot be read just now. It is asked again in a moment.")}
    return {"is_simulated": simulator is not None, "phones": phones}


@register_page
class HandsetsPage(ConsolePage):
    """The phones, kept fresh by htmx."""

    path = "deliveries/handsets/"
    name = "handsets"
    permission = Permission.READ_PERSONAL_DATA
    title = gettext_lazy("Handsets")
    is_wide = True
    template_name = "messaging/handsets/page.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        note_reading(self.scope, self.project, HANDSETS_READ())
        own = {"may_send": self.scope.allows(Permission.SEND)}
        return super().get_context_data(**own, **handsets_context(self.project), **kwargs)


@register_page
class HandsetsPhones(ConsoleView):
    """The phones alone, for htmx."""

    path = "deliveries/handsets/phones/"
    name = "handsets_phones"
    permission = Permission.READ_PERSONAL_DATA

    def get(self, request: HttpRequest) -> HttpResponse:
        may_send = self.scope.allows(Permission.SEND)
        context = {"may_send": may_send, **handsets_context(self.project)}
        return render(request, "messaging/handsets/phones.html", context)


@register_page
class HandsetsCall(ConsoleView):
    """A simulated phone dials an 080 number that one of its messages names, so as to refuse advertising."""

    path = "deliveries/handsets/call/"
    name = "handsets_call"
    permission = Permission.SEND

    def post(self, request: HttpRequest) -> HttpResponse:
        caller, line = request.POST.get("caller", ""), request.POST.get("line", "")
        if not (CALLER.fullmatch(caller) and LINE.fullmatch(line) and self.is_own(line)):
            return HttpResponseBadRequest(_("This phone cannot call that number."))
        try:
            simulator = simulator_of(self.project)
            if simulator is None:
                return HttpResponseBadRequest(_("This project sends through a real carrier."))
            simulator.call(line, caller)
        except GatewayUnavailable:
            messages.error(request, _("The simulator cannot be reached just now. Try it once more."))
            return redirect(page_url("handsets"))
        ring(TaskName.COLLECT_OPT_OUTS)
        words = {"caller": group_phone_number(caller), "line": group_phone_number(line)}
        messages.success(
            request, _("%(caller)s called %(line)s. The refusal stands under Opt-outs in a moment.") % words
        )
        return redirect(page_url("handsets"))

    def is_own(self, line: str) -> bool:
        """Whether the number is open for the project: nobody refuses in another one."""
        return open_lines(self.project).filter(number=line).exists()
