from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from console.accounts import services
from console.accounts.models import Membership, Organization, Project
from console.accounts.roles import Permission
from console.admin.governing import GovernedAdmin, GoverningFormSet
from console.guard import scope_of
from console.pages import PlatformAdmin


class PlatformInline(TabularInline):
    """Rows inside a page of the platform's staff: whoever may change the page may change them."""

    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return scope_of(request).allows(Permission.ADMINISTER)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Name each field for screen readers: the heading of its column does so for the eye only."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            widget = getattr(field.widget, "widget", field.widget)
            widget.attrs["aria-label"] = field.label
        return field

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission


class ClosableProjectForm(forms.ModelForm):
    """A project's form, which says why its SMS service cannot be closed while something keeps it open."""

    class Meta:
        model = Project
        fields = ("is_active",)

    def clean_is_active(self) -> bool:
        """Under a lock that lasts until it is saved: the page is one transaction."""
        is_active: bool = self.cleaned_data["is_active"]
        if self.instance.pk and not is_active:
            services.lock_closable(project=self.instance)
        return is_active


class ProjectInline(PlatformInline):
    model = Project
    form = ClosableProjectForm
    fields = ("name", "is_active")
    show_change_link = True

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class MembershipInline(PlatformInline):
    model = Membership
    formset = GoverningFormSet
    fields = ("user", "role", "is_invited")
    autocomplete_fields = ("user",)


@admin.register(Organization)
class OrganizationAdmin(PlatformAdmin):
    """Companies. A mistaken one without projects may be deleted; one with history may not."""

    list_display = ("name", "business_number", "verification_exempt", "requires_two_factor", "created_at")
    list_filter = ("verification_exempt", "requires_two_factor")
    search_fields = ("name", "business_number")
    fields = ("name", "member_type", "business_number", "verification_exempt", "requires_two_factor")
    inlines = (ProjectInline,)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and _has_history(obj))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}  # removed one by one, on a page that says which


def _has_history(organization: Organization) -> bool:
    """Whether anything leads to it: projects, verifications of its members and their documents, decisions."""
    related = (each.get_accessor_name() for each in organization._meta.related_objects)
    return any(getattr(organization, name).exists() for name in related if name)


@admin.register(Project)
class ProjectAdmin(GovernedAdmin):
    """Projects of every organization, with their members, of whom one stays manager."""

    form = ClosableProjectForm
    list_display = ("name", "organization", "is_active", "service_id", "created_at")
    list_select_related = ("organization",)
    list_filter = ("is_active",)
    search_fields = ("name", "organization__name", "service_id", "app_key")
    autocomplete_fields = ("organization",)
    readonly_fields = ("service_id", "app_key", "created_at")
    fieldsets = (
        (None, {"fields": ("organization", "name", "is_active")}),
        (_("How programs name it"), {"fields": ("service_id", "app_key", "created_at")}),
    )
    inlines = (MembershipInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A project stays where it is: its numbers and people were verified for that organization."""
        fields = super().get_readonly_fields(request, obj)
        return (*fields, "organization") if obj is not None else fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
