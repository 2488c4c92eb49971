from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY as PERSON
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.translation import gettext_lazy as _


class Session(AbstractBaseSession):
    """A browser that is signed in, or about to be; Django's session, that knows whose it is and since when.

    So a person sees where they are signed in, and ends what is not theirs. Written by `accounts.sessions`.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="sessions"
    )
    signed_in_at = models.DateTimeField(_("signed in"), null=True)
    address = models.GenericIPAddressField(_("IP address"), null=True)
    browser = models.CharField(_("browser"), max_length=300, blank=True)

    class Meta(AbstractBaseSession.Meta):
        abstract = False
        verbose_name = _("session")  # type: ignore[assignment]
        verbose_name_plural = _("sessions")  # type: ignore[assignment]

    def __str__(self) -> str:
        return f"{self.user_id} {self.address}"

    @classmethod
    def get_session_store_class(cls) -> Any:
        from console.accounts.sessions import SessionStore

        return SessionStore

    @staticmethod
    def person_in(data: dict[str, Any]) -> int | None:
        return int(data[PERSON]) if PERSON in data else None
