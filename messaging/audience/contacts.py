"""The contacts of one UID: adding phone numbers, changing one, taking one away."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messaging.audience.errors import AudienceRefused
from messaging.audience.uids import Number
from messaging.models import Contact, Uid
from messaging.states import ContactKind

MAX_CONTACTS = 100
GONE = _("The UID was deleted in the meantime.")
TOO_MANY = _("A UID has at most %(limit)s contacts. Take some away first.")


def add_numbers(*, uid: Uid, numbers: Sequence[Number]) -> int:
    """Add phone numbers to a UID; those that it has stay as they are. Returns how many are new.

    Raises AudienceRefused for more contacts than a UID may have, and where it was deleted meanwhile.
    """
    wanted = list(dict.fromkeys(numbers))
    with transaction.atomic():
        lock(uid)
        known = set(Contact.objects.filter(uid=uid).values_list("kind", "country_code", "value"))
        new = [number for number in wanted if (ContactKind.PHONE, *number) not in known]
        if len(known) + len(new) > MAX_CONTACTS:
            raise AudienceRefused({"numbers": str(TOO_MANY) % {"limit": MAX_CONTACTS}})
        Contact.objects.bulk_create(new_contact(uid, number) for number in new)
    return len(new)


def change_number(*, uid: Uid, contact_id: int, number: Number) -> bool:
    """Replace the number of one contact; whether it was changed.

    Raises AudienceRefused where the UID has that number already, or the contact is gone.
    """
    country_code, value = number
    with transaction.atomic():
        lock(uid)
        contacts = Contact.objects.filter(uid=uid, kind=ContactKind.PHONE)
        contact = contacts.filter(pk=contact_id).first()
        if contact is None:
            raise AudienceRefused({"number": _("The contact was deleted in the meantime.")})
        if (contact.country_code, contact.value) == number:
            return False
        if contacts.filter(country_code=country_code, value=value).exists():
            raise AudienceRefused({"number": _("The UID has this number already.")})
        contacts.filter(pk=contact_id).update(country_code=country_code, value=value)
    return True


def delete_contact(*, uid: Uid, contact_id: int) -> bool:
    """Take one contact away; whether it was there."""
    deleted, _models = Contact.objects.filter(uid=uid, pk=contact_id).delete()
    return deleted == 1


def new_contact(uid: Uid, number: Number) -> Contact:
    """A phone number of a UID, not saved yet."""
    fields: dict[str, Any] = {"country_code": number[0], "value": number[1], "created_at": timezone.now()}
    return Contact(project_id=uid.project_id, uid=uid, kind=ContactKind.PHONE, **fields)


def lock(uid: Uid) -> None:
    """Hold the UID until the transaction ends. Raises AudienceRefused where it is gone."""
    if not Uid.objects.select_for_update(no_key=True).filter(pk=uid.pk).exists():
        raise AudienceRefused(GONE)
