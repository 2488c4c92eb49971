"""One carrier account: how it is, a test message through it, and its pause."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from console.guard import person_of
from console.pages import ConsolePage, ConsoleView, page_url, register_page
from messaging.admin.carriers.editor import OneAccount
from messaging.admin.carriers.forms import PauseForm, TestForm
from messaging.admin.carriers.lists import row_of
from messaging.result_codes import lookup
from messaging.sending.carriers import (
    ACCEPTED,
    REFUSED,
    CarrierRefused,
    TestOutcome,
    pause_account,
    resume_account,
    send_test,
)


@register_page
class CarrierPage(OneAccount, ConsolePage):
    """The account; a POST is a test message, whose fields stay as they were typed where it is refused."""

    path = "platform/carriers/<int:pk>/"
    name = "carrier"
    template_name = "messaging/carriers/one.html"

    def get_title(self) -> str:
        return self.account.name

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("Carriers"), page_url("carriers"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = {"row": row_of(self.account), "pause_form": PauseForm(), "test_form": TestForm()}
        return super().get_context_data(**{**own, **kwargs})

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = TestForm(request.POST)
        if form.is_valid():
            try:
                outcome = send_test(account=self.account, user=person_of(request), **form.cleaned_data)
            except CarrierRefused as refused:
                for name, words in refused.problems.items():
                    form.add_error(name or None, words)
            else:
                self.say(outcome)
                return redirect(page_url("carrier", self.account.pk))
        return self.render_to_response(self.get_context_data(test_form=form), status=422)

    def say(self, outcome: TestOutcome) -> None:
        if outcome.outcome == ACCEPTED:
            named = _("The carrier took the test message as %(id)s.") % {"id": outcome.carrier_id}
            messages.success(
                self.request, named if outcome.carrier_id else _("The carrier took the test message.")
            )
        elif outcome.outcome == REFUSED:
            words = {"code": outcome.code, "meaning": lookup(outcome.code).meaning}
            messages.error(self.request, _("The carrier refused it: %(meaning)s (%(code)s).") % words)
        else:
            messages.warning(self.request, _("Nobody knows whether the carrier took it."))


@register_page
class CarrierSwitch(OneAccount, ConsoleView):
    """Pause it, with a reason, or let it go on."""

    path = "platform/carriers/<int:pk>/switch/"
    name = "carrier_switch"
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        if request.POST.get("to") == "PAUSED":
            form = PauseForm(request.POST)
            if not form.is_valid():
                messages.error(request, _("Say why the account is paused."))
            elif pause_account(account=self.account, reason=form.cleaned_data["reason"]):
                messages.success(request, _("The account is paused: what is due waits."))
        elif resume_account(account=self.account):
            messages.success(request, _("The account takes messages again."))
        return redirect(page_url("carrier", self.account.pk))
