from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from console.accounts.models.organization import Project
from console.accounts.roles import ProjectRole
from console.accounts.sentences import Choice, Said, sentence

INVITATION_NAME = sentence("invitation_name", "%(email)s · %(role)s")


class Invitation(models.Model):
    """A person asked by mail to join a project. Whoever holds the mail agrees, or lets it pass.

    ```
    open ──accept──▶ accepted_at
      ├──withdraw──▶ withdrawn_at
      └──seven days─▶ over (`expires_at`); sending it again opens it anew, under another link
    ```
    Only a hash of the link's token is kept.
    """

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="invitations", verbose_name=_("project")
    )
    email = models.EmailField(_("email address"))
    role = models.CharField(_("role"), max_length=20, choices=ProjectRole.choices)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(_("invited"), auto_now_add=True)
    sent_at = models.DateTimeField(_("sent"))
    expires_at = models.DateTimeField(_("ends"))
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(
                fields=["project", "email"],
                name="invited_once",
                condition=models.Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return self.trail_name().words()

    def trail_name(self) -> Said:
        return INVITATION_NAME(email=self.email, role=Choice("accounts.Invitation.role", self.role))
