"""Closing the SMS service of a project, and opening it again: what it means, and what it is refused over."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.accounts.roles import Permission
from console.accounts.services import close_project, reopen_project, why_not_close
from console.pages import ConsolePage, page_url, register_page


class ClosingForm(forms.Form):
    """The project's name, typed by hand."""

    name = forms.CharField(max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, expected: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected
        self.fields["name"].label = _("Type the project's name to close it: %(name)s") % {"name": expected}

    def clean_name(self) -> str:
        written: str = self.cleaned_data["name"]
        if written.strip() != self.expected.strip():
            raise ValidationError(_("This is not the project's name."))
        return written


@register_page
class ServicePage(ConsolePage):
    """Whether the service is open; a button that closes or opens it."""

    path = "settings/service/"
    name = "settings_service"
    title = gettext_lazy("SMS service")
    permission = Permission.MANAGE_PROJECT
    template_name = "messaging/settings/service.html"

    @cached_property
    def form(self) -> ClosingForm:
        is_typed = self.request.method == "POST"
        return ClosingForm(self.project.name, self.request.POST if is_typed else None)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_open = self.project.is_active
        reasons = why_not_close(project=self.project) if is_open else []
        return super().get_context_data(is_open=is_open, reasons=reasons, form=self.form, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        if request.POST.get("do") == "open":
            reopen_project(project=self.project)
            messages.success(request, _("The SMS service is open again."))
            return redirect(page_url(self.name))
        if not self.form.is_valid() or not self.close():
            return self.render_to_response(self.get_context_data(), status=422)
        messages.success(request, _("The SMS service is closed."))
        return redirect(page_url(self.name))

    def close(self) -> bool:
        try:
            close_project(project=self.project)
        except ValidationError as error:
            self.form.add_error(None, error)
            return False
        return True
