"""Event keys: the list, registering one, changing one, ending one now."""

from dataclasses import dataclass
from datetime import date, time
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from console.accounts.models import User
from console.accounts.roles import Permission
from console.pages import ConsolePage, page_url, paginate, register_page
from messaging.admin.statistics.key_forms import ChangeForm, KeyForm, last_day
from messaging.models import StatisticsKey
from messaging.statistics.errors import KeyRefused
from messaging.statistics.keys import KeyState, create_key, describe_key, end_now, move_end, state_of
from messaging.statistics.series import KEPT_DAYS, requested_by_key


@dataclass(frozen=True)
class KeyRow:
    """A key in the list. `requested` are the messages of the days that are kept."""

    key: StatisticsKey
    state: KeyState
    last_day: date
    requested: int

    @property
    def ended_early(self) -> bool:
        """Whether it ended within a day, by the button."""
        return self.state == KeyState.ENDED and timezone.localtime(self.key.ends_at).time() != time.min


@register_page
class KeysPage(ConsolePage):
    """The project's event keys, newest first."""

    path = "statistics/keys/"
    name = "statistics_keys"
    title = _("Event keys")
    permission = Permission.LOOK_UP
    template_name = "messaging/statistics/keys.html"
    is_wide = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = paginate(
            StatisticsKey.objects.filter(project=self.project).select_related("created_by"),
            cursor=self.request.GET.get("cursor", ""),
        )
        requested = requested_by_key(project=self.project, key_ids=[key.pk for key in page.rows])
        now = timezone.now()
        own = {
            "page": page,
            "rows": [
                KeyRow(key, state_of(key, now), last_day(key.ends_at), requested.get(key.pk, 0))
                for key in page.rows
            ],
            "may_change": self.scope.allows(Permission.SEND),
            "kept_days": KEPT_DAYS,
        }
        return super().get_context_data(**own, **kwargs)


class KeyEditor(ConsolePage, FormView):
    """A form of a key; what was wrong is said at its field, and nothing typed is lost."""

    permission = Permission.SEND

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("Event keys"), page_url("statistics_keys"))]

    def carry_out(self, form: Any) -> None:
        """Do what the form says. Raises KeyRefused."""
        raise NotImplementedError

    def done(self) -> Any:
        """The sentence that says that it is done."""
        raise NotImplementedError

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            with transaction.atomic():
                self.carry_out(form)
        except KeyRefused as refused:
            form.take(refused)
            return self.form_invalid(form)
        messages.success(self.request, self.done())
        return redirect(page_url("statistics_keys"))

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


@register_page
class KeyAddPage(KeyEditor):
    path = "statistics/keys/add/"
    name = "statistics_key_add"
    title = _("Register an event key")
    template_name = "messaging/statistics/key_add.html"
    form_class = KeyForm

    def carry_out(self, form: KeyForm) -> None:
        values = form.cleaned_data
        user: User = self.request.user  # type: ignore[assignment]
        create_key(
            project=self.project,
            user=user,
            name=values["name"],
            description=values["description"],
            period=form.period(),
        )

    def done(self) -> Any:
        return _("The event key is registered. Choose it when you send, or give its statsId to your program.")


class OneKey:
    """A page about one key of the project."""

    kwargs: dict[str, Any]
    project: Any

    @cached_property
    def key(self) -> StatisticsKey:
        keys = StatisticsKey.objects.filter(project=self.project).select_related("created_by")
        return get_object_or_404(keys, pk=self.kwargs["pk"])

    @cached_property
    def state(self) -> KeyState:
        return state_of(self.key)


@register_page
class KeyPage(OneKey, KeyEditor):
    """One key: its name, its description, its end."""

    path = "statistics/keys/<int:pk>/"
    name = "statistics_key"
    template_name = "messaging/statistics/key.html"
    form_class = ChangeForm

    def get_title(self) -> str:
        return self.key.name

    def get_form_kwargs(self) -> dict[str, Any]:
        has_ended = self.state == KeyState.ENDED
        return {**super().get_form_kwargs(), "key": self.key, "has_ended": has_ended}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = {"key": self.key, "state": self.state, "is_active": self.state == KeyState.ACTIVE}
        return super().get_context_data(**own, **kwargs)

    def carry_out(self, form: ChangeForm) -> None:
        values = form.cleaned_data
        describe_key(key=self.key, name=values["name"], description=values["description"])
        if ends_at := form.new_end():
            move_end(key=self.key, ends_at=ends_at)

    def done(self) -> Any:
        return _("The event key is saved.")


@register_page
class KeyEndPage(OneKey, ConsolePage):
    """Ending a key now: said first, then done."""

    path = "statistics/keys/<int:pk>/end/"
    name = "statistics_key_end"
    title = _("End an event key")
    permission = Permission.SEND
    template_name = "messaging/statistics/key_end.html"

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        above = self.key.name, page_url("statistics_key", self.key.pk)
        return [(_("Event keys"), page_url("statistics_keys")), above]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sentence = _(
            "“%(name)s” collects no more from now on, and cannot be chosen for a send. What it has collected "
            "stays, and what is still on its way is added to it. It cannot be made active again."
        )
        own = {
            "sentence": sentence % {"name": self.key.name},
            "back": page_url("statistics_key", self.key.pk),
        }
        return super().get_context_data(**own, **kwargs)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            end_now(key=self.key)
            messages.success(request, _("The event key has ended."))
        except KeyRefused as refused:
            messages.error(request, str(refused))
        return redirect(page_url("statistics_keys"))
