"""The mail of notices: claimed, sent, marked; retried by a sweep.

A crash between sending and marking repeats a mail after CLAIM_LASTS; both carry one Message-ID, by which mail
programs show it once. A mail that cannot be sent is tried again, and given up after MAX_ATTEMPTS.
"""

import logging
from datetime import datetime, timedelta
from email.utils import parseaddr
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F, Q, QuerySet
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import render_to_string
from django.utils import timezone, translation

from console.accounts.links import console_url
from console.accounts.models import Membership, NoticeMail

logger = logging.getLogger(__name__)
CLAIM_LASTS = timedelta(minutes=10)
MAX_ATTEMPTS = 50
SWEEP_LIMIT = 200


def mail_notices() -> int:
    """Send what is waiting, oldest first. Returns how many were sent."""
    waiting = list(_sendable().order_by("pk").values_list("pk", flat=True)[:SWEEP_LIMIT])
    return sum(map(mail_notice, waiting))


def mail_notice(pk: int) -> bool:
    """Send that mail, where nobody did or is doing so. Returns whether it was sent now."""
    if not _sendable().filter(pk=pk).update(claimed_at=timezone.now(), attempts=F("attempts") + 1):
        return False
    mail = NoticeMail.objects.select_related("notice__project__organization", "user").get(pk=pk)
    if not is_told(mail):
        mail.delete()
        return False
    try:
        build(mail).send()
    except (SMTPException, OSError):
        logger.warning("The mail of notice %s was not taken; it is sent again later.", mail.notice_id)
        return False
    except (TemplateDoesNotExist, TemplateSyntaxError):
        logger.exception("Notice %s has no text that can be sent.", mail.notice_id)
        return False
    NoticeMail.objects.filter(pk=pk).update(mailed_at=timezone.now())
    return True


def _sendable() -> QuerySet[NoticeMail]:
    free = Q(claimed_at=None) | Q(claimed_at__lt=timezone.now() - CLAIM_LASTS)
    return NoticeMail.objects.filter(free, mailed_at=None, attempts__lt=MAX_ATTEMPTS)


def is_told(mail: NoticeMail) -> bool:
    """Whether the person is still to hear of it: not who was closed, or left the project, meanwhile."""
    if not mail.user.is_active:
        return False
    project_id = mail.notice.project_id
    return (
        project_id is None or Membership.objects.filter(project_id=project_id, user_id=mail.user_id).exists()
    )


def build(mail: NoticeMail) -> EmailMessage:
    """The mail in the person's language, under an id that is always the same."""
    notice = mail.notice
    with translation.override(mail.user.language or settings.LANGUAGE_CODE):
        words = render_to_string(f"console/mail/notice_{notice.kind}.txt", context_of(mail))
    subject, _line, body = words.strip().partition("\n")
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    name = f"notice-{mail.pk}.{notice.created_at:%Y%m%d%H%M%S%f}"
    return EmailMessage(
        " ".join(subject.split()),
        body.strip() + "\n",
        to=[mail.address or mail.user.email],
        headers={"Message-ID": f"<{name}@{domain}>"},
    )


def context_of(mail: NoticeMail) -> dict[str, Any]:
    """What stands in the text: see `console.accounts.notices`."""
    given = {name: _value(name, value) for name, value in mail.notice.context.items()}
    own = {"user": mail.user, "project": mail.notice.project, "console_url": console_url()}
    link = {"link": console_url(given["path"])} if given.get("path") else {}
    return {**given, **own, **link}


def _value(name: str, value: Any) -> Any:
    is_time = name.endswith("_at") and isinstance(value, str) and value
    return timezone.localtime(datetime.fromisoformat(value)) if is_time else value
