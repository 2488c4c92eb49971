"""People, for the platform's administrators."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.widgets import UnfoldAdminPasswordToggleWidget

from console.accounts import members, second_factor, services
from console.accounts.models import Membership, User
from console.accounts.roles import Permission, PlatformRole
from console.admin.governing import GovernedAdmin, GoverningFormSet
from console.admin.organizations import PlatformInline
from console.admin.profile import is_settled
from console.guard import person_of
from console.pages import ConsoleView, page_url, register_page

LAST_ADMINISTRATOR = _("Nobody would be left to administer: make another active person administrator first.")


class PersonForm(forms.ModelForm):
    """A person. Without a first password they get a link by mail and choose their own."""

    first_password = forms.CharField(
        label=_("First password"),
        required=False,
        strip=False,
        widget=UnfoldAdminPasswordToggleWidget(attrs={"autocomplete": "new-password"}),
        help_text=_("Leave it empty to mail a link under which the person chooses their own."),
    )

    class Meta:
        model = User
        fields = ("username", "name", "email", "phone_number", "platform_role", "is_active")

    def clean_first_password(self) -> str:
        password: str = self.cleaned_data["first_password"]
        if password:
            validate_password(password, self.instance)
        return password

    def save(self, commit: bool = True) -> Any:
        if self.instance._state.adding:
            password = self.cleaned_data["first_password"]
            self.instance.set_password(password) if password else self.instance.set_unusable_password()
        return super().save(commit)


class PersonChangeForm(forms.ModelForm):
    """A person who is there already: what was verified stays, and somebody can always administer."""

    class Meta:
        model = User
        fields = ("username", "name", "email", "phone_number", "platform_role", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_settled(self.instance):
            for name in ("name", "phone_number"):
                self.fields[name].disabled = True
                self.fields[name].help_text = _(
                    "Verified or under review: it stays, or the approval would stand for somebody else."
                )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        stays = cleaned.get("is_active") and cleaned.get("platform_role") == PlatformRole.ADMINISTRATOR
        if not stays and not services.somebody_administers_without([self.instance.pk]):
            raise forms.ValidationError(LAST_ADMINISTRATOR)
        return cleaned


class MembershipOfPersonInline(PlatformInline):
    model = Membership
    formset = GoverningFormSet
    fields = ("project", "role", "is_invited")
    autocomplete_fields = ("project",)


@admin.register(User)
class PersonAdmin(GovernedAdmin):
    """Who may sign in. People are closed, not deleted: what they did stays with their name."""

    list_display = (
        "username",
        "name",
        "email",
        "platform_role",
        "has_second_factor",
        "is_active",
        "last_login",
    )
    list_filter = ("platform_role", "is_active")
    search_fields = ("username", "name", "email", "phone_number")
    ordering = ("username",)
    readonly_fields = ("second_factor_at", "last_login", "date_joined")
    inlines = (MembershipOfPersonInline,)
    actions = ("open_accounts", "close_accounts")
    change_form_outer_before_template = "console/accounts/person_actions.html"
    add_fieldsets = (
        (None, {"fields": ("username", "name", "email", "phone_number", "platform_role", "first_password")}),
    )
    fieldsets = (
        (None, {"fields": ("username", "name", "email", "phone_number", "platform_role", "is_active")}),
        (_("History"), {"fields": ("second_factor_at", "last_login", "date_joined")}),
    )

    @admin.display(description=_("two-factor"), boolean=True)
    def has_second_factor(self, user: User) -> bool:
        return user.second_factor_at is not None

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        own = {"form": PersonChangeForm if change else PersonForm}
        return super().get_form(request, obj, change=change, **{**kwargs, **own})

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Not by the password: its hash could be guessed letter by letter."""
        return not lookup.startswith("password") and super().lookup_allowed(lookup, value, request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and "email" in form.changed_data:
            services.address_changed(user=obj, before=form.initial["email"])

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not change and not form.instance.has_usable_password():
            mail_password_link(request, form.instance)

    @admin.action(description=_("Let these people sign in"), permissions=["change"])
    def open_accounts(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._set_active(request, queryset, is_active=True)

    @admin.action(description=_("Close these accounts"), permissions=["change"])
    def close_accounts(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._set_active(request, queryset.exclude(pk=person_of(request).pk), is_active=False)

    def _set_active(self, request: HttpRequest, queryset: QuerySet[User], *, is_active: bool) -> None:
        with transaction.atomic():
            members.lock_governing()
            people = list(queryset.exclude(is_active=is_active))
            if not is_active and (reason := why_not_close(people)):
                messages.error(request, reason)
                return
            for person in people:  # one by one, so that the trail notes each
                person.is_active = is_active
                person.save(update_fields=["is_active"])
        sentence = ngettext("%d account was changed.", "%d accounts were changed.", len(people))
        messages.success(request, sentence % len(people))


def why_not_close(people: Collection[User]) -> Any:
    """Why these accounts cannot be closed, all of them at once; "" where they can. Under the lock."""
    ids = [person.pk for person in people]
    if not services.somebody_administers_without(ids):
        return LAST_ADMINISTRATOR
    return members.why_not_leave(members.left_unmanaged(active=dict.fromkeys(ids, False)))


def mail_password_link(request: HttpRequest, user: User) -> None:
    """Mail the person a link to choose a password, and say so on the next page."""
    services.mail_link(user=user, base_url=request.build_absolute_uri("/").rstrip("/"))
    messages.success(request, _("A link to choose a password was mailed to %s.") % user.email)


class PersonAction(ConsoleView):
    """Something an administrator does to one person with one press; only by POST."""

    permission = Permission.ADMINISTER
    needs_fresh = True

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = get_object_or_404(User, pk=pk)
        self.act(request, user)
        return HttpResponseRedirect(page_url("accounts_user_change", user.pk))

    def act(self, request: HttpRequest, user: User) -> None:
        raise NotImplementedError


@register_page
class MailPasswordLink(PersonAction):
    path = "people/<int:pk>/mail-link/"
    name = "person_mail_link"

    def act(self, request: HttpRequest, user: User) -> None:
        mail_password_link(request, user)


@register_page
class Unlock(PersonAction):
    path = "people/<int:pk>/unlock/"
    name = "person_unlock"

    def act(self, request: HttpRequest, user: User) -> None:
        services.unlock(user=user)
        messages.success(request, _("%s may try to sign in again.") % user)


@register_page
class ResetSecondFactor(PersonAction):
    """For a person who lost their phone and their recovery codes, once it is sure that it is them who ask."""

    path = "people/<int:pk>/reset-second-factor/"
    name = "person_reset_second_factor"

    def act(self, request: HttpRequest, user: User) -> None:
        if second_factor.turn_off(user=user, by=person_of(request)):
            messages.success(request, _("Two-factor sign-in of %s is off, and they were mailed.") % user)
