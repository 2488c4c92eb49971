from django.db import models
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Organization, User
from senders.requirements import DocumentKind


class Reviewable(models.Model):
    """What a person submits with documents and a reviewer decides on.

    `round` counts the submissions: 0 until the first. Documents uploaded for the next submission carry the
    next round, so what a reviewer sees never changes under their eyes.
    """

    SLUG: str
    state: "models.CharField[str, str]"

    round = models.PositiveSmallIntegerField(_("submissions"), default=0)
    consent_version = models.CharField(_("version of the agreed text"), max_length=20, blank=True)
    consented_at = models.DateTimeField(_("agreed"), null=True, blank=True)
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        abstract = True

    @property
    def required_kinds(self) -> tuple[DocumentKind, ...]:
        """The kinds of documents that must come with it, in the order in which they are asked for."""
        raise NotImplementedError

    @property
    def registrant(self) -> User:
        """The person who submits it and to whom the result is mailed."""
        raise NotImplementedError

    @property
    def owning_organization(self) -> Organization:
        """The organization whose documents these are."""
        raise NotImplementedError
