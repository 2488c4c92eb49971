"""The mail that tells people what staff decided: claimed, sent, marked; retried by a sweep.

A crash between sending and marking repeats a mail after CLAIM_LASTS; both carry one Message-ID, by which mail
programs show it once. A mail that cannot be sent is tried again, and given up after MAX_ATTEMPTS.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import parseaddr
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F, Q, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone, translation

from console.accounts.links import page_link
from console.accounts.models import User
from senders.models import OptOutLine, Review
from senders.states import LineState

logger = logging.getLogger(__name__)
CLAIM_LASTS = timedelta(minutes=10)
MAX_ATTEMPTS = 50
SWEEP_LIMIT = 100


def mail_result(review_id: int) -> bool:
    """Mail the result of that review, where nobody did or is doing so. Returns whether it was sent now."""
    return _mail(_sendable_reviews(), review_id, _build_of_review)


def mail_line_result(line_id: int) -> bool:
    """Mail whoever applied for that 080 line what became of it. Returns whether it was sent now."""
    return _mail(_sendable_lines(), line_id, _build_of_line)


def mail_pending_results() -> int:
    """Send what a lost task or an unreachable mail server left; for beat. Returns how many were sent."""
    reviews = list(_sendable_reviews().order_by("decided_at").values_list("pk", flat=True)[:SWEEP_LIMIT])
    lines = list(_sendable_lines().order_by("pk").values_list("pk", flat=True)[:SWEEP_LIMIT])
    return sum(map(mail_result, reviews)) + sum(map(mail_line_result, lines))


def _sendable_reviews() -> QuerySet[Review]:
    return Review.objects.filter(_unsent())


def _sendable_lines() -> QuerySet[OptOutLine]:
    decided = OptOutLine.objects.filter(state__in=(LineState.OPEN, LineState.REJECTED))
    return decided.filter(_unsent(), applied_by__isnull=False)


def _unsent() -> Q:
    stale = Q(mail_claimed_at=None) | Q(mail_claimed_at__lt=timezone.now() - CLAIM_LASTS)
    return stale & Q(mailed_at=None, mail_attempts__lt=MAX_ATTEMPTS)


def _mail(sendable: QuerySet[Any], pk: int, build: Callable[[int], EmailMessage]) -> bool:
    claimed = sendable.filter(pk=pk)
    if not claimed.update(mail_claimed_at=timezone.now(), mail_attempts=F("mail_attempts") + 1):
        return False
    try:
        build(pk).send()
    except (SMTPException, OSError):
        name = sendable.model._meta.model_name
        logger.warning("The mail about %s %s was not taken; it is sent again later.", name, pk)
        return False
    sendable.model._default_manager.filter(pk=pk).update(mailed_at=timezone.now())
    return True


def _build_of_review(review_id: int) -> EmailMessage:
    related = ("verification__user", "verification__organization", "sender_number__registered_by")
    rows = Review.objects.select_related(
        *related, "evidence__handed_in_by", "sender_number__project__organization"
    )
    return build_message(rows.get(pk=review_id))


def build_message(review: Review) -> EmailMessage:
    """The mail about a review, in the registrant's language."""
    registrant = review.subject.registrant
    context = {"review": review, "subject": review.subject, "registrant": registrant}
    return _message(registrant, "result", context, f"review-{review.pk}", review.decided_at)


def _build_of_line(line_id: int) -> EmailMessage:
    line = OptOutLine.objects.select_related("applied_by", "project").get(pk=line_id)
    context = {"line": line, "applicant": line.applied_by}
    return _message(line.applied_by, "line", context, f"line-{line.pk}", line.decided_at)


def _message(
    to: User | None, template: str, context: dict[str, Any], name: str, moment: datetime | None
) -> EmailMessage:
    """The mail of that template, in that person's language, under an id that is always the same."""
    if to is None or moment is None:
        raise ValueError(f"{name} was not decided, or has nobody who is told.")
    context = {**context, "link": page_link("index")}
    with translation.override(to.language or settings.LANGUAGE_CODE):
        subject = render_to_string(f"senders/mail/{template}_subject.txt", context)
        body = render_to_string(f"senders/mail/{template}_body.txt", context)
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return EmailMessage(
        " ".join(subject.split()),
        body,
        to=[to.email],
        headers={"Message-ID": f"<{name}.{moment:%Y%m%d%H%M%S%f}@{domain}>"},
    )
