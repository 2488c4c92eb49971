"""Signing in: the password, then a code where there is a second factor; who is locked out, or asked again.

A session of a person is made when both steps are done, and never before: what lies between is a note in an
anonymous session, for a few minutes, that a change of the password or of the second factor makes worthless.
"""

import hmac
import time
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import authenticate, login
from django.contrib.auth.forms import AuthenticationForm as DjangoAuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView
from unfold.forms import AuthenticationForm

from console.accounts import second_factor, sessions
from console.accounts.middleware import client_address
from console.accounts.models import User
from console.accounts.notices import notify_person
from console.guard import person_of

PENDING = "signing_in"
PENDING_SECONDS = 300
BACKEND = "django.contrib.auth.backends.ModelBackend"


class SignInForm(AuthenticationForm):
    """unfold's form without its demand for Django's "staff": every active person may enter."""

    error_messages = {
        **DjangoAuthenticationForm.error_messages,
        "invalid_login": _("The user name and the password do not match. Both tell capitals apart."),
    }

    def confirm_login_allowed(self, user: Any) -> None:
        DjangoAuthenticationForm.confirm_login_allowed(self, user)


class SignInPage(LoginView):
    """The first step. Who has a second factor is not signed in by it, and goes on to the second step."""

    def form_valid(self, form: Any) -> HttpResponse:
        user = form.get_user()
        if user.second_factor_at is None:
            enter(self.request, user)
            return HttpResponseRedirect(self.get_success_url())
        self.request.session.cycle_key()  # who planted the one before learns nothing of what follows
        self.request.session[PENDING] = {
            "user": user.pk,
            "hash": user.get_session_auth_hash(),
            "at": int(time.time()),
            "next": self.get_success_url(),
        }
        return HttpResponseRedirect(reverse("admin:sign_in_code"))


def enter(request: HttpRequest, user: User) -> None:
    """Sign the person in, under a new session, and note from where."""
    login(request, user, backend=BACKEND)
    request.session.pop(PENDING, None)
    sessions.describe(request, client_address(request))


def half_signed_in(request: HttpRequest) -> User | None:
    """Who has given their password to this session within the last minutes, and still has to give a code."""
    note = request.session.get(PENDING)
    if not note or time.time() - note["at"] > PENDING_SECONDS:
        return None
    user = User.objects.filter(pk=note["user"], is_active=True).exclude(second_factor_at=None).first()
    is_same = user is not None and hmac.compare_digest(user.get_session_auth_hash(), note["hash"])
    return user if is_same else None


def is_locked_out(request: HttpRequest, user: User) -> bool:
    is_on = getattr(settings, "AXES_ENABLED", True)
    return is_on and not AxesProxyHandler.is_allowed(request, {"username": user.get_username()})


def is_code_right(request: HttpRequest, user: User, typed: str) -> bool:
    """Whether the code is right; a wrong one counts as a wrong password does, and may lock the person out."""
    if second_factor.check(user=user, typed=typed):
        return True
    AxesProxyHandler.user_login_failed(__name__, {"username": user.get_username()}, request)
    if getattr(request, "axes_locked_out", False):
        notify_person(user=user, kind="codes_refused")
    return False


class CodeForm(forms.Form):
    """A code of the app, or a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "text",
                "autofocus": True,
                "class": "b-input",
            }
        ),
    )


class FramelessForm(FormView):
    """A form of somebody who is about to sign in, without the console around it."""

    title: Any = ""

    @method_decorator(never_cache)
    @method_decorator(sensitive_post_parameters())
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.current_app = admin.site.name
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        frame = admin.site.each_context(self.request)
        return {**frame, "title": self.title, **super().get_context_data(**kwargs)}


class CodePage(FramelessForm):
    """The second step of signing in."""

    title = _("Enter your code")
    form_class = CodeForm
    template_name = "console/accounts/sign_in_code.html"
    person: User

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        person = half_signed_in(request)
        if person is None:
            request.session.pop(PENDING, None)
            return HttpResponseRedirect(reverse("admin:login"))
        if is_locked_out(request, person):
            return locked_out(request)
        self.person = person
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        if not is_code_right(self.request, self.person, form.cleaned_data["code"]):
            form.add_error("code", _("This code is wrong, was used before, or is too old."))
            return self.form_invalid(form)
        target = self.request.session[PENDING]["next"]
        enter(self.request, self.person)
        _warn_of_few_codes(self.request, self.person)
        from console import preferences

        return preferences.remember_language(self.request, HttpResponseRedirect(target))


def _warn_of_few_codes(request: HttpRequest, user: User) -> None:
    if second_factor.codes_left(user) < second_factor.FEW_CODES:
        messages.warning(
            request, _("You have few recovery codes left. Make new ones under “Two-factor sign-in”.")
        )


class PasswordForm(forms.Form):
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(
            attrs={"autocomplete": "current-password", "autofocus": True, "class": "b-input"}
        ),
    )


class ConfirmPasswordPage(FramelessForm):
    """Asks for the password again, before what is worth it, where the sign-in was hours ago."""

    title = _("Enter your password again")
    form_class = PasswordForm
    template_name = "console/accounts/confirm_password.html"

    def get_success_url(self) -> str:
        target = self.request.POST.get("next") or self.request.GET.get("next") or ""
        is_own = url_has_allowed_host_and_scheme(target, {self.request.get_host()}, self.request.is_secure())
        return target if is_own else reverse("admin:index")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {"next": self.get_success_url(), **super().get_context_data(**kwargs)}

    def form_valid(self, form: Any) -> HttpResponse:
        person = person_of(self.request)
        names = {"username": person.get_username(), "password": form.cleaned_data["password"]}
        if authenticate(self.request, **names) != person:
            form.add_error("password", _("The password is wrong."))
            return self.form_invalid(form)
        sessions.confirm(self.request)
        return super().form_valid(form)


def urls() -> list[URLPattern]:
    """The addresses of these pages, to be mounted by the site."""
    confirm = admin.site.admin_view(ConfirmPasswordPage.as_view())
    return [
        path("login/code/", CodePage.as_view(), name="sign_in_code"),
        path("me/confirm/", confirm, name="confirm_password"),
    ]


def locked_out(
    request: HttpRequest, response: HttpResponse | None = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """The page after too many wrong passwords; it says how long to wait. Named in AXES_LOCKOUT_CALLABLE."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    context = {
        **admin.site.each_context(request),
        "title": _("Too many wrong passwords"),
        "minutes": minutes,
        "limit": settings.AXES_FAILURE_LIMIT,
    }
    page = TemplateResponse(request, "console/locked_out.html", context, status=429)
    page["Retry-After"] = str(minutes * 60)
    return page.render()
