"""Registering one's own mobile phone as a sender number, by a one-time code to it."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from console.accounts.roles import Permission
from console.formatting import group_phone_number
from console.guard import person_of
from console.pages import ConsolePage, page_url, register_page
from senders.admin.forms import CodeForm
from senders.services import own_phone
from senders.services.consent import NUMBER_CONSENT
from senders.services.errors import WHOLE, Refused
from senders.services.number_limits import Usage, usage_of


def usage_context(user: Any) -> dict[str, Any]:
    """How many numbers the person has and may have, and whom they ask for more."""
    usage: Usage = usage_of(user)
    return {"usage": usage, "contact": settings.BONGSU_CONTACT}


@register_page
class NumberPhonePage(ConsolePage):
    """Two steps: a code is sent to the phone, and entered here. Then the number is approved."""

    path = "senders/numbers/phone/"
    name = "senders_number_phone"
    title = _("Register your own phone")
    permission = Permission.MANAGE_SENDERS
    template_name = "senders/number_phone.html"

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("Sender numbers"), page_url("senders_numbers"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, posted = person_of(self.request), self.request.POST
        problems = kwargs.pop("problems", {})
        own_number = own_phone.own_number(user=user, project=self.project)
        code = own_phone.pending_code(user=user, project=self.project)
        own = {
            "own_number": own_number,
            "typed_number": posted.get("phone_number", group_phone_number(own_number)),
            "has_agreed": bool(posted.get("has_agreed")) or code is not None,
            "code": code,
            "code_form": kwargs.pop("code_form", None) or CodeForm(),
            "consent": NUMBER_CONSENT,
            "problems": {name.replace(WHOLE, "whole"): said for name, said in problems.items()},
            **usage_context(user),
        }
        return {**super().get_context_data(**kwargs), **own}

    def post(self, request: HttpRequest) -> HttpResponse:
        return self._confirm(request) if request.POST.get("action") == "confirm" else self._send(request)

    def _send(self, request: HttpRequest) -> HttpResponse:
        try:
            own_phone.send_code(
                user=person_of(request),
                project=self.project,
                phone_number=request.POST.get("phone_number", "")[:40],
                has_agreed=bool(request.POST.get("has_agreed")),
            )
        except Refused as refused:
            return self._again(problems=refused.problems)
        return redirect(page_url(self.name))

    def _confirm(self, request: HttpRequest) -> HttpResponse:
        form = CodeForm(request.POST)
        if not form.is_valid():
            return self._again(code_form=form)
        try:
            code = form.cleaned_data["code"]
            number = own_phone.confirm(user=person_of(request), project=self.project, code=code)
        except Refused as refused:
            for sentence in filter(None, [refused.problems.pop("code", "")]):
                form.add_error("code", str(sentence))
            return self._again(problems=refused.problems, code_form=form)
        messages.success(request, _("%(number)s is approved: send from it now.") % {"number": number})
        return redirect(page_url("senders_number", number.pk))

    def _again(self, **context: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(**context), status=422)
