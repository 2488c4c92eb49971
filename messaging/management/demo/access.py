"""The demo's access beside its people: keys of other programs, and an invitation without an answer."""

import hashlib
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from console.accounts.invitations import LASTS, new_token
from console.accounts.models import AccessKey, Invitation, Project, User
from console.accounts.roles import ProjectRole

INVITED = "han@example.com"
IN_USE, REVOKED = "주문 서버", "옛 회원 서버"


@transaction.atomic
def make_access(project: Project, user: User) -> None:
    """Made once: what a person revoked or withdrew since stays so."""
    if not Invitation.objects.filter(project=project).exists():
        _invite(project, user)
    _key(project, user, IN_USE, networks=["203.0.113.0/24"], last_used_address="203.0.113.7")
    _key(project, user, REVOKED, revoked_at=timezone.now() - timedelta(days=3), revoked_by=user)


def _invite(project: Project, user: User) -> None:
    """Under a link that nobody has: no mail is sent."""
    now = timezone.now()
    Invitation.objects.create(
        project=project,
        email=INVITED,
        role=ProjectRole.VIEWER,
        token_hash=hashlib.sha256(new_token().encode()).hexdigest(),
        invited_by=user,
        sent_at=now,
        expires_at=now + LASTS,
    )


def _key(project: Project, user: User, name: str, **fields: object) -> None:
    used = {"last_used_at": timezone.now() - timedelta(days=4), "created_by": user}
    AccessKey.objects.get_or_create(project=project, name=name, defaults={**used, **fields})
