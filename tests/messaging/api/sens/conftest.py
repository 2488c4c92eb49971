from collections.abc import Callable

import pytest

from console.accounts.models import AccessKey, Project
from tests.factories import AccessKeyFactory, ProjectFactory
from tests.messaging.api.sens.client import SensClient
from tests.sends import make_project


@pytest.fixture
def project() -> Project:
    """One that may send from `tests.sends.SENDER`, over a simulator."""
    return make_project()


@pytest.fixture
def key(project: Project) -> AccessKey:
    return AccessKeyFactory(project=project)


@pytest.fixture
def sens(project: Project, key: AccessKey) -> SensClient:
    return SensClient(project, key)


@pytest.fixture
def stranger() -> SensClient:
    """The program of another project."""
    other = ProjectFactory()
    return SensClient(other, AccessKeyFactory(project=other))


@pytest.fixture
def sending() -> Callable[..., dict]:
    """A body of POST messages that is taken; keywords change it."""

    def body(**changes: object) -> dict:
        given = {
            "type": "SMS",
            "from": "0212345678",
            "content": "content",
            "messages": [{"to": "01012345678"}],
        }
        return {**given, **changes}

    return body
