"""Two-factor sign-in: codes of an authenticator app (RFC 6238), and recovery codes on paper.

Only the computation is django-otp's. Its devices keep secrets and recovery codes in clear, and close an
account for as long as somebody goes on guessing; see `docs/adr/0016-second-factor.md`.
"""

import base64
import hmac
import re
import secrets
import time
from urllib.parse import quote, urlencode

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils import timezone
from django_otp.oath import TOTP

from console.accounts import deeds
from console.accounts.audit import record_deed
from console.accounts.models import RecoveryCode, SecondFactor, User
from console.accounts.notices import notify_person

STEP_SECONDS = 30
DRIFT_STEPS = 1
DIGITS = 6
SECRET_BYTES = 20
RECOVERY_CODES = 10
RECOVERY_GROUPS = 4
# Without letters that are taken for digits.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
FEW_CODES = 3


def begin(*, user: User, anew: bool = False) -> SecondFactor:
    """A secret to be scanned, which counts for nothing until a code of it was given. The same until then.

    `anew`: another one, since the one before may have been seen by who gave no code for it.
    """
    with transaction.atomic():
        SecondFactor.objects.bulk_create([SecondFactor(user=user)], ignore_conflicts=True)
        factor = SecondFactor.objects.select_for_update().get(user=user)
        if anew or not factor.next_secret:
            factor.next_secret = secrets.token_hex(SECRET_BYTES)
            factor.save(update_fields=["next_secret"])
    return factor


def turn_on(*, user: User, code: str) -> list[str] | None:
    """Take the scanned secret into use, where the code is of it. New recovery codes, or None.

    Every session of the person ends with it but one that is brought up to date (`update_session_auth_hash`).
    """
    with transaction.atomic():
        factor = SecondFactor.objects.select_for_update().filter(user=user).exclude(next_secret="").first()
        step = _step_of(factor.next_secret, normalize(code), after=-1) if factor else None
        if factor is None or step is None:
            return None
        factor.secret, factor.next_secret, factor.last_step = factor.next_secret, "", step
        factor.save(update_fields=["secret", "next_secret", "last_step"])
        _set_since(user, is_on=True)
        notify_person(user=user, kind="second_factor_on")
        return _new_codes(user)


def turn_off(*, user: User, by: User) -> bool:
    """Ask this person for no code any more. They are mailed, with who did it where that was another."""
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if person.second_factor_at is None:
            return False
        SecondFactor.objects.filter(user=person).delete()
        RecoveryCode.objects.filter(user=person).delete()
        _set_since(person, is_on=False)
        by_name = str(by) if by.pk != person.pk else ""
        notify_person(user=person, kind="second_factor_off", context={"by": by_name})
    user.second_factor_at = None
    return True


def _set_since(user: User, *, is_on: bool) -> None:
    """By `save`, so that the trail notes it."""
    user.second_factor_at = timezone.now() if is_on else None
    user.save(update_fields=["second_factor_at"])


def renew_codes(*, user: User) -> list[str]:
    """Ten new recovery codes; those before work no more. They are in no answer after this one."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        notify_person(user=user, kind="recovery_codes_new")
        record_deed(actor=user, obj=user, project=None, what=deeds.CODES_RENEWED())
        return _new_codes(user)


def _new_codes(user: User) -> list[str]:
    RecoveryCode.objects.filter(user=user).delete()
    codes = [_random_code() for _number in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, name=code[:4], hashed=make_password(normalize(code))) for code in codes
    )
    return codes


def _random_code() -> str:
    groups = ("".join(secrets.choice(LETTERS) for _letter in range(4)) for _group in range(RECOVERY_GROUPS))
    return "-".join(groups)


def normalize(typed: str) -> str:
    """A code as people type it, without spaces and dashes."""
    return re.sub(r"[\s-]", "", typed).lower()


def check(*, user: User, typed: str) -> bool:
    """Whether this is a code of the app, or a recovery code, for the first time. It works no more then."""
    code = normalize(typed)
    if re.fullmatch(r"[0-9]{6}", code):
        return _take_app_code(user, code)
    return _take_recovery_code(user, code)


def _take_app_code(user: User, code: str) -> bool:
    """Of two who give the same code at once, one is let in."""
    factor = SecondFactor.objects.filter(user=user).exclude(secret="").first()
    step = _step_of(factor.secret, code, after=factor.last_step) if factor else None
    if factor is None or step is None:
        return False
    fresh = SecondFactor.objects.filter(pk=factor.pk, last_step__lt=step)
    return bool(fresh.update(last_step=step))


def _step_of(secret: str, code: str, *, after: int) -> int | None:
    """The time step whose code this is: now, the one before or the next, for clocks that are a little off."""
    totp = TOTP(bytes.fromhex(secret), step=STEP_SECONDS, digits=DIGITS)
    totp.time = time.time()
    for drift in range(-DRIFT_STEPS, DRIFT_STEPS + 1):
        totp.drift = drift
        is_same = hmac.compare_digest(f"{totp.token():0{DIGITS}}".encode(), code.encode())
        if is_same and totp.t() > after:
            return totp.t()
    return None


def _take_recovery_code(user: User, code: str) -> bool:
    rows = RecoveryCode.objects.filter(user=user, name=code[:4].replace("\x00", ""), used_at=None)
    for row in rows:
        if check_password(code, row.hashed):
            with transaction.atomic():
                taken = RecoveryCode.objects.filter(pk=row.pk, used_at=None).update(used_at=timezone.now())
                if taken:
                    notify_person(user=user, kind="recovery_code_used", context={"left": codes_left(user)})
                    record_deed(actor=user, obj=user, project=None, what=deeds.CODE_USED())
            return bool(taken)
    return False


def codes_left(user: User) -> int:
    """How many recovery codes the person has not used."""
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def secret_to_type(factor: SecondFactor) -> str:
    """The secret that is not confirmed yet as people type it into an app, in groups of four letters."""
    text = base64.b32encode(bytes.fromhex(factor.next_secret)).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def address_to_scan(factor: SecondFactor, *, issuer: str) -> str:
    """The `otpauth:` address that an app reads from the picture."""
    secret = secret_to_type(factor).replace(" ", "")
    label = quote(f"{issuer}:{factor.user.get_username()}")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer})}"
