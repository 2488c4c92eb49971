"""What signing in leaves in the audit trail."""

from typing import Any

import pytest
from django.test import Client

from console.accounts.models import AuditEntry, User
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
Action = AuditEntry.Action
ADDRESS = "203.0.113.7"


@pytest.fixture(autouse=True)
def axes(settings: Any) -> None:
    settings.AXES_ENABLED = True


def events() -> list[tuple[Action, User | None, str, str | None]]:
    noted = AuditEntry.objects.filter(action__gte=Action.SIGN_IN).order_by("pk")
    return [(Action(entry.action), entry.actor, entry.said(), entry.remote_addr) for entry in noted]


def try_once(username: str, password: str) -> Client:
    client = Client(REMOTE_ADDR=ADDRESS)
    client.post("/login/", {"username": username, "password": password})
    return client


def test_who_comes_and_goes() -> None:
    user = UserFactory()
    try_once(user.username, PASSWORD).post("/logout/")
    assert events() == [(Action.SIGN_IN, user, "", ADDRESS), (Action.SIGN_OUT, user, "", ADDRESS)]
    assert (
        list(AuditEntry.objects.filter(action__gte=10).values_list("actor_name", "object_pk"))
        == [(user.username, str(user.pk))] * 2
    )


def test_a_wrong_password_and_the_lock_once() -> None:
    user = UserFactory()
    for _attempt in range(8):
        try_once(user.username, "wrong")
    refused = (Action.SIGN_IN_FAILED, None, "a wrong password or code", ADDRESS)
    locked = (Action.LOCKED_OUT, None, "after too many wrong passwords or codes", ADDRESS)
    assert events() == [*[refused] * 5, locked]
    entries = AuditEntry.objects.filter(action__gte=Action.SIGN_IN)
    assert set(entries.values_list("object_pk", "actor_name")) == {(str(user.pk), "")}


def test_a_name_that_nobody_has_is_not_written_down() -> None:
    before = AuditEntry.objects.count()
    try_once("my secret password", "wrong")
    assert AuditEntry.objects.count() == before
