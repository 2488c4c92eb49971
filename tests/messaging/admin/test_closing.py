"""The page that closes the SMS service: the whole name, by who may, and never over what is open."""

import pytest
from django.test import Client
from django.urls import reverse

from console.accounts.models import Project
from console.accounts.roles import ProjectRole
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.admin.delivering import in_a_day, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(project: Project, client_as: ClientAs) -> Client:
    return client_as(project, ProjectRole.MANAGER)


def address() -> str:
    return reverse("admin:settings_service")


def is_open(project: Project) -> bool:
    project.refresh_from_db()
    return project.is_active


@pytest.mark.parametrize("typed", ["", "  ", "shop", "Sho", "Shops", "Shop\u200b"])
def test_what_is_not_the_whole_name_closes_nothing(manager: Client, project: Project, typed: str) -> None:
    Project.objects.update(name="Shop")
    response = manager.post(address(), {"do": "close", "name": typed})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["name"]
    assert is_open(project)


@pytest.mark.parametrize("role", [ProjectRole.VIEWER, ProjectRole.SENDER])
def test_it_is_the_managers(project: Project, client_as: ClientAs, role: ProjectRole) -> None:
    client = client_as(project, role)
    assert client.post(address(), {"do": "close", "name": project.name}).status_code == 403
    assert is_open(project)
    Project.objects.update(is_active=False)
    assert client.post(address(), {"do": "open"}).status_code == 403
    assert not is_open(project)


def test_why_it_stays_open_is_said_and_another_project_is_no_matter(
    manager: Client, project: Project, stranger: Project
) -> None:
    request = send(stranger, ["01012340001"], due_at=in_a_day())
    assert manager.get(address()).context["reasons"] == []
    request.__class__.objects.filter(pk=request.pk).update(project=project)
    response = manager.post(address(), {"do": "close", "name": project.name})
    said = "1 request is scheduled or being sent. Let them end, or cancel them."
    assert (response.status_code, response.context["reasons"]) == (422, [said])
    assert response.context["form"].non_field_errors() == [said]
    assert is_open(project)


def test_one_that_is_closed_says_no_reasons_and_may_be_closed_again(
    manager: Client, project: Project
) -> None:
    send(project, ["01012340001"], due_at=in_a_day())
    Project.objects.update(is_active=False)
    page = manager.get(address())
    assert (page.context["is_open"], page.context["reasons"]) == (False, [])
    assert manager.post(address(), {"do": "close", "name": project.name}).status_code == 302
    assert not is_open(project)
