"""Every address of the console, tried as every kind of person: one table says what each may get.

An address without a row fails, and so does a row without an address. A cell without a star changed nothing.
"""

import re
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from tests.structure.access_table import PEOPLE, PUBLIC, TABLE
from tests.structure.world import World, build_world

ROUTES = {"^(?P<app_label>accounts)/$": "accounts/", "(?P<url>.*)$": "nowhere/"}
METHODS = ("GET", "POST")
# Rows that this transaction wrote, in every table but that of sessions.
WRITTEN = """
SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint FROM pg_stat_xact_user_tables
WHERE relname <> 'accounts_session'
"""


@dataclass(frozen=True)
class Address:
    """A registered address. `key` is its URL name, or its route where it has none."""

    key: str
    route: str


def addresses() -> list[Address]:
    return list(walk(get_resolver()))


def walk(resolver: URLResolver, route: str = "", namespace: str = "") -> Iterator[Address]:
    for pattern in resolver.url_patterns:
        here = route + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern, here, f"{pattern.namespace}:" if pattern.namespace else namespace)
        else:
            yield Address(namespace + pattern.name if pattern.name else here, here)


def path_of(address: Address, world: World) -> str:
    """The address with the objects of the world in it."""
    if address.route in ROUTES:
        return f"/{ROUTES[address.route]}"
    begun = [name for name in world.kwargs if address.key.startswith(name) or address.route.startswith(name)]
    kwargs = world.kwargs[max(begun, key=len)] if begun else {}
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(kwargs[found[1]]), address.route)


def forms(world: World) -> dict[str, dict[str, Any]]:
    """What is sent to an address: something that does what the page is for, where that is short."""
    return {
        "admin:switch_project": {"project": world.shop.pk},
        "admin:choose_language": {"language": "ko"},
        "admin:profile": {"name": "Another Name", "phone_number": "010-2222-3333"},
        "admin:senders_identity": {"action": "agree", "category": "EMPLOYEE", "has_agreed": "on"},
        "admin:senders_number": {"action": "remove", "document": world.document.pk},
        "admin:senders_opt_out_line_cancel": {"typed": world.line.number},
        "admin:senders_review": {"decision": "REJECTED", "round": "1", "phrases": "MASKED"},
        "admin:deliveries_cancel": {"request": str(world.held.pk), "confirmed": "1"},
        "admin:send_general": {"step": "discard"},
        "admin:send_mass": {"step": "discard"},
        "admin:send_tag": {"step": "discard"},
        "admin:template_add": {"step": "save"},
        "admin:template_change": {
            "step": "save",
            "name": "Another name",
            "category": str(world.template.category_id),
            "message_type": "SMS",
            "purpose": "GENERAL",
            "body": "Another text",
            "seen_version": "1",
        },
        "admin:template_version": {"seen_version": "9"},
        "admin:template_category_add": {"name": "Another"},
        "admin:template_category_change": {"name": "Another"},
        "admin:send_pictures": {"attachments": str(world.picture.pk)},
        "admin:accounts_membership_change": {"role": "MANAGER"},
    }


def word_of(response: HttpResponseBase) -> str:
    """A response in a word of the table."""
    if response.status_code not in (301, 302):
        return str(response.status_code)
    target = response.headers["Location"].partition("?")[0]
    words = {reverse("admin:login"): "in", reverse("admin:senders_identity"): "id"}
    return words.get(target, "to")


def written() -> int:
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN)
        return int(cursor.fetchone()[0])


def tried(client: Client, method: str, path: str, form: dict[str, Any]) -> str:
    """Ask, read the whole answer, and undo whatever it did. The cell of the table that it makes."""
    cookies = copy(client.cookies)
    with transaction.atomic():
        before = written()
        response = client.post(path, form) if method == "POST" else client.get(path)
        if response.streaming:
            b"".join(response.streaming_content)
        cell = word_of(response) + ("*" if written() > before else "")
        transaction.set_rollback(True)
    client.cookies = cookies
    return cell


def cells(person: str, world: World) -> dict[tuple[str, str], str]:
    """What this person gets at every address by every method."""
    client = Client()
    if person != "anonymous":
        client.force_login(world.people[person], backend="django.contrib.auth.backends.ModelBackend")
    default = {"post": "yes"}
    return {
        (address.key, method): tried(
            client, method, path_of(address, world), forms(world).get(address.key, default)
        )
        for address in addresses()
        for method in METHODS
    }


def expected(person: str) -> dict[tuple[str, str], str]:
    column = PEOPLE.index(person)
    return {
        (key, method): row[column]
        for key, rows in TABLE.items()
        for method, row in zip(METHODS, rows, strict=True)
    }


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    assert set(TABLE) == {address.key for address in addresses()}


@pytest.mark.django_db
@pytest.mark.parametrize("person", PEOPLE)
def test_everybody_gets_what_the_table_says(person: str) -> None:
    found = cells(person, build_world())
    wanted = expected(person)
    wrong = {place: (wanted.get(place), cell) for place, cell in found.items() if wanted.get(place) != cell}
    assert wrong == {}, "(in the table, found)"


@pytest.mark.parametrize("person", PEOPLE)
def test_the_table_itself_lets_nobody_in_by_mistake(person: str) -> None:
    """Anonymous people reach what is public only, and nobody changes anything by looking."""
    rows = expected(person)
    assert not {place for place, cell in rows.items() if cell[0] == "5"}
    if person == "anonymous":
        assert {key for (key, _method), cell in rows.items() if cell != "in"} == PUBLIC
