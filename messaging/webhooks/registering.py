"""Adding a webhook, which its receiver has to confirm, and whatever a person changes of one.

Nothing is written while the receiver is called: what is saved afterwards is checked again, under the lock of
the project's row.
"""

import json
import secrets
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.accounts.audit import record_deed
from console.accounts.models import EventName, Project, User
from console.accounts.sentences import Said, sentence
from console.network import is_public
from messaging.models import Webhook, WebhookAttempt, WebhookCall, WebhookEntry
from messaging.states import CallState, WebhookState
from messaging.webhooks import words
from messaging.webhooks.addresses import WrongAddress, allowed_networks, check_url
from messaging.webhooks.bodies import CHALLENGE, TEST, envelope
from messaging.webhooks.calling import Answer, post
from messaging.webhooks.claiming import WEBHOOK
from messaging.webhooks.signing import OVERLAP, headers_for, new_secret

MOST = 10
MAX_SIGNATURE = 200
# A person who tries again and again is no way to call others a thousand times.
CALLS_AT_MOST, CALLS_SECONDS = 20, 600

PAUSED = sentence("webhook_paused", _("Webhook paused"))
ENABLED = sentence("webhook_enabled", _("Webhook switched on"))
SECRET_CHANGED = sentence("webhook_secret_changed", _("New secret of a webhook"))


class WebhookRefused(Exception):
    """`problems`: sentences by field ("" for the whole). `answer`: what the receiver said, if called."""

    def __init__(self, problems: dict[str, Any], answer: Answer | None = None) -> None:
        super().__init__("; ".join(map(str, problems.values())))
        self.problems, self.answer = problems, answer


@dataclass(frozen=True, slots=True)
class WebhookWish:
    """What a person entered. `seen`: when it was changed last, as the page said (None for a new one)."""

    url: str
    events: Collection[str]
    signature: str = ""
    seen: datetime | None = None


# --- adding and changing -------------------------------------------------------------------------


def add_webhook(*, project: Project, user: User, wish: WebhookWish) -> Webhook:
    """Call the receiver with a challenge and save the webhook once it is echoed. Raises WebhookRefused.

    The webhook returned holds its secret, which is shown once.
    """
    wish = _checked(wish)
    webhook = Webhook(
        project=project,
        url=wish.url,
        events=list(wish.events),
        signature=wish.signature,
        secret=new_secret(),
        created_by=user,
    )
    _check_room(project, webhook)
    challenge(webhook)
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        _check_room(project, webhook)
        webhook.verified_at = webhook.created_at = webhook.changed_at = timezone.now()
        webhook.save(force_insert=True)
    return webhook


def change_webhook(*, webhook: Webhook, wish: WebhookWish) -> None:
    """Save what was entered; a new address is called with a challenge first. Raises WebhookRefused."""
    wish = _checked(wish)
    old_url = webhook.url
    webhook.url, webhook.events, webhook.signature = wish.url, list(wish.events), wish.signature
    is_moved = wish.url != old_url
    if is_moved:
        _check_room(webhook.project, webhook)
        challenge(webhook)
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=webhook.project_id)
        _check_room(webhook.project, webhook)
        now = timezone.now()
        held = Webhook.objects.select_for_update(no_key=True).filter(pk=webhook.pk).first()
        if held is None or held.changed_at != wish.seen:
            raise WebhookRefused({"": _("Somebody else changed this webhook meanwhile. Look at it again.")})
        webhook.changed_at = now
        fields = ["url", "events", "signature", "changed_at"]
        if is_moved:
            webhook.verified_at = webhook.next_at = now
            fields += ["verified_at", "next_at"]
        webhook.save(update_fields=fields)


def _checked(wish: WebhookWish) -> WebhookWish:
    """The wish, tidied. Raises WebhookRefused."""
    problems: dict[str, Any] = {}
    url, signature = wish.url.strip(), wish.signature.strip()
    try:
        check_url(url)
    except WrongAddress as error:
        problems["url"] = words.sentence(error.code, detail=error.detail)
    events = [each for each in EventName.values if each in set(wish.events)]
    if not events:
        problems["events"] = _("Choose at least one event.")
    if len(signature) > MAX_SIGNATURE or not all(32 <= ord(each) < 127 for each in signature):
        problems["signature"] = _(
            "The signature is sent as a header: at most 200 letters without accents, digits and signs."
        )
    if problems:
        raise WebhookRefused(problems)
    return WebhookWish(url=url, events=events, signature=signature, seen=wish.seen)


def _check_room(project: Project, webhook: Webhook) -> None:
    others = Webhook.objects.filter(project=project).exclude(pk=webhook.pk)
    if others.filter(url=webhook.url).exists():
        raise WebhookRefused({"url": _("This address is a webhook already. Change its events instead.")})
    if others.count() >= MOST:
        raise WebhookRefused({"": _("A project has ten webhooks at most. Delete one that nobody needs.")})


# --- calls that a person asks for ----------------------------------------------------------------


def challenge(webhook: Webhook) -> Answer:
    """Call the address and demand the challenge back. Raises WebhookRefused with what went wrong.

    What an address inside a network of ours answers is not told before it has echoed: it may be no receiver.
    """
    token = secrets.token_urlsafe(24)
    key = uuid.uuid4()
    hooks = [{"hookId": key.hex, "challenge": token}]
    answer = _call_now(webhook, key, CHALLENGE, envelope(webhook, key=key, event=CHALLENGE, hooks=hooks))
    if answer.is_taken and not is_echoed(token, answer.text):
        answer.trouble = "echo"
    if not answer.is_taken:
        if not (answer.address and is_public(ip_address(answer.address))):
            answer.text = ""
        raise WebhookRefused({"url": words.sentence_of(answer)}, answer)
    return answer


def is_echoed(token: str, text: str) -> bool:
    """Whether the answer is the token: bare, quoted, or under “challenge” in JSON."""
    if text.strip() == token:
        return True
    try:
        answered = json.loads(text)
    except ValueError:
        return False
    return answered == token or (isinstance(answered, dict) and answered.get("challenge") == token)


def send_test(webhook: Webhook) -> Answer:
    """Send a test event now and write it into the log, whatever comes of it. Raises WebhookRefused."""
    key, now = uuid.uuid4(), timezone.now()
    payload = {"message": "This is a test of the webhook. Nothing happened."}
    body = envelope(webhook, key=key, event=TEST, hooks=[{"hookId": f"{key.hex}00000", **payload}])
    answer = _call_now(webhook, key, TEST, body)
    call = WebhookCall(
        webhook=webhook,
        key=key,
        origin=key,
        event=TEST,
        n=1,
        payloads=[payload],
        state=CallState.DELIVERED if answer.is_taken else CallState.FAILED,
        attempts=1,
        happened_at=now,
        created_at=now,
        finished_at=timezone.now(),
    )
    WebhookCall.objects.bulk_create([call])
    WebhookAttempt.objects.create(
        webhook=webhook,
        call=call,
        at=now,
        status=answer.status,
        milliseconds=answer.milliseconds,
        trouble=answer.trouble,
        answer=(answer.text or answer.detail)[:1000],
        address=answer.address,
    )
    return answer


def _call_now(webhook: Webhook, key: uuid.UUID, event: str, body: bytes) -> Answer:
    counted = f"webhook-calls:{webhook.project_id}"
    cache.add(counted, 0, CALLS_SECONDS)
    if cache.incr(counted) > CALLS_AT_MOST:
        raise WebhookRefused({"": _("Too many tries: wait ten minutes, then try again.")})
    headers = headers_for(webhook, key=key, body=body, now=timezone.now())
    return post(check_url(webhook.url), body=body, headers=headers, allowed=allowed_networks())


# --- on and off ----------------------------------------------------------------------------------


def pause(*, webhook: Webhook, user: User) -> bool:
    """Call it no more until a person says so; what happens is still collected. Whether it was active."""
    return _move(webhook, user, WebhookState.PAUSED, PAUSED())


def enable(*, webhook: Webhook, user: User) -> bool:
    """Call it again, beginning with what waited. Whether it was not active."""
    fresh = {"next_at": timezone.now(), "failures": 0, "failing_since": None}
    fresh |= {"disabled_at": None, "disabled_because": ""}
    return _move(webhook, user, WebhookState.ACTIVE, ENABLED(), **fresh)


def _move(webhook: Webhook, user: User, to: WebhookState, what: Said, **fields: Any) -> bool:
    with transaction.atomic():
        fields["changed_at"] = timezone.now()
        if not WEBHOOK.advance(Webhook.objects.filter(pk=webhook.pk), to, **fields):
            return False
        record_deed(actor=user, obj=webhook, project=webhook.project, what=what)
    return True


def rotate_secret(*, webhook: Webhook, user: User, seen: datetime | None) -> str:
    """A new secret; the old one signs beside it for a day. `seen`: when the one on the page was made.

    Raises WebhookRefused where somebody made a new one meanwhile.
    """
    now, secret = timezone.now(), new_secret()
    with transaction.atomic():
        held = Webhook.objects.select_for_update(no_key=True).filter(pk=webhook.pk).first()
        if held is None or held.secret_made_at != seen:
            raise WebhookRefused({"": _("Somebody made a new secret meanwhile. Look at the webhook again.")})
        Webhook.objects.filter(pk=webhook.pk).update(
            secret=secret, secret_made_at=now, old_secret=held.secret, old_secret_until=now + OVERLAP
        )
        record_deed(actor=user, obj=webhook, project=webhook.project, what=SECRET_CHANGED())
    return secret


def delete_webhook(webhook: Webhook) -> None:
    """Forget it with its log and whatever waits for it."""
    with transaction.atomic():
        Webhook.objects.select_for_update().filter(pk=webhook.pk).first()
        WebhookAttempt.objects.filter(webhook=webhook).delete()
        WebhookCall.objects.filter(webhook=webhook).delete()
        WebhookEntry.objects.filter(webhook=webhook.pk).delete()
        webhook.delete()
