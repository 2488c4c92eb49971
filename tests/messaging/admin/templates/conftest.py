import re
from typing import Any

import pytest

from console.accounts.roles import ProjectRole
from messaging.models import Category
from tests.factories import CategoryFactory
from tests.messaging.admin.sending_people import SENDER, Desk, desk


@pytest.fixture
def writer(db: None) -> Desk:
    """A sender of a project with an approved number."""
    return desk()


@pytest.fixture
def viewer(writer: Desk) -> Desk:
    return desk(ProjectRole.VIEWER, writer.project)


@pytest.fixture
def category(writer: Desk) -> Category:
    return CategoryFactory(project=writer.project, name="Orders")


def words(response: Any) -> str:
    """The text of an answer, without its markup."""
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


def fields(category: Category | None, **changes: Any) -> dict[str, Any]:
    """What the editor's form holds."""
    given = {
        "name": "Order",
        "category": str(category.pk) if category else "",
        "message_type": "SMS",
        "purpose": "GENERAL",
        "sender": SENDER,
        "subject": "",
        "body": "##name##님, 주문 확인",
        "nonce": "a" * 32,
    }
    return {**given, **changes}
