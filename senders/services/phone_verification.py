"""How a one-time code reaches a phone: an interface; `PHONE_VERIFICATION_PROVIDER` names the class.

The code itself is made, kept and checked by `senders.services.phone_codes`; a provider only carries it.
"""

from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from console.accounts.models import Project


class CodeNotSent(Exception):
    """The code could not be handed over. `reason`: a sentence for the person who waits for it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PhoneVerificationProvider(Protocol):
    """Sends one-time codes to mobile phones."""

    def send_code(self, *, project: Project, phone_number: str, code: str) -> None:
        """Hand the code over for `phone_number` (digits as dialled at home). Raises CodeNotSent."""


def get_provider() -> PhoneVerificationProvider:
    """The provider that the settings name."""
    provider: PhoneVerificationProvider = import_string(settings.PHONE_VERIFICATION_PROVIDER)()
    return provider
