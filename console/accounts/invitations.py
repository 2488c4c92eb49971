"""Invitations to a project: sent by mail, accepted by whoever has the mail, sent again, withdrawn.

Nobody becomes a member without agreeing, and nobody who invites learns whether an address has an account.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from console.accounts import deeds
from console.accounts.audit import record_deed
from console.accounts.links import page_link
from console.accounts.models import Invitation, Membership, Project, User
from console.accounts.roles import ProjectRole
from console.accounts.sentences import Sentence

LASTS = timedelta(days=7)
AGAIN_AFTER = timedelta(minutes=1)
MAX_A_DAY = 100


@dataclass(frozen=True)
class NewPerson:
    """Who joins without having had an account."""

    name: str
    phone_number: str
    password: str


def invite(*, project: Project, email: str, role: str, by: User) -> Invitation:
    """Ask whoever has that address to join. Raises ValidationError, OSError or SMTPException.

    The mail is sent after the invitation is written: where it cannot be sent, it can be sent again.
    """
    token = new_token()
    with transaction.atomic():
        locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        address = email.strip().lower()
        _check(locked, address)
        invitation = Invitation.objects.create(
            project=locked, email=address, role=role, invited_by=by, **_sending(token)
        )
        _note(deeds.INVITED, invitation, by)
    mail(invitation, token)
    return invitation


def _check(project: Project, email: str) -> None:
    """Under the project's lock."""
    if Membership.objects.filter(project=project, user__email__iexact=email).exists():
        raise ValidationError({"email": _("This person is a member of the project already.")})
    rows = Invitation.objects.filter(project=project)
    if unanswered(rows).filter(email=email).exists():
        raise ValidationError({"email": _("This address is invited already. You can send it again.")})
    if rows.filter(sent_at__gt=timezone.now() - timedelta(days=1)).count() >= MAX_A_DAY:
        raise ValidationError(_("No more than 100 people can be invited within a day."))


def unanswered(rows: QuerySet[Invitation]) -> QuerySet[Invitation]:
    return rows.filter(accepted_at=None, withdrawn_at=None)


def open_invitations(project: Project) -> QuerySet[Invitation]:
    """Those that nobody has answered, newest first; some of them may be over."""
    rows = unanswered(Invitation.objects.filter(project=project))
    return rows.select_related("invited_by").order_by("-pk")


def send_again(*, invitation: Invitation, by: User) -> bool:
    """Mail another link; the one before works no more. False where it was answered, or sent a moment ago."""
    token, before = new_token(), timezone.now() - AGAIN_AFTER
    rows = unanswered(Invitation.objects.filter(pk=invitation.pk, sent_at__lt=before))
    with transaction.atomic():
        if not rows.update(**_sending(token)):
            return False
        _note(deeds.INVITED_AGAIN, invitation, by)
    mail(invitation, token)
    return True


def withdraw(*, invitation: Invitation, by: User) -> bool:
    """Have the link work no more. Returns whether it was withdrawn now."""
    rows = unanswered(Invitation.objects.filter(pk=invitation.pk))
    with transaction.atomic():
        if not rows.update(withdrawn_at=timezone.now()):
            return False
        _note(deeds.INVITATION_WITHDRAWN, invitation, by)
    return True


def _note(deed: Sentence, invitation: Invitation, by: User) -> None:
    """In the trail, in the transaction of what was done."""
    what = deed(email=invitation.email)
    record_deed(actor=by, obj=invitation, project=invitation.project, what=what)


def new_token() -> str:
    return secrets.token_urlsafe(32)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _sending(token: str) -> dict[str, object]:
    now = timezone.now()
    return {"token_hash": _hash(token), "sent_at": now, "expires_at": now + LASTS}


def mail(invitation: Invitation, token: str) -> None:
    """In the language of whoever has the address, or in the present one where nobody has it."""
    known = person_of(invitation)
    context = {
        "invitation": invitation,
        "project": invitation.project,
        "link": page_link("invitation", token),
        "days": LASTS.days,
    }
    with override((known.language if known else "") or get_language()):
        words = render_to_string("console/mail/invitation.txt", context)
    subject, _line, body = words.strip().partition("\n")
    send_mail(" ".join(subject.split()), body.strip() + "\n", None, [invitation.email])


def person_of(invitation: Invitation) -> User | None:
    """Who has the address."""
    return User.objects.filter(email__iexact=invitation.email).first()


def find(token: str) -> Invitation | None:
    """The invitation of that link, while it can be accepted."""
    rows = unanswered(Invitation.objects.filter(token_hash=_hash(token), expires_at__gt=timezone.now()))
    return rows.select_related("project__organization", "invited_by").first()


def accept(*, invitation: Invitation, user: User) -> Membership | None:
    """Make the person of that address a member; None where the invitation was answered meanwhile."""
    if user.email.lower() != invitation.email or not user.is_active:
        return None
    with transaction.atomic():
        return _join(invitation, user)


def accept_as_new(*, invitation: Invitation, person: NewPerson) -> User | None:
    """Make an account and a member of it. None where the invitation was answered, or the address taken."""
    try:
        with transaction.atomic():
            user = User(
                username=_free_username(invitation.email),
                email=invitation.email,
                name=person.name,
                phone_number=person.phone_number,
                language=get_language() or "",
            )
            user.set_password(person.password)
            user.save()
            if _join(invitation, user) is None:
                transaction.set_rollback(True)
                return None
    except IntegrityError:
        return None
    return user


def _join(invitation: Invitation, user: User) -> Membership | None:
    """Of two that use one link at once, one joins."""
    now = timezone.now()
    mine = Q(token_hash=invitation.token_hash, expires_at__gt=now)
    rows = unanswered(Invitation.objects.filter(mine, pk=invitation.pk))
    if not rows.update(accepted_at=now, accepted_by=user):
        return None
    _note(deeds.INVITATION_ACCEPTED, invitation, user)
    role = {"role": ProjectRole(invitation.role), "is_invited": True}
    return Membership.objects.get_or_create(user=user, project=invitation.project, defaults=role)[0]


def _free_username(email: str) -> str:
    """The address, or where somebody goes by that name (who had the address before), the address and more."""
    name = email[:140]
    return f"{name}-{secrets.token_hex(4)}" if User.objects.filter(username__iexact=name).exists() else name
