from collections.abc import Callable
from typing import Any

import pytest

from console.accounts.models import Project, User
from messaging.library.templates import TemplateText
from messaging.models import Category
from messaging.states import MessageType, Purpose
from tests.factories import CategoryFactory, MembershipFactory, ProjectFactory, SenderNumberFactory

SENDER = "0212345678"

MakeText = Callable[..., TemplateText]


@pytest.fixture
def project(db: None) -> Project:
    project = ProjectFactory()
    SenderNumberFactory(approved=True, project=project, number=SENDER)
    return project


@pytest.fixture
def user(project: Project) -> User:
    return MembershipFactory(project=project).user


@pytest.fixture
def category(project: Project) -> Category:
    return CategoryFactory(project=project, name="Orders")


def text(**changes: Any) -> TemplateText:
    """An SMS with a placeholder."""
    said: dict[str, Any] = {
        "message_type": MessageType.SMS,
        "purpose": Purpose.GENERAL,
        "sender": SENDER,
        "body": "##name##님, 주문 확인",
    }
    return TemplateText(**{**said, **changes})
