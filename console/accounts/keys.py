"""Access keys: made, changed, revoked; and whether a program that names one is let in."""

from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from console.accounts.encryption import decoy
from console.accounts.models import AccessKey, Project, User
from console.accounts.models.access_key import new_secret
from console.accounts.networks import is_within

ROTATION = timedelta(days=7)
TOUCHED_EVERY = timedelta(minutes=1)
MAX_ACTIVE = 20


class Refusal(StrEnum):
    """Why a program is not let in. What it is told of that, its API decides: as little as possible."""

    UNKNOWN = "UNKNOWN"
    REVOKED = "REVOKED"
    ADDRESS = "ADDRESS"
    CLOSED = "CLOSED"


class TooManyKeys(Exception):
    """The project has MAX_ACTIVE keys that are not revoked."""


class RotatedMeanwhile(Exception):
    """The key has other secrets than when it was looked at: who decides about them has seen other ones."""


def make_key(*, project: Project, user: User, name: str, networks: list[str]) -> AccessKey:
    """A new key with its secret, which is in no answer after this one. Raises TooManyKeys."""
    with transaction.atomic():
        locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if AccessKey.objects.filter(project=locked, revoked_at=None).count() >= MAX_ACTIVE:
            raise TooManyKeys
        return AccessKey.objects.create(project=locked, name=name, networks=networks, created_by=user)


def change_key(*, key: AccessKey, name: str, networks: list[str]) -> bool:
    """Another name, other networks. False where it was revoked meanwhile: such a key stays as it was."""
    with transaction.atomic():
        locked = _lock_active(key)
        if locked is None:
            return False
        locked.name, locked.networks = name, networks
        locked.save(update_fields=["name", "networks"])  # by `save`, so that the trail notes it
        return True


def revoke_key(*, key: AccessKey, user: User) -> bool:
    """Let the key in no more, ever. Returns whether it was revoked now, and not before."""
    with transaction.atomic():
        locked = _lock_active(key)
        if locked is None:
            return False
        locked.revoked_at, locked.revoked_by = timezone.now(), user
        locked.save(update_fields=["revoked_at", "revoked_by"])
        return True


def _lock_active(key: AccessKey) -> AccessKey | None:
    return AccessKey.objects.select_for_update(no_key=True).filter(pk=key.pk, revoked_at=None).first()


def rotate_key(*, key: AccessKey, seen: str | None = None) -> AccessKey | None:
    """Give the key a new secret; the old one stays valid for ROTATION beside it. None where it was revoked.

    The one before the old one ends at once: two are valid, never three. `seen` is the `rotation_of` that the
    person decided on (None: any): a form that is sent twice would end the secret that programs still use.
    Raises RotatedMeanwhile.
    """
    with transaction.atomic():
        locked = _lock_seen(key, seen)
        if locked is None:
            return None
        now = timezone.now()
        locked.previous_secret, locked.previous_secret_until = locked.secret, now + ROTATION
        locked.secret, locked.rotated_at = new_secret(), now
        locked.save(update_fields=["secret", "previous_secret", "previous_secret_until", "rotated_at"])
        return locked


def end_rotation(*, key: AccessKey, seen: str | None = None) -> bool:
    """The old secret of a rotated key is valid no more. False where there was none. `seen`: as in rotate_key.

    Raises RotatedMeanwhile: the old secret is another one then, and programs may still use it.
    """
    with transaction.atomic():
        locked = _lock_seen(key, seen)
        if locked is None or locked.previous_secret is None:
            return False
        locked.previous_secret = locked.previous_secret_until = None
        locked.save(update_fields=["previous_secret", "previous_secret_until"])
        return True


def forget_secrets() -> int:
    """Drop old secrets whose time is over: nobody needs their ciphertext any more. Returns how many."""
    over = AccessKey.objects.filter(previous_secret_until__lte=timezone.now())
    return over.update(previous_secret=None, previous_secret_until=None)


def rotation_of(key: AccessKey) -> str:
    """Which secrets the key has, as a word that changes whenever it is rotated; it says nothing of them."""
    return key.rotated_at.isoformat() if key.rotated_at else "never"


def old_until(key: AccessKey, now: datetime) -> datetime | None:
    """Until when the old secret is valid beside the new one; None where there is one secret."""
    until = key.previous_secret_until
    return until if until is not None and now < until else None


def _lock_seen(key: AccessKey, seen: str | None) -> AccessKey | None:
    locked = _lock_active(key)
    if locked is not None and seen is not None and rotation_of(locked) != seen:
        raise RotatedMeanwhile
    return locked


def secrets_of(key: AccessKey, now: datetime) -> list[str]:
    """The secrets with which a call may be signed now: one, or two while it is being rotated."""
    if key.previous_secret and old_until(key, now) is not None:
        return [key.secret, key.previous_secret]
    return [key.secret]


def keys_of(project: Project) -> QuerySet[AccessKey]:
    """The project's keys without their secrets, newest first."""
    rows = AccessKey.objects.filter(project=project).select_related("created_by", "revoked_by")
    return rows.defer("secret", "previous_secret").order_by("-pk")


def authenticate(access_key: str, address: str) -> AccessKey | Refusal:
    """The key of that name with its project, where a program at that address may use it; or why not.

    One query. Whether the key exists is not to be told by the time that the answer takes: where it does not,
    a secret is deciphered all the same. Its signature is for the API to check, with `hmac.compare_digest`.
    """
    rows = AccessKey.objects.select_related("project__organization")
    key = rows.filter(access_key=access_key).first() if is_plausible(access_key) else None
    if key is None:
        decoy()
        return Refusal.UNKNOWN
    if key.revoked_at is not None:
        return Refusal.REVOKED
    if not key.project.is_active:
        return Refusal.CLOSED
    return key if is_within(address, key.networks) else Refusal.ADDRESS


def is_plausible(access_key: str) -> bool:
    """Whether it may be a key at all: PostgreSQL takes no NUL, and nobody waits for a search of megabytes."""
    return 0 < len(access_key) <= 40 and "\x00" not in access_key


def touch(key: AccessKey, at: datetime, address: str | None) -> bool:
    """Note the use of a key, once a minute at most. Returns whether it was noted now.

    Of many calls at once, one writes; the others find the row locked and go on without waiting for it.
    """
    before = at - TOUCHED_EVERY
    if key.last_used_at is not None and key.last_used_at > before:
        return False
    stale = AccessKey.objects.filter(Q(last_used_at=None) | Q(last_used_at__lte=before), pk=key.pk)
    free = stale.select_for_update(skip_locked=True, no_key=True)
    changed = AccessKey.objects.filter(pk__in=free.values("pk"))
    with transaction.atomic():
        return bool(changed.update(last_used_at=at, last_used_address=address))
