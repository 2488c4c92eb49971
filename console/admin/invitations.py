"""Invitations: made, sent again and withdrawn by managers; answered by whoever was invited."""

import logging
from smtplib import SMTPException
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from console.accounts import invitations
from console.accounts.models import Invitation, User
from console.accounts.roles import Permission, ProjectRole
from console.admin.profile import mobile_number
from console.guard import person_of, switch_project
from console.pages import ConsolePage, ConsoleView, page_url, register_page
from console.signing_in import FramelessForm, enter

logger = logging.getLogger(__name__)
UNSENT = _("The mail could not be sent now. The invitation stands: send it again in a while.")
NOT_MAILED = (SMTPException, OSError)


class InvitationForm(Form):
    email = forms.EmailField(label=_("email address"))
    role = forms.ChoiceField(label=_("role"), choices=ProjectRole.choices, initial=ProjectRole.SENDER)


@register_page
class InviteMember(ConsolePage, FormView):
    """Ask a person to join the project, by their mail address."""

    path = "members/invite/"
    name = "invite_member"
    title = _("Invite a member")
    permission = Permission.MANAGE_PROJECT
    needs_fresh = True
    template_name = "console/accounts/invite_member.html"
    form_class = InvitationForm

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("Members"), page_url("accounts_membership_changelist"))]

    def form_valid(self, form: Any) -> HttpResponse:
        given = form.cleaned_data
        try:
            invitations.invite(project=self.project, by=person_of(self.request), **given)
        except ValidationError as error:
            form.add_error(None, error)
            return self.form_invalid(form)
        except NOT_MAILED:
            logger.warning("The mail of an invitation was not taken.")
            messages.warning(self.request, UNSENT)
        else:
            messages.success(self.request, _("An invitation was mailed to %s.") % given["email"])
        return HttpResponseRedirect(page_url("accounts_membership_changelist"))


@register_page
class InvitationChange(ConsoleView):
    """Sends an invitation again, or withdraws it; only by POST."""

    path = "members/invitations/<int:pk>/"
    name = "invitation_change"
    permission = Permission.MANAGE_PROJECT
    needs_fresh = True

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        rows = invitations.open_invitations(self.project).select_related("project__organization")
        invitation = get_object_or_404(rows, pk=pk)
        if request.POST.get("action") == "withdraw":
            invitations.withdraw(invitation=invitation, by=person_of(request))
            messages.success(request, _("The invitation of %s is withdrawn.") % invitation.email)
        else:
            self._send_again(request, invitation)
        return HttpResponseRedirect(page_url("accounts_membership_changelist"))

    def _send_again(self, request: HttpRequest, invitation: Invitation) -> None:
        try:
            sent = invitations.send_again(invitation=invitation, by=person_of(request))
        except NOT_MAILED:
            logger.warning("The mail of an invitation was not taken.")
            messages.warning(request, UNSENT)
            return
        if sent:
            messages.success(request, _("A new link was mailed to %s.") % invitation.email)
        else:
            messages.info(request, _("A link was mailed a moment ago. Wait a minute before the next."))


class NewPersonForm(Form):
    """An account of one's own: who is invited and has none."""

    name = forms.CharField(label=_("name"), max_length=60)
    phone_number = forms.CharField(
        label=_("mobile phone number"),
        max_length=20,
        required=False,
        help_text=_("It is verified before you can send. You can add it later."),
    )
    password1 = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least twelve characters, and not a password that many people use."),
    )
    password2 = forms.CharField(
        label=_("Password once more"),
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_phone_number(self) -> str:
        return mobile_number(self.cleaned_data["phone_number"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, second = cleaned.get("password1"), cleaned.get("password2")
        if first and second and first != second:
            self.add_error("password2", _("The two passwords differ."))
        if first:
            self._check_strength(first, str(cleaned.get("name", "")))
        return cleaned

    def _check_strength(self, password: str, name: str) -> None:
        try:
            validate_password(password, User(username=self.email, email=self.email, name=name))
        except ValidationError as error:
            self.add_error("password1", error)


class AnswerPage(FramelessForm):
    """Where an invitation's link leads: join by an account that is there, or make one.

    The link proves that one has the mail; who has an account with that address signs in to it beside.
    """

    title = _("Invitation")
    template_name = "console/accounts/invitation.html"
    form_class = NewPersonForm
    invitation: Invitation | None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.invitation = invitations.find(kwargs["token"])
        if self.invitation is None:
            return self.render_over(request)
        self.known = invitations.person_of(self.invitation)
        if request.method == "POST" and self.known is not None:
            return self._join(request, self.invitation, self.known)
        return super().dispatch(request, *args, **kwargs)

    def render_over(self, request: HttpRequest) -> HttpResponse:
        self.request = request
        self.known = None
        return self.render_to_response(super().get_context_data(form=None), status=404)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "email": self.invitation.email if self.invitation else ""}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        here = self.request.get_full_path()
        own = {
            "invitation": self.invitation,
            "known": self.known,
            "is_own": self.known is not None and self.request.user == self.known,
            "sign_in": f"{reverse('admin:login')}?{urlencode({'next': here})}",
        }
        return {**super().get_context_data(**kwargs), **own}

    def _join(self, request: HttpRequest, invitation: Invitation, known: User) -> HttpResponse:
        if request.user != known:
            return HttpResponseRedirect(request.get_full_path())
        membership = invitations.accept(invitation=invitation, user=known)
        if membership is None:
            return self.render_over(request)
        return self._welcome(request, invitation)

    def form_valid(self, form: Any) -> HttpResponse:
        if self.invitation is None:
            raise TypeError("dispatch answers where there is no invitation.")
        given = form.cleaned_data
        person = invitations.NewPerson(given["name"], given["phone_number"], given["password1"])
        user = invitations.accept_as_new(invitation=self.invitation, person=person)
        if user is None:
            return self.render_over(self.request)
        enter(self.request, user)
        return self._welcome(self.request, self.invitation)

    def _welcome(self, request: HttpRequest, invitation: Invitation) -> HttpResponse:
        switch_project(request, invitation.project_id)
        messages.success(request, _("You are a member of %s now.") % invitation.project)
        return HttpResponseRedirect(reverse("admin:index"))


def urls() -> list[URLPattern]:
    """The page for people who may have no account yet."""
    return [path("invitation/<str:token>/", AnswerPage.as_view(), name="invitation")]
