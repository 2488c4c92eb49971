"""What administrators do with accounts: mail a link, open after a lock-out, close a project; and oneself."""

from collections.abc import Collection

from axes.utils import reset
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.module_loading import import_string
from django.utils.translation import get_language, override

from console.accounts.models import Project, User
from console.accounts.notices import notify_person
from console.accounts.roles import PlatformRole
from console.accounts.sessions import end_sessions


def mail_link(*, user: User, base_url: str) -> None:
    """Mail the person a link under which they choose their own password. It works once, for some days.

    In their language, or in the current one where they have not signed in yet.
    """
    key = urlsafe_base64_encode(force_bytes(user.pk))
    path = reverse("admin:set_password", args=[key, default_token_generator.make_token(user)])
    with override(user.language or get_language()):
        words = render_to_string("console/mail/set_password.txt", {"user": user, "link": f"{base_url}{path}"})
        subject, _blank, body = words.partition("\n")
    send_mail(subject.strip(), body.strip() + "\n", None, [user.email])


def password_changed(*, user: User, keep_session: str | None = None) -> None:
    """End the person's other sessions and have them told by mail. In the caller's transaction."""
    end_sessions(user=user, but=keep_session)
    notify_person(user=user, kind="password_changed")


def address_changed(*, user: User, before: str) -> None:
    """Have the person told at the address that they had and at the new one. In the caller's transaction."""
    notify_person(user=user, kind="address_changed", context={"before": before}, addresses=("", before))


def somebody_administers_without(people: Collection[int]) -> bool:
    """Whether an active administrator is left besides these people (their ids).

    In the caller's transaction: administrators are locked to its end, so that of two who close each other at
    the same time the second one sees what the first did.
    """
    active = User.objects.filter(is_active=True, platform_role=PlatformRole.ADMINISTRATOR)
    rows = set(active.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    return not rows.issubset(people)


def unlock(*, user: User) -> int:
    """Forget the person's wrong passwords, so that they may try again. Returns how many were forgotten."""
    return int(reset(username=user.get_username()))


def lock_project(project: Project) -> Project:
    """The project's row as it is now, locked to the end of the caller's transaction.

    Sends are not held up: they refer to the row and do not change it.
    """
    return Project.objects.select_for_update(no_key=True).get(pk=project.pk)


def why_not_close(*, project: Project) -> list[str]:
    """Why the project's SMS service cannot be closed now: sentences, none where it can.

    Higher layers keep it open; settings name their functions `(project) -> str` (`PROJECT_CLOSING_CHECKS`).
    """
    answers = (import_string(name)(project) for name in settings.PROJECT_CLOSING_CHECKS)
    return [str(answer) for answer in answers if answer]


def lock_closable(*, project: Project) -> Project:
    """The project's row, locked, so that what may not begin in a closed project does not begin meanwhile.

    In the caller's transaction. Raises ValidationError with why its SMS service cannot be closed; one that
    is closed may stay so.
    """
    locked = lock_project(project)
    if locked.is_active and (reasons := why_not_close(project=locked)):
        raise ValidationError(reasons)
    return locked


def close_project(*, project: Project) -> None:
    """Close the project's SMS service: nothing is sent from it any more. ValidationError says why not."""
    with transaction.atomic():
        _set_open(lock_closable(project=project), is_open=False)
    project.is_active = False


def reopen_project(*, project: Project) -> None:
    """Open the project's SMS service again."""
    with transaction.atomic():
        _set_open(lock_project(project), is_open=True)
    project.is_active = True


def _set_open(locked: Project, *, is_open: bool) -> None:
    """By `save`, so that the audit trail notes it."""
    if locked.is_active != is_open:
        locked.is_active = is_open
        locked.save(update_fields=["is_active"])
