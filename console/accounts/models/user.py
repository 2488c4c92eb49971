from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from console.accounts.roles import PLATFORM_PERMISSIONS, Permission, PlatformRole


class User(AbstractUser):
    """A person who signs in.

    `name` and `phone_number` (digits as dialled at home) are what an identity verification must match.
    `second_factor_at`: since when signing in asks for a code too. A session ends when it, or the password,
    changes.
    """

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField(_("name"), max_length=60, blank=True)
    phone_number = models.CharField(_("mobile phone number"), max_length=20, blank=True)
    email = models.EmailField(_("email address"), unique=True)
    platform_role = models.CharField(
        _("platform role"),
        max_length=20,
        choices=PlatformRole.choices,
        default=PlatformRole.NONE,
        blank=True,
    )
    language = models.CharField(_("language"), max_length=8, blank=True)
    first_steps_closed = models.BooleanField(_("first five minutes closed"), default=False)

    second_factor_at = models.DateTimeField(_("two-factor sign-in since"), null=True, blank=True)

    REQUIRED_FIELDS = ["email"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.name or self.username

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must match to last: of the password, as Django's, and of the second factor."""
        since = self.second_factor_at.isoformat() if self.second_factor_at else ""
        salt = "console.accounts.models.User.session"
        return salted_hmac(salt, f"{self.password}:{since}", secret=secret, algorithm="sha256").hexdigest()

    def has_platform_permission(self, permission: Permission) -> bool:
        """Whether this person's platform role grants the permission."""
        return self.is_active and permission in PLATFORM_PERMISSIONS.get(self.platform_role, frozenset())
