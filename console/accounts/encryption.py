"""A text column that the database holds encrypted: secrets of keys and of carriers' accounts.

Fernet with the keys of `settings.BONGSU_FIELD_KEYS`, newest first: older keys still read, the newest writes.
"""

from functools import cache
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models


def _cipher() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.BONGSU_FIELD_KEYS])


class EncryptedTextField(models.TextField):
    """Text, encrypted at rest. It cannot be searched or ordered by."""

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value if not value else _cipher().encrypt(value.encode()).decode()

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return value if not value else _cipher().decrypt(value.encode()).decode()


def decoy() -> None:
    """Decipher a secret of nobody's, so that where there is none the answer takes as long."""
    _cipher().decrypt(_decoy_of(tuple(settings.BONGSU_FIELD_KEYS)))


@cache
def _decoy_of(keys: tuple[str, ...]) -> bytes:
    return Fernet(keys[0]).encrypt(b"0" * 40)
