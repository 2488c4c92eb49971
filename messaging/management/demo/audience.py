"""The demo's audience: people with their phones, and tags that say who they are."""

import random
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from console.accounts.models import Project
from messaging.models import Contact, Tag, TaggedUid, Uid
from messaging.states import ContactKind

PEOPLE = 200
KOREA, JAPAN = 82, 81
NEWSLETTER, VIP, NEW = "소식 받기", "VIP", "신규"
REGIONS = ("서울", "부산", "대구", "제주")
# What part of the people has a tag; everybody lives somewhere.
SHARES = {NEWSLETTER: 0.6, VIP: 0.12, NEW: 0.2}


def phone_of(person: int) -> str:
    """The mobile number of the nth person, the same each time."""
    return f"010{2100 + person % 800:04}{1000 + person * 37 % 9000:04}"


@transaction.atomic
def make_audience(project: Project) -> dict[str, Tag]:
    """The project's people, where it never had any; its tags by name."""
    if not Uid.objects.filter(project=project).exists() and not Tag.objects.filter(project=project).exists():
        _make(project)
    return {tag.name: tag for tag in Tag.objects.filter(project=project)}


def _make(project: Project) -> None:
    now = timezone.now()
    uids = Uid.objects.bulk_create(
        Uid(project=project, uid=f"acme-{n:04}", created_at=now - timedelta(hours=5 * (PEOPLE - n)))
        for n in range(1, PEOPLE + 1)
    )
    Contact.objects.bulk_create(contact for n, uid in enumerate(uids, 1) for contact in _contacts(uid, n))
    names = (*SHARES, *REGIONS)
    made = Tag.objects.bulk_create(Tag(project=project, name=name) for name in names)
    tags = {tag.name: tag for tag in made}
    chance = random.Random(1)  # noqa: S311 - a demo's dice
    TaggedUid.objects.bulk_create(
        TaggedUid(tag=tags[name], uid=uid, created_at=uid.created_at)
        for uid in uids
        for name in _tags_of(chance)
    )


def _contacts(uid: Uid, n: int) -> list[Contact]:
    """Everybody has a phone; some have a second one, an email address, or a phone abroad."""
    found = [(ContactKind.PHONE, KOREA, phone_of(n))]
    if n % 4 == 0:
        found.append((ContactKind.PHONE, KOREA, phone_of(n + PEOPLE)))
    if n % 3 == 0:
        found.append((ContactKind.EMAIL, 0, f"{uid.uid}@example.com"))
    if n % 25 == 0:
        found.append((ContactKind.PHONE, JAPAN, f"90{n:08}"))
    return [
        Contact(
            project_id=uid.project_id,
            uid=uid,
            kind=kind,
            country_code=country_code,
            value=value,
            created_at=uid.created_at,
        )
        for kind, country_code, value in found
    ]


def _tags_of(chance: random.Random) -> list[str]:
    return [name for name, share in SHARES.items() if chance.random() < share] + [chance.choice(REGIONS)]
