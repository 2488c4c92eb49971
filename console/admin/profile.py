"""Oneself: the name and number that an identity verification must match; choosing a password."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.views import PasswordChangeView, PasswordResetConfirmView
from django.db import transaction
from django.forms import ModelForm
from django.http import HttpResponse
from django.urls import path, reverse_lazy
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView
from unfold.forms import AdminOwnPasswordChangeForm

from console.accounts import services
from console.accounts.models import User
from console.formatting import group_phone_number
from console.guard import person_of
from console.pages import ConsolePage, register_page


def is_settled(user: User) -> bool:
    """Whether the person's name and phone number stay as they are.

    Senders know the answer; they are a higher layer, so settings name the function (`IDENTITY_SETTLED`).
    """
    return bool(import_string(settings.IDENTITY_SETTLED)(user=user))


def mobile_number(typed: str) -> str:
    """Digits as dialled at home. Raises ValidationError for what is no Korean mobile number."""
    grouped = group_phone_number(typed)
    if typed and not grouped.startswith("01"):
        raise forms.ValidationError(_("This is not a mobile number. Write it like 010-1234-5678."))
    if typed and not 10 <= len(grouped.replace("-", "")) <= 11:
        raise forms.ValidationError(_("A mobile number has 10 or 11 digits, like 010-1234-5678."))
    return grouped.replace("-", "")


class ProfileForm(ModelForm):
    class Meta:
        model = User
        fields = ("name", "phone_number", "email")

    def __init__(self, *args: Any, is_closed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True
        for name in ("name", "phone_number"):
            self.fields[name].disabled = is_closed
        # An invitation goes by the address, so nobody takes that of another: see `accounts.invitations`.
        self.fields["email"].disabled = True
        self.fields["email"].help_text = _("An administrator can change it.")

    def clean_phone_number(self) -> str:
        return mobile_number(self.cleaned_data["phone_number"])


@register_page
class Profile(ConsolePage, FormView):
    """My profile. Once an identity is submitted or verified, name and phone number stay as they are."""

    path = "me/"
    name = "profile"
    title = _("My profile")
    needs_project = False
    needs_verified = False
    needs_second_factor = False
    template_name = "console/accounts/profile.html"
    form_class = ProfileForm
    success_url = reverse_lazy("admin:profile")

    def get_form_kwargs(self) -> dict[str, Any]:
        person = User.objects.get(pk=person_of(self.request).pk)
        return {**super().get_form_kwargs(), "instance": person, "is_closed": self.is_closed}

    @property
    def is_closed(self) -> bool:
        return is_settled(person_of(self.request))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {"is_closed": self.is_closed, **super().get_context_data(**kwargs)}

    def form_valid(self, form: Any) -> HttpResponse:
        form.save()
        messages.success(self.request, _("Your profile was saved."))
        return super().form_valid(form)


class SetPasswordPage(PasswordResetConfirmView):
    """Where a mailed link leads: choose a password, then sign in."""

    template_name = "console/accounts/set_password.html"
    success_url = reverse_lazy("admin:login")
    reset_url_token = "choose"  # noqa: S105

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        frame = admin.site.each_context(self.request)
        return {**frame, **super().get_context_data(**kwargs), "title": _("Choose your password")}

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("Your password was saved. Sign in with it now."))
        services.password_changed(user=form.user)
        return super().form_valid(form)


class ChangePasswordPage(PasswordChangeView):
    """A new password, by who knows the old one. Wherever else they are signed in, they are signed out."""

    form_class = AdminOwnPasswordChangeForm
    success_url = reverse_lazy("admin:password_change_done")

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        services.password_changed(user=form.user, keep_session=self.request.session.session_key)
        return response


def urls() -> list[Any]:
    """Pages for people who are not signed in yet."""
    return [path("set-password/<uidb64>/<token>/", SetPasswordPage.as_view(), name="set_password")]
