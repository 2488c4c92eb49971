"""A key's secret is changed without a break: a new one, shown once, with the old one valid beside it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.accounts import keys
from console.admin.keys import IS_REVOKED, OneKeyPage
from console.pages import page_url, register_page

OTHERS = _("The key has another secret since this page was opened; nothing was changed. Please look again.")


class RotationPage(OneKeyPage):
    """A question about a key's secrets. `seen` goes with the answer: it is about those that were shown."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        fields = [("seen", keys.rotation_of(self.key))]
        until = keys.old_until(self.key, timezone.now())
        days = keys.ROTATION.days
        return {"fields": fields, "old_until": until, "days": days, **super().get_context_data(**kwargs)}

    @property
    def seen(self) -> str:
        return str(self.request.POST.get("seen", ""))  # without it, nothing was seen

    def back_to_key(self) -> HttpResponse:
        return HttpResponseRedirect(page_url("access_key", self.key.pk))


@register_page
class KeyRotatePage(RotationPage):
    """The question before a key gets a new secret; the secret is in the answer, and nowhere after that."""

    path = "keys/<int:pk>/rotate/"
    name = "access_key_rotate"
    template_name = "console/accounts/key_rotate.html"

    def get_title(self) -> Any:
        return _("New secret for %s") % self.key.name

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        ended = keys.old_until(self.key, timezone.now()) is not None
        try:
            rotated = keys.rotate_key(key=self.key, seen=self.seen)
        except keys.RotatedMeanwhile:
            messages.error(self.request, OTHERS)
            return self.back_to_key()
        if rotated is None:
            messages.error(self.request, IS_REVOKED)
            return self.back_to_key()
        self.template_name = "console/accounts/key_rotated.html"
        return self.render_to_response(self.get_context_data(rotated=rotated, ended=ended))


@register_page
class KeyRotationEndPage(RotationPage):
    """The question before the old secret ends, ahead of its time."""

    path = "keys/<int:pk>/end-rotation/"
    name = "access_key_end_rotation"
    template_name = "console/accounts/key_rotation_end.html"

    def get_title(self) -> Any:
        return _("End the old secret of %s") % self.key.name

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            has_ended = keys.end_rotation(key=self.key, seen=self.seen)
        except keys.RotatedMeanwhile:
            messages.error(self.request, OTHERS)
            return self.back_to_key()
        if has_ended:
            messages.success(
                self.request, _("The old secret has ended: calls that are signed with it are refused.")
            )
        else:
            messages.error(
                self.request, IS_REVOKED if self.key.revoked_at else _("The key has no old secret.")
            )
        return self.back_to_key()
