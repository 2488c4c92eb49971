"""What the doors for programs remember of the last minutes."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project


class SeenSignature(models.Model):
    """A call, or its signature alone, under which a program changed something: a second one is a copy.

    Written with what the call changed, so that a call that failed may be made again. Kept as long as its
    timestamp could be believed (`messaging.api.replay`).
    """

    # Half of a signature's bytes, or of a hash of it with the body.
    id = models.UUIDField(primary_key=True, editable=False)
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("seen signature")
        verbose_name_plural = _("seen signatures")

    def __str__(self) -> str:
        return str(self.pk)


class CallRate(models.Model):
    """How many calls a project's programs made in the last second that had one: a row a project, not logged.

    `second` counts from 1970. The table survives no crash of the database, nor has it to.
    """

    project = models.OneToOneField(
        Project, on_delete=models.CASCADE, primary_key=True, db_constraint=False, related_name="+"
    )
    second = models.BigIntegerField()
    calls = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("call rate")
        verbose_name_plural = _("call rates")

    def __str__(self) -> str:
        return f"{self.project_id}: {self.calls}"
