"""UIDs with many contacts: their page draws some of them, a download reads all of them in pieces."""

import pytest
from django.urls import reverse

from console.accounts.models import Project
from messaging.admin.audience import one_uid
from messaging.admin.audience.exports import with_contacts
from messaging.audience import uids
from messaging.audience.uids import each_contact
from messaging.models import Contact
from messaging.states import ContactKind
from tests.factories import ProjectFactory, UidFactory
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.audience.test_contact_limits import numbers

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return ProjectFactory()


def test_the_page_of_a_uid_draws_some_and_says_how_many_more(
    project: Project, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_uid, "MAX_CONTACTS", 3)
    uid = UidFactory(project=project, uid="a", numbers=numbers(5))
    page = client_as(project).get(reverse("admin:audience_uid", args=[uid.pk]))
    assert [contact.value for contact in page.context["contacts"]] == numbers(3)
    assert "and 2 more" in page.content.decode()
    Contact.objects.filter(value__in=numbers(2)).delete()
    page = client_as(project).get(reverse("admin:audience_uid", args=[uid.pk]))
    assert page.context["more_contacts"] == 0


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
def test_a_download_reads_contacts_in_pieces(
    project: Project, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(uids, "CONTACTS_AT_ONCE", size)
    rows = [UidFactory(project=project, uid=uid) for uid in "abcd"]
    expected: dict[str, list[str]] = {"a": [], "b": numbers(4), "c": [], "d": numbers(3)}
    for number in reversed(numbers(4)):  # contacts are not in the order of their UIDs
        for uid in rows:
            if number in expected[uid.uid]:
                Contact.objects.create(
                    project=project,
                    uid=uid,
                    kind=ContactKind.PHONE,
                    country_code=82,
                    value=number,
                    created_at=uid.created_at,
                )
    assert len(list(each_contact(rows))) == 7
    written = {uid.uid: [number for number, _other in reached] for uid, reached in with_contacts(rows)}
    assert written == {uid: list(reversed(found)) or [""] for uid, found in expected.items()}
