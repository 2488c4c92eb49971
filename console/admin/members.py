"""The members of a project, for its managers."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from console.accounts import members, second_factor
from console.accounts.invitations import open_invitations
from console.accounts.models import Membership
from console.accounts.roles import Permission
from console.accounts.sessions import is_fresh
from console.guard import password_first, person_of, scope_of
from console.pages import ConsoleView, ProjectScopedAdmin, page_url, register_page

NO_MANAGER_ANY_MORE = _("You are no manager of this project any more.")
LAST_MANAGER = _("Nobody would be left to manage the project: make another active member manager first.")


def why_not(request: HttpRequest, membership: Membership) -> Any:
    """Why this person may not take the manager's role from that member, or remove them; "" where they may.

    Under the lock of who governs, to the end of the caller's transaction: two managers who remove each other
    at once do not leave a project that nobody manages, nor a manager and an administrator.
    """
    members.lock_governing()
    if not members.still_manages(user=person_of(request), project=membership.project):
        return NO_MANAGER_ANY_MORE
    return "" if members.somebody_manages_without(membership) else LAST_MANAGER


class MemberForm(forms.ModelForm):
    """A member's role; `request` is the manager's who changes it."""

    request: HttpRequest

    class Meta:
        model = Membership
        fields = ("role",)

    def clean(self) -> dict[str, Any]:
        """Under a lock that lasts until it is saved: the page is one transaction."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if reason := why_not(self.request, self.instance):
            raise forms.ValidationError(reason)
        return cleaned


@admin.register(Membership)
class MemberAdmin(ProjectScopedAdmin):
    """Who works in this project, and as what. Nobody changes their own role, so that a manager stays."""

    list_title = _("Members")
    list_display = ("user", "email", "role", "is_verified", "has_second_factor", "last_sign_in", "created_at")
    list_select_related = ("user", "project__organization")
    list_filter = ("role",)
    list_before_template = "console/accounts/open_invitations.html"
    search_fields = ("user__name", "user__email", "user__username")
    fields = ("user", "role", "is_invited", "is_verified", "has_second_factor", "last_sign_in", "created_at")
    readonly_fields = ("user", "is_invited", "is_verified", "has_second_factor", "last_sign_in", "created_at")
    ordering = ("user__name", "user__username")
    form = MemberForm
    change_form_outer_before_template = "console/accounts/member_actions.html"
    view_permission = Permission.MANAGE_PROJECT
    change_permission = Permission.MANAGE_PROJECT

    @admin.display(description=_("email address"))
    def email(self, membership: Membership) -> str:
        return membership.user.email

    @admin.display(description=_("identity"))
    def is_verified(self, membership: Any) -> Any:
        if membership.project.organization.verification_exempt:
            return _("Exempt")
        return _("Verified") if membership.is_approved else _("Not verified")

    @admin.display(description=_("two-factor"))
    def has_second_factor(self, membership: Membership) -> Any:
        return _("On") if membership.user.second_factor_at else _("Off")

    @admin.display(description=_("last sign-in"), ordering="user__last_login")
    def last_sign_in(self, membership: Membership) -> Any:
        return membership.user.last_login

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        expression = import_string(settings.IDENTITY_EXPRESSION)
        return super().get_queryset(request).annotate(is_approved=expression())

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form)(form.__name__, (form,), {"request": request})

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        project = scope_of(request).project
        waiting = list(open_invitations(project)) if project else []
        own = {"invitations": waiting, "now": timezone.now()}
        return super().changelist_view(request, {**own, **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        if not is_fresh(request):
            return password_first(request)
        membership = self.get_object(request, object_id)
        can_reset = membership is not None and may_reset(membership)
        return super().change_view(
            request, object_id, form_url, {"can_reset": can_reset, **(extra_context or {})}
        )

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return HttpResponseRedirect(page_url("invite_member"))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Remove a member, unless nobody would manage then. What they did stays, under their name."""
        if not is_fresh(request):
            return password_first(request)
        with transaction.atomic():
            if request.method == "POST" and (reason := self._why_not_remove(request, object_id)):
                messages.error(request, reason)
                return HttpResponseRedirect(page_url("accounts_membership_changelist"))
            answer: HttpResponse = super().delete_view(request, object_id, extra_context)
            return answer

    def _why_not_remove(self, request: HttpRequest, object_id: str) -> Any:
        membership = self.get_object(request, object_id)
        if membership is None or not self.has_delete_permission(request, membership):
            return ""
        return why_not(request, membership)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not _is_own(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not _is_own(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}  # removed one by one, on a page that says who


def _is_own(request: HttpRequest, membership: Membership | None) -> bool:
    return membership is not None and membership.user_id == request.user.pk


def may_reset(membership: Membership) -> bool:
    """Whether a manager of the project may turn off this member's second factor."""
    user = membership.user
    is_on = user.second_factor_at is not None
    return is_on and members.belongs_here_alone(user=user, organization=membership.project.organization)


@register_page
class ResetMembersSecondFactor(ConsoleView):
    """For a member who lost their phone and their recovery codes; only by POST."""

    path = "members/<int:pk>/reset-second-factor/"
    name = "member_reset_second_factor"
    permission = Permission.MANAGE_PROJECT
    needs_fresh = True

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        rows = Membership.objects.filter(project=self.project).select_related("user", "project__organization")
        membership = get_object_or_404(rows, pk=pk)
        if _is_own(request, membership) or not may_reset(membership):
            raise PermissionDenied
        second_factor.turn_off(user=membership.user, by=person_of(request))
        said = _("Two-factor sign-in of %s is off, and they were mailed.") % membership.user
        messages.success(request, said)
        return HttpResponseRedirect(page_url("accounts_membership_change", membership.pk))
