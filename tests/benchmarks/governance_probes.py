"""What the benchmark asks of webhooks, members, keys, limits and the trail, beside the pages of the menu."""

from collections.abc import Iterator
from datetime import timedelta

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from console.accounts.models import AccessKey, AuditEntry
from messaging.models import Template, Webhook, WebhookCall
from messaging.states import WebhookState
from tests.benchmarks.large_project import LargeProject
from tests.benchmarks.probing import Probe, Query, at


def governance_probes(large: LargeProject) -> Iterator[Probe]:
    yield from of_webhooks(large)
    yield from of_keys(large)
    for trail in ("settings_audit", "audit"):
        yield from of_trail(large, trail)
    for page in (
        "settings_international_limit",
        "settings_webhooks_help",
        "settings_webhook_add",
        "invite_member",
        "access_key_add",
        "deliveries_causes",
        "second_factor",
        "sign_ins",
    ):
        yield from at("", page)


def of_webhooks(large: LargeProject) -> Iterator[Probe]:
    webhook = Webhook.objects.filter(project=large.project, state=WebhookState.ACTIVE).first()
    call = WebhookCall.objects.filter(webhook=webhook).order_by("-pk").first()
    if webhook is None or call is None:
        return
    for page in ("settings_webhook", "settings_webhook_edit", "settings_webhook_replay"):
        yield from at("", page, webhook.pk)
    yield from at("failed", "settings_webhook", webhook.pk, query={"state": "FAILED"})
    yield from at("", "settings_webhook_call", webhook.pk, call.pk)


def of_keys(large: LargeProject) -> Iterator[Probe]:
    if key := AccessKey.objects.filter(project=large.project, revoked_at=None).first():
        yield from at("", "access_key", key.pk)
        yield from at("", "access_key_revoke", key.pk)


def of_trail(large: LargeProject, page: str) -> Iterator[Probe]:
    """Every filter that has its own way through the entries, those that find little or nothing too."""
    entries = AuditEntry.objects.filter(project=large.project).order_by("pk")
    oldest, newest = entries.first(), entries.last()
    if oldest is None or newest is None:
        return
    today = timezone.localdate()
    month = {"since": today - timedelta(days=60), "until": today - timedelta(days=30)}
    kind = ContentType.objects.get_for_model(Template).pk
    filters: dict[str, Query] = {
        "a month": month,
        "somebody": {"who": large.people["sender"].username},
        "nobody": {"who": "no-such-person"},
        "lock-outs": {"action": AuditEntry.Action.LOCKED_OUT.value},
        "of templates": {"type": kind},
        "an object": {"type": kind, "object": "4711"},
        "an address": {"address": "203.0.113.77"},
        "words": {"words": "page"},
        "no such words": {**month, "words": "no such words"},
        "an old page": {"cursor": f"-{oldest.pk + 300}"},
    }
    for name, query in filters.items():
        yield from at(name, page, query=query)
    yield from at(
        "an entry", "settings_audit_entry" if page == "settings_audit" else "audit_entry", newest.pk
    )
