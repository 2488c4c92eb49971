"""Whoever may not read personal data sees no recipient's number and nothing that was said to one person.

Distinctive numbers and values are put wherever the console keeps them; then every page, part and search that
a viewer, and an administrator who is no member, can open is searched for them.
"""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import NoReverseMatch, reverse

from console.accounts.models import User
from console.accounts.roles import PlatformRole, ProjectRole
from console.pages import PAGES
from messaging.ids import message_id
from senders.models.opt_out import OptOutSource
from senders.services.opt_outs import add_opt_outs
from tests.factories import (
    MembershipFactory,
    RouteFactory,
    SenderNumberFactory,
    TagFactory,
    UidFactory,
    UserFactory,
)
from tests.messaging.admin.delivering import SENDER, deliver, send, send_file

pytestmark = pytest.mark.django_db
NUMBERS = ("01073195512", "01073196623", "01073197734")
CODE = "864209"
VALUES = ("Hello N1", "Hello N2", "Hello N3")  # what `send_file` puts for ##name##
# Grouped, bare, and as a program writes them.
WRITTEN = tuple(
    form
    for number in NUMBERS
    for form in (
        number,
        f"{number[:3]}-{number[3:7]}-{number[7:]}",
        number[1:],
        number[3:7] + "-" + number[7:],
    )
)
# What lists are asked for; the other pages are opened as they are.
QUERIES = ("?q=010-7319-5512", "?recipient=010-7319-5512", "?number=010-7319-5512", "?uid=kim")
LISTS = ("search", "deliveries_requests", "deliveries_mass", "audience_uids", "audience_opt_outs")
TYPED = re.compile(r'(?:value|href)="[^"]*"')
PLACES = re.compile(r"<(\w+:)?(\w+)>")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A project with a number, a value or a code of everybody's in every place that holds them."""
    manager = MembershipFactory(role=ProjectRole.MANAGER)
    project = manager.project
    RouteFactory()
    SenderNumberFactory(approved=True, project=project, number=SENDER)
    single = deliver(send(project, [NUMBERS[0]], actor=manager.user))
    code = deliver(send(project, [NUMBERS[1]], actor=manager.user, purpose="AUTH", body=f"Code {CODE}"))
    mass = deliver(send_file(project, list(NUMBERS), actor=manager.user, name="Autumn"))
    held = send(project, [NUMBERS[2]], actor=manager.user, needs_release=True)
    uid = UidFactory(project=project, uid="kim", numbers=[NUMBERS[0]])
    tag = TagFactory(project=project, uids=[uid])
    add_opt_outs(project=project, numbers=[(82, NUMBERS[1])], source=OptOutSource.HAND, user=manager.user)
    return {
        "project": project,
        "requests": [single, code, mass, held],
        "uid": uid,
        "tag": tag,
    }


def addresses(world: dict[str, Any]) -> list[str]:
    """Every page by its address, with each of the world's objects in it that fits."""
    objects: dict[str, list[dict[str, Any]]] = {
        "delivery_message": [{"pk": message_id(each.pk, 1)} for each in world["requests"]],
        "delivery_convert": [{"pk": message_id(each.pk, 1)} for each in world["requests"]],
        "delivery_": [{"pk": each.pk} for each in world["requests"]],
        "audience_uid": [{"pk": world["uid"].pk}],
        "audience_tag": [{"pk": world["tag"].pk}],
    }
    found = []
    for name, page in PAGES.items():
        begins = [key for key in objects if name.startswith(key)]
        every: list[dict[str, Any]] = (
            objects[max(begins, key=len)] if begins and PLACES.search(page.path) else [{}]
        )
        for kwargs in every:
            try:
                found.append(reverse(f"admin:{name}", kwargs=kwargs))
            except NoReverseMatch:
                continue
    models = [model._meta for model in admin.site._registry]
    found += [reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist") for meta in models]
    return [*found, reverse("admin:index"), reverse("admin:search"), reverse("admin:badges")]


def seen_by(user: User, world: dict[str, Any]) -> tuple[set[tuple[str, str]], int]:
    """({(address, what stands there unmasked)}, how many pages were opened)."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    found, opened = set(), 0
    lists = {reverse(f"admin:{name}") for name in LISTS}
    for address in addresses(world):
        for query in ("", *(QUERIES if address in lists else ())):
            response = client.get(address + query)
            if response.status_code != 200:
                break
            opened += not query
            body = without_typed(content_of(response), query)
            found |= {(address, text) for text in (*WRITTEN, CODE, *VALUES) if text in body}
    return found, opened


def content_of(response: Any) -> str:
    raw = b"".join(response.streaming_content) if response.streaming else response.content
    return raw.decode(errors="replace")


def without_typed(body: str, query: str) -> str:
    """The page without what the person typed themself: in fields and links; a search repeats it in words."""
    if query:
        body = TYPED.sub("", body)
    return body.replace("010-7319-5512", "") if query.startswith("?q=") else body


def test_a_viewer_finds_nothing_unmasked(world: dict[str, Any]) -> None:
    viewer = MembershipFactory(project=world["project"], role=ProjectRole.VIEWER).user
    found, opened = seen_by(viewer, world)
    assert found == set()
    assert opened > 25


def test_an_administrator_who_is_no_member_finds_nothing(world: dict[str, Any]) -> None:
    found, opened = seen_by(UserFactory(platform_role=PlatformRole.ADMINISTRATOR), world)
    assert found == set()
    assert opened > 5


def test_a_sender_finds_them(world: dict[str, Any]) -> None:
    """Else the walk above would prove nothing."""
    sender = MembershipFactory(project=world["project"], role=ProjectRole.SENDER).user
    found, _opened = seen_by(sender, world)
    addresses_with = {address for address, _text in found}
    assert reverse("admin:audience_uid", args=[world["uid"].pk]) in addresses_with
    assert reverse("admin:audience_opt_outs") in addresses_with
    for request in world["requests"]:
        assert reverse("admin:delivery_message", args=[message_id(request.pk, 1)]) in addresses_with


def test_a_code_is_read_by_who_may_read_it(world: dict[str, Any]) -> None:
    sender = MembershipFactory(project=world["project"], role=ProjectRole.SENDER).user
    assert any(text == CODE for _address, text in seen_by(sender, world)[0])
