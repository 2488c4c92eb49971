"""Every page in Korean, as every kind of person gets it: no English is left on it.

Names, codes and whatever stands in the database are the same in every language; all else is a sentence that
is not translated, a word of another package, or one that was put together where nobody translates.
"""

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.http import HttpResponseBase
from django.test import Client

from tests.structure.shown import texts
from tests.structure.test_access_table import addresses, forms, path_of
from tests.structure.world import World, build_world

pytestmark = pytest.mark.django_db
PEOPLE = ("anonymous", "unverified", "viewer", "sender", "manager", "reviewer", "administrator")
WORD = re.compile(r"[A-Za-z]{2,}")
# Addresses of machines, of mails and of the web, paths, names of files, placeholders, identifiers, keys.
VERBATIM = re.compile(
    r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
    r"|\b[0-9a-f]+:[0-9a-f:]+(?:/\d+)?"
    r"|##[^#\s]+##|\S+@\S+|https?://\S+|(?<!\S)/\S+|\S*\.(?:xlsx?|csv|txt|jpe?g|png|pdf|com|jsonl?)\b"
    r"|\b[0-9ABNY]+(?:-[0-9ABNY]+)*\b|\+\d+ [A-Z]{2}\b|\b(?=\w*\d)\w{12,}\b"
    r"|ManagementForm|[\w-]*(?:TOTAL|INITIAL)_FORMS(?: hidden)?"
    r"|\b[a-z]+_[a-z_]+\b|\b[0-9a-f]{8,}(?:-[0-9a-f]{4,})*\b|\b[a-z]+(?:[A-Z][a-z]+)+\b"
    # Constants, headers and fields of the interfaces, and what a country abroad lets through, word for word.
    r"|\b[A-Z]+(?:_[A-Z]+)+\b|\bX(?:-[A-Z][a-z]+)+\b|\bRetry-After\b|\bwebhook-(?:id|timestamp|signature)\b"
    r"|\bhooks?(?:\[0\])?(?:\.challenge)?|\"challenge\"|“challenge”|\btimestamp\b|\.body\b|\bwhsec_"
    r"|\b[a-z]{2}-[a-z]+-\d\b|“Your verification code is 00000”"
    # An app key that a form proposes: sixteen letters by chance, some large and some small.
    r"|\b(?=[a-z0-9]*[A-Z])(?=[A-Z0-9]*[a-z])[A-Za-z0-9]{16}\b",
    re.ASCII,
)
# Names, codes and units that Korean writes in Latin letters too.
SAME = {"SMS", "LMS", "MMS", "UID", "UIDs", "sms", "API", "URL", "CSV", "XLSX", "JSON", "PDF", "PNG"}
SAME |= {"JPEG", "JPG", "Excel", "KB", "MB", "GB", "TB", "ms", "EUC", "KR", "UTF", "GSM", "UCS"}
SAME |= {"UTC", "SKT", "KT", "LG", "MVNO", "HTTP", "HTTPS", "HMAC", "SHA", "IP", "ID", "OTP", "TOTP"}
SAME |= {"QR", "PIN", "CIDR", "SENS", "Hub", "Standard", "Webhooks", "Bongsu", "PostgreSQL", "Celery"}
SAME |= {"Amazon", "Base", "Esc", "Enter", "Ctrl", "Tab", "Shift", "NHN", "Mac", "iPhone", "Android"}
SAME |= {"IPv", "TLS", "POST", "DLR", "Lines", "Notification", "CHALLENGE"}
SAME |= {"COMPLETED", "FAILED", "CANCEL", "DUPLICATED"}  # as the interface says them
SAME |= {"READY", "PROCESSING", "CANCELED", "FAIL", "DONE", "STALE", "GET"}
SAME |= {"IN", "PROGRESS", "REJECTED"}  # the states of SENS, in lists of choices
SAME |= {"Google", "Authenticator", "IAM", "KCT", "SK"}
OURS = ("accounts", "senders", "messaging")


def words_of_database() -> set[str]:
    """Every word that some row holds: names of people and projects, texts, codes."""
    words: set[str] = set()
    for model in apps.get_models():
        if model._meta.app_label in OURS and model._meta.managed:
            kinds = (models.CharField, models.TextField, models.JSONField, models.FileField)
            fields = [each.attname for each in model._meta.concrete_fields if isinstance(each, kinds)]
            for row in model._default_manager.values_list(*fields) if fields else ():
                words.update(WORD.findall(" ".join(map(str, row))))
    return words


def english_of(page: str, known: set[str]) -> Iterator[str]:
    """The texts of a page with a word that is neither Korean nor known."""
    for text in texts(page, "ko"):
        words = WORD.findall(VERBATIM.sub(" ", text))
        if any(word not in known for word in words):
            yield text


def answers(person: str, world: World) -> Iterator[tuple[str, HttpResponseBase]]:
    """Every answer in Korean: each address looked at, then posted to, and what that did undone."""
    client = Client(headers={"accept-language": "ko"})
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "ko"
    if person != "anonymous":
        client.force_login(world.people[person], backend="django.contrib.auth.backends.ModelBackend")
    cookies = client.cookies.copy()
    for address in addresses():
        for method in ("GET", "POST"):
            client.cookies = cookies.copy()
            with transaction.atomic():
                path = path_of(address, world)
                form = forms(world).get(address.key, {"post": "yes"})
                ask = client.get(path) if method == "GET" else client.post(path, form)
                yield f"{method} {address.key}", ask
                transaction.set_rollback(True)


def page_of(response: HttpResponseBase) -> str:
    is_page = response.headers.get("Content-Type", "").startswith("text/html")
    return "" if response.streaming or not is_page else response.content.decode()  # type: ignore[attr-defined]


@pytest.mark.parametrize("person", PEOPLE)
def test_no_page_has_english_on_it(person: str) -> None:
    world = build_world()
    for each in world.people.values():
        type(each).objects.filter(pk=each.pk).update(language="ko")
    known = words_of_database() | SAME
    found: dict[str, set[str]] = {}
    pages = 0
    for name, response in answers(person, world):
        page = page_of(response)
        pages += bool(page)
        for text in english_of(page, known):
            found.setdefault(text, set()).add(name)
    assert pages > (1 if person == "anonymous" else 20)
    assert {text: sorted(where)[:3] for text, where in found.items()} == {}, found
