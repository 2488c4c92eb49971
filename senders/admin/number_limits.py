"""Administrators: how many sender numbers a person may have."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from console.accounts.models import User
from console.accounts.roles import Permission
from console.formatting import group_number
from console.guard import person_of
from console.pages import ConsolePage, page_url, register_page
from senders.models import NumberLimit, SenderNumber
from senders.services.errors import WHOLE, Refused
from senders.services.number_limits import MAX_REASON, set_limit, usage_of
from senders.states import COUNTED_NUMBER_STATES

SHOWN = 50


class LimitForm(forms.Form):
    """What the service is asked for; it says what is wrong."""

    most = forms.IntegerField(
        label=_("Sender numbers, at most"), error_messages={"invalid": _("Write a whole number.")}
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=MAX_REASON, widget=forms.Textarea(attrs={"rows": 3}), required=False
    )


@register_page
class NumberLimitPage(ConsolePage):
    """How many numbers the person has and may have, and the form that changes it."""

    path = "people/<int:pk>/sender-numbers/"
    name = "person_number_limit"
    permission = Permission.ADMINISTER
    needs_project = False
    needs_verified = False
    needs_fresh = True
    template_name = "senders/number_limit.html"

    @cached_property
    def person(self) -> User:
        return get_object_or_404(User, pk=self.kwargs["pk"])

    def get_title(self) -> Any:
        return _("Sender numbers of %(person)s") % {"person": self.person}

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        person = (str(self.person), page_url("accounts_user_change", self.person.pk))
        return [(_("People"), page_url("accounts_user_changelist")), person]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        usage = usage_of(self.person)
        rows = SenderNumber.objects.filter(registered_by=self.person, state__in=COUNTED_NUMBER_STATES)
        own = {
            "person": self.person,
            "usage": usage,
            "limit": NumberLimit.objects.filter(user=self.person).select_related("set_by").first(),
            "numbers": rows.select_related("project__organization").order_by("-id")[:SHOWN],
            "form": kwargs.pop("form", None) or LimitForm(initial={"most": usage.most}),
        }
        return {**super().get_context_data(**kwargs), **own}

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = LimitForm(request.POST)
        if form.is_valid():
            try:
                limit = set_limit(user=self.person, by=person_of(request), **form.cleaned_data)
            except Refused as refused:
                for name, sentence in refused.problems.items():
                    form.add_error(None if name == WHOLE else name, str(sentence))
            else:
                words = {"person": self.person, "most": group_number(limit.most)}
                messages.success(request, _("%(person)s may have %(most)s sender numbers.") % words)
                return redirect(page_url(self.name, self.person.pk))
        return self.render_to_response(self.get_context_data(form=form), status=422)
