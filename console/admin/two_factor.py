"""Two-factor sign-in of oneself: set up, moved to another phone, turned off; recovery codes."""

import time
from typing import Any

import segno
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from console.accounts import second_factor
from console.accounts.models import SecondFactor, User
from console.accounts.sessions import end_sessions
from console.guard import lacks_second_factor, person_of
from console.pages import ConsolePage, page_url, register_page
from console.signing_in import CodeForm, is_code_right, is_locked_out, locked_out

ISSUER = "Bongsu"
WRONG = _("This code is wrong, was used before, or is too old.")
# What a person with a second factor does to it is done only with a code of it.
GUARDED = frozenset({"move", "codes", "off"})
# Another app is set up in the session that gave a code for it, and within this time.
MOVING = "moving_second_factor"
MOVING_SECONDS = 900


def picture_of(address: str) -> SafeString:
    """The address as a QR code, in SVG without styles or scripts."""
    drawn = segno.make(address, error="m").svg_inline(border=3, dark="#000", light="#fff", omitsize=True)
    return mark_safe(drawn)  # noqa: S308  # made of the modules of the code alone


@register_page
class SecondFactorPage(ConsolePage, FormView):
    """One page for all of it: what can be done next is a form of its own, named by its `step`."""

    path = "me/second-factor/"
    name = "second_factor"
    title = _("Two-factor sign-in")
    needs_project = False
    needs_verified = False
    needs_second_factor = False
    needs_fresh = True
    template_name = "console/accounts/second_factor.html"
    form_class = CodeForm

    @cached_property
    def person(self) -> User:
        return User.objects.get(pk=person_of(self.request).pk)

    @property
    def factor(self) -> SecondFactor | None:
        """The app that is being set up, here: where there is one already, by who has just given its code."""
        if self.person.second_factor_at is not None and not self._is_moving:
            return None
        return SecondFactor.objects.filter(user=self.person).exclude(next_secret="").first()

    @property
    def _is_moving(self) -> bool:
        return time.time() - self.request.session.get(MOVING, 0) < MOVING_SECONDS

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        step = request.POST.get("step", "")
        if is_locked_out(request, self.person):
            return locked_out(request)
        if step == "cancel":
            SecondFactor.objects.filter(user=self.person).update(next_secret="")
        elif step == "begin" and self.person.second_factor_at is None:
            second_factor.begin(user=self.person)
        elif step == "confirm":
            return self._confirm()
        elif step in GUARDED and self.person.second_factor_at is not None:
            return self._guarded(step)
        return HttpResponseRedirect(page_url("second_factor"))

    def _confirm(self) -> HttpResponse:
        """A code of the new app: it counts from now on, and the person's other sessions end."""
        code = self.request.POST.get("code", "") if self.factor is not None else ""
        codes = second_factor.turn_on(user=self.person, code=code)
        if codes is None:
            return self._wrong("confirm")
        self.request.session.pop(MOVING, None)
        self._stay_signed_in()
        messages.success(self.request, _("Two-factor sign-in is on. Keep the recovery codes now."))
        return self._show(codes=codes)

    def _guarded(self, step: str) -> HttpResponse:
        if not is_code_right(self.request, self.person, self.request.POST.get("code", "")):
            return self._wrong(step)
        if step == "codes":
            return self._show(codes=second_factor.renew_codes(user=self.person))
        if step == "move":
            self.request.session[MOVING] = int(time.time())
            second_factor.begin(user=self.person, anew=True)
        else:
            self._turn_off()
        return HttpResponseRedirect(page_url("second_factor"))

    def _turn_off(self) -> None:
        if self.is_demanded:
            messages.error(self.request, _("It is demanded here, so it stays on."))
            return
        second_factor.turn_off(user=self.person, by=self.person)
        self._stay_signed_in()
        messages.success(self.request, _("Two-factor sign-in is off."))

    def _stay_signed_in(self) -> None:
        """In this session; the others end."""
        self.request.user = self.person
        update_session_auth_hash(self.request, self.person)
        end_sessions(user=self.person, but=self.request.session.session_key)

    @property
    def is_demanded(self) -> bool:
        """Whether the person may not be without it: here, or in another of their projects."""
        demands = (row.project.organization.requires_two_factor for row in self.scope.memberships)
        return any(demands) or lacks_second_factor(self.scope)

    def _wrong(self, step: str) -> HttpResponse:
        response = self._show(wrong=WRONG, wrong_step=step)
        response.status_code = 422
        return response

    def _show(self, **said: Any) -> Any:
        return self.render_to_response(self.get_context_data(**said))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        factor = self.factor
        setting_up = (
            {
                "picture": picture_of(second_factor.address_to_scan(factor, issuer=ISSUER)),
                "secret": second_factor.secret_to_type(factor),
            }
            if factor and "codes" not in kwargs
            else {}
        )
        own = {
            "person": self.person,
            "codes_left": second_factor.codes_left(self.person),
            "is_demanded": self.is_demanded,
            "must_set_up": lacks_second_factor(self.scope) and self.person.second_factor_at is None,
        }
        return {**super().get_context_data(**kwargs), **own, **setting_up}
