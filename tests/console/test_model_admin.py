"""A model admin of a project shows, offers and changes nothing of another project."""

import pytest
from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory

from console.accounts.models import AccessKey, Membership, Organization
from console.accounts.roles import Permission, ProjectRole
from console.accounts.scoping import scope_for
from console.pages import ProjectScopedAdmin
from tests.factories import AccessKeyFactory, MembershipFactory

pytestmark = pytest.mark.django_db
LIST = "/accounts/membership/"


class KeyAdmin(ProjectScopedAdmin):
    fields = ("name",)


class MemberWithChoices(ProjectScopedAdmin):
    fields = ("user", "role")


def request_of(member: Membership, method: str = "get", **extra):
    request = getattr(RequestFactory(), method)("/", **extra)
    request.user = member.user
    request.scope = scope_for(member.user, member.project_id)
    return request


@pytest.fixture
def other() -> Membership:
    return MembershipFactory()


def test_a_list_holds_the_rows_of_the_project_only(manager, other, sign_in) -> None:
    colleague = MembershipFactory(project=manager.project)
    page = sign_in(manager.user).get(LIST).content.decode()
    assert colleague.user.email in page
    assert other.user.email not in page


@pytest.mark.parametrize("page", ["change", "delete", "history"])
def test_an_object_of_another_project_is_not_there(manager, other, sign_in, page) -> None:
    assert sign_in(manager.user).get(f"{LIST}{other.pk}/{page}/").status_code == 404


def test_an_object_of_another_project_is_not_changed(manager, other, sign_in) -> None:
    client = sign_in(manager.user)
    assert client.post(f"{LIST}{other.pk}/change/", {"role": "VIEWER"}).status_code == 404
    assert client.post(f"{LIST}{other.pk}/delete/", {"post": "yes"}).status_code == 404
    assert Membership.objects.get(pk=other.pk).role == ProjectRole.MANAGER


def test_an_own_object_is_changed(manager, sign_in) -> None:
    colleague = MembershipFactory(project=manager.project, role=ProjectRole.VIEWER)
    response = sign_in(manager.user).post(f"{LIST}{colleague.pk}/change/", {"role": "SENDER"})
    assert response.status_code == 302
    colleague.refresh_from_db()
    assert colleague.role == ProjectRole.SENDER


def test_a_role_that_may_not_is_refused(viewer, sign_in) -> None:
    client = sign_in(viewer.user)
    assert client.get(LIST).status_code == 403
    assert client.get(f"{LIST}{viewer.pk}/change/").status_code == 403


def test_choices_hold_what_belongs_to_the_project_only(manager, other) -> None:
    model_admin = MemberWithChoices(Membership, admin.site)
    field = Membership._meta.get_field("user")
    choices = model_admin.formfield_for_foreignkey(field, request_of(manager)).queryset
    assert list(choices) == [manager.user]
    project_field = Membership._meta.get_field("project")
    offered = model_admin.formfield_for_foreignkey(project_field, request_of(manager)).queryset
    assert list(offered) == [manager.project]


def test_a_choice_among_what_has_no_project_must_be_declared(manager) -> None:
    from console.accounts.models import Project

    field = Project._meta.get_field("organization")
    with pytest.raises(ImproperlyConfigured):
        KeyAdmin(AccessKey, admin.site).formfield_for_foreignkey(field, request_of(manager))

    class Declared(KeyAdmin):
        shared_models = (Organization,)

    choices = Declared(AccessKey, admin.site).formfield_for_foreignkey(field, request_of(manager)).queryset
    assert manager.project.organization in choices


def test_autocomplete_is_closed_to_members(manager, other, sign_in) -> None:
    query = {"app_label": "accounts", "model_name": "membership", "field_name": "user"}
    assert sign_in(manager.user).get("/autocomplete/", query).status_code == 403


def test_what_is_added_belongs_to_the_project(manager, other) -> None:
    model_admin = KeyAdmin(AccessKey, admin.site)
    request = request_of(manager, "post", data={"name": "Server", "project": other.project_id})
    form = model_admin.get_form(request)(request.POST)
    assert form.is_valid(), form.errors
    assert form.save().project == manager.project


def test_what_is_changed_stays_where_it_is(manager) -> None:
    key = AccessKeyFactory(project=manager.project)
    model_admin = KeyAdmin(AccessKey, admin.site)
    request = request_of(manager, "post", data={"name": "Renamed", "project": MembershipFactory().project_id})
    form = model_admin.get_form(request, key, change=True)(request.POST, instance=key)
    assert form.is_valid(), form.errors
    assert form.save().project == manager.project


def test_an_object_of_another_project_is_denied_even_when_handed_over(manager, other) -> None:
    model_admin = KeyAdmin(AccessKey, admin.site)
    foreign = AccessKeyFactory(project=other.project)
    request = request_of(manager)
    assert not model_admin.has_view_permission(request, foreign)
    assert not model_admin.has_change_permission(request, foreign)
    assert not model_admin.has_delete_permission(request, foreign)
    assert model_admin.has_change_permission(request, AccessKeyFactory(project=manager.project))


def test_the_permission_of_the_page_counts(viewer) -> None:
    class ForSenders(KeyAdmin):
        view_permission = Permission.SEND

    assert not ForSenders(AccessKey, admin.site).has_view_permission(request_of(viewer))
    assert KeyAdmin(AccessKey, admin.site).has_view_permission(request_of(viewer))
    assert not KeyAdmin(AccessKey, admin.site).has_add_permission(request_of(viewer))


def test_admins_of_libraries_are_not_mounted() -> None:
    from django.contrib.auth.models import Group

    from console.accounts.models import AuditEntry

    mounted = {model._meta.label for model in admin.site._registry}
    assert mounted.isdisjoint({AuditEntry._meta.label, Group._meta.label, "axes.AccessAttempt"})
    assert "accounts.User" in mounted
