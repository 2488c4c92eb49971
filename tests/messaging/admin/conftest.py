from collections.abc import Callable

import pytest
from django.test import Client

from console.accounts.models import Project
from console.accounts.roles import ProjectRole
from tests.factories import MembershipFactory, ProjectFactory, RouteFactory, SenderNumberFactory
from tests.messaging.admin.delivering import SENDER

ClientAs = Callable[..., Client]


@pytest.fixture
def project(db: None) -> Project:
    """A project that may send, through a simulator."""
    RouteFactory()
    return sending_project()


@pytest.fixture
def stranger(project: Project) -> Project:
    """Another project that may send."""
    return sending_project()


def sending_project() -> Project:
    project: Project = ProjectFactory()
    SenderNumberFactory(approved=True, project=project, number=SENDER)
    return project


@pytest.fixture
def client_as(db: None) -> ClientAs:
    """Sign somebody in who has that role in the project."""

    def signed_in(project: Project, role: str = ProjectRole.SENDER) -> Client:
        client = Client()
        user = MembershipFactory(project=project, role=role).user
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in
