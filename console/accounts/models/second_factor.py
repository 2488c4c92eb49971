from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from console.accounts.encryption import EncryptedTextField


class SecondFactor(models.Model):
    """A person's authenticator app: codes of six digits that change every thirty seconds (RFC 6238).

    Whether it is on is `User.second_factor_at`. `secret` is what the app shares with the console, as hex;
    `next_secret` one that is shown to be scanned and not confirmed yet. `last_step` is the time step of the
    last code that was taken: no code is taken twice, and none from before it.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="second_factor"
    )
    secret = EncryptedTextField(blank=True)
    next_secret = EncryptedTextField(blank=True)
    last_step = models.BigIntegerField(default=-1)

    class Meta:
        verbose_name = _("second factor")
        verbose_name_plural = _("second factors")

    def __str__(self) -> str:
        return str(self.user_id)


class RecoveryCode(models.Model):
    """A code on paper for when the phone is lost; it works once.

    `name` is its first part, by which it is found; `hashed` is the whole, hashed as passwords are.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes"
    )
    name = models.CharField(max_length=4)
    hashed = models.CharField(max_length=128)
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("recovery code")
        verbose_name_plural = _("recovery codes")

    def __str__(self) -> str:
        return f"{self.user_id} {self.name}"
