"""One-time codes: made here, kept as a keyed hash, valid for a short while and a few attempts."""

import secrets
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project, User
from senders.models import CodePurpose, IdentityVerification, PhoneCode
from senders.services.errors import Refused, Sentence
from senders.services.phone_verification import CodeNotSent, get_provider

DIGITS = 6
VALID_FOR = timedelta(minutes=3)
MAX_ATTEMPTS = 5
RESEND_AFTER = timedelta(seconds=30)
SENDS_PER_HOUR = 5


def send_code(
    *,
    verification: IdentityVerification,
    project: Project,
    phone_number: str,
    purpose: CodePurpose = CodePurpose.IDENTITY,
) -> PhoneCode:
    """Send a new code, which replaces any earlier one. Raises Refused where that is too often or fails.

    The row is committed before the provider is called, so that a crash between the two costs a code, never
    the limit on how many are sent.
    """
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    row = _new_row(verification, phone_number, code, purpose)
    try:
        get_provider().send_code(project=project, phone_number=phone_number, code=code)
    except CodeNotSent as error:
        row.delete()
        raise Refused({"phone_number": error.reason}) from error
    return row


def _new_row(
    verification: IdentityVerification, phone_number: str, code: str, purpose: CodePurpose
) -> PhoneCode:
    now = timezone.now()
    with transaction.atomic():
        # One at a time: the limits are the person's, in whatever organizations, and the phone's.
        User.objects.select_for_update(no_key=True).get(pk=verification.user_id)
        _lock_phone(phone_number)
        theirs = Q(phone_number=phone_number) | Q(verification__user=verification.user_id)
        sent = PhoneCode.objects.filter(theirs, sent_at__gt=now - timedelta(hours=1))
        times = list(sent.order_by("-sent_at").values_list("sent_at", flat=True)[:SENDS_PER_HOUR])
        if times and times[0] > now - RESEND_AFTER:
            raise Refused({"phone_number": _("A code was sent a moment ago. Wait half a minute.")})
        if len(times) >= SENDS_PER_HOUR:
            raise Refused({"phone_number": _("Five codes were sent within an hour. Try again later.")})
        return PhoneCode.objects.create(
            verification=verification,
            phone_number=phone_number,
            purpose=purpose,
            code_hash=_hash(verification, purpose, phone_number, code),
            sent_at=now,
            expires_at=now + VALID_FOR,
        )


def _lock_phone(phone_number: str) -> None:
    """Until the transaction ends, nobody else sends a code to this phone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"phone code {phone_number}"]
        )


def pending_code(
    verification: IdentityVerification, purpose: CodePurpose = CodePurpose.IDENTITY
) -> PhoneCode | None:
    """The newest code, where it can still be entered."""
    newest = _newest(verification, purpose)
    if newest is None or newest.used_at or newest.expires_at <= timezone.now():
        return None
    return newest if newest.attempts < MAX_ATTEMPTS else None


def _newest(verification: IdentityVerification, purpose: CodePurpose) -> PhoneCode | None:
    return verification.codes.filter(purpose=purpose).order_by("-sent_at", "-id").first()


def use_code(
    *, verification: IdentityVerification, code: str, purpose: CodePurpose = CodePurpose.IDENTITY
) -> str:
    """Use the newest code up; the phone number that it proves. Raises Refused; each call is an attempt.

    The attempt is counted before the code is compared, by one conditional UPDATE, so that no number of
    requests at once gets more than MAX_ATTEMPTS guesses.
    """
    newest = _newest(verification, purpose)
    if newest is None:
        raise Refused({"code": _("Send a code to your phone first.")})
    open_rows = PhoneCode.objects.filter(
        pk=newest.pk, used_at=None, expires_at__gt=timezone.now(), attempts__lt=MAX_ATTEMPTS
    )
    if not open_rows.update(attempts=F("attempts") + 1):
        raise Refused({"code": _("This code is no longer valid. Send a new one.")})
    hashed = _hash(verification, purpose, newest.phone_number, code.strip())
    if not constant_time_compare(newest.code_hash, hashed):
        raise Refused({"code": _wrong_code(newest)})
    if not PhoneCode.objects.filter(pk=newest.pk, used_at=None).update(used_at=timezone.now()):
        raise Refused({"code": _("This code is no longer valid. Send a new one.")})
    return newest.phone_number


def _wrong_code(row: PhoneCode) -> Sentence:
    row.refresh_from_db(fields=["attempts"])
    if row.attempts >= MAX_ATTEMPTS:
        return _("The code was wrong five times. Send a new one.")
    return _("This is not the code that was sent. Look at the newest message.")


def _hash(verification: IdentityVerification, purpose: CodePurpose, phone_number: str, code: str) -> str:
    salt = f"senders.phone_code.{purpose.lower()}"
    return salted_hmac(salt, f"{verification.pk}:{phone_number}:{code}", algorithm="sha256").hexdigest()
