import secrets

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from console.accounts.encryption import EncryptedTextField
from console.accounts.models.organization import Project


def new_access_key() -> str:
    return secrets.token_hex(10).upper()


def new_secret() -> str:
    return secrets.token_hex(20)


class AccessKey(models.Model):
    """What a program signs its calls with. The secret is encrypted, and shown once.

    Rotated, it has a new secret, and the old one is valid beside it until `previous_secret_until`.
    `networks`: the IPv4 and IPv6 networks that it may be used from, as text; none means any. Once revoked, a
    key stays so. A project has as many as it likes, so that programs change to a new one without a break.
    """

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="access_keys", verbose_name=_("project")
    )
    name = models.CharField(_("name"), max_length=60)
    access_key = models.CharField(_("access key"), max_length=40, unique=True, default=new_access_key)
    secret = EncryptedTextField(_("secret"), default=new_secret)
    previous_secret = EncryptedTextField(_("previous secret"), null=True, blank=True, editable=False)
    previous_secret_until = models.DateTimeField(_("previous secret valid until"), null=True, blank=True)
    rotated_at = models.DateTimeField(_("rotated"), null=True, blank=True)
    networks = ArrayField(models.CharField(max_length=43), verbose_name=_("networks"), default=list)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    last_used_address = models.GenericIPAddressField(_("last used from"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("access key")
        verbose_name_plural = _("access keys")

    def __str__(self) -> str:
        return self.name
