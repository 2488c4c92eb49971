from collections.abc import Callable

import pytest
from django.test import Client

from console.accounts.models import Membership, User
from console.accounts.roles import ProjectRole
from tests.factories import MembershipFactory, UserFactory

SignIn = Callable[[User], Client]


@pytest.fixture
def sign_in() -> SignIn:
    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in


@pytest.fixture
def manager(db: None) -> Membership:
    return MembershipFactory(role=ProjectRole.MANAGER)


@pytest.fixture
def viewer(db: None) -> Membership:
    return MembershipFactory(role=ProjectRole.VIEWER)


@pytest.fixture
def administrator(db: None) -> User:
    return UserFactory(administrator=True)
