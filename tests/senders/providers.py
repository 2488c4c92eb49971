"""Providers of one-time codes for tests, named by PHONE_VERIFICATION_PROVIDER."""

from typing import ClassVar

from console.accounts.models import Project
from senders.services.phone_verification import CodeNotSent


class RecordingProvider:
    """Keeps what it was asked to send, newest last: (project id, phone number, code)."""

    sent: ClassVar[list[tuple[int, str, str]]] = []

    def send_code(self, *, project: Project, phone_number: str, code: str) -> None:
        self.sent.append((project.pk, phone_number, code))


class SilentProvider:
    """A carrier that takes nothing."""

    def send_code(self, *, project: Project, phone_number: str, code: str) -> None:
        raise CodeNotSent("The carrier does not answer. Try again in a minute.")
