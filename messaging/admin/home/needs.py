"""What of sending needs a person: carriers, processes, outcomes that nobody knows, keys that nobody uses."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from urllib.parse import urlencode, urlsplit

from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.accounts.models import AccessKey, Project
from console.accounts.roles import Permission
from console.accounts.scoping import Scope
from console.formatting import group_number
from console.guard import is_cleared
from console.navigation import address_of
from console.panels import Need
from messaging.admin.home.health import WORK
from messaging.admin.home.today import a_day_ago
from messaging.health.readings import Wellness, has_beat, read_carriers, read_processes, read_queues
from messaging.models import Webhook, WebhookDrop
from messaging.states import Counter, WebhookState
from messaging.statistics.hours import read_hours

KEY_UNUSED, KEY_OLD = timedelta(days=90), timedelta(days=365)
FAILING_LONG = timedelta(minutes=10)
SHOWN_WEBHOOKS = 3
HEALTH = "#part-health"


def needs_of(scope: Scope) -> list[Need]:
    """What waits for this person."""
    now = timezone.now()
    needs = list(_platform(now)) if scope.allows(Permission.ADMINISTER) else []
    if scope.project is None or not is_cleared(scope):
        return needs
    project = scope.project
    of_project = (_carriers(project), _webhooks(scope, now), needs, _unknown(scope, project, now))
    return [*chain.from_iterable(of_project), *_keys(scope, now)]


def _carriers(project: Project) -> Iterator[Need]:
    """The project's own way out, for everybody: nothing goes until it is well."""
    for each in read_carriers(project_id=project.pk):
        if each.wellness == Wellness.DOWN:
            sentence = _("The carrier cannot be reached: what is due waits, and goes by itself later.")
            yield Need(sentence, HEALTH, _("See"), "red")
        elif each.wellness == Wellness.PAUSED:
            sentence = _("The carrier is paused: what is due waits until an administrator lets it go on.")
            yield Need(sentence, HEALTH, _("See"))


def _platform(now: datetime) -> Iterator[Need]:
    processes = read_processes(now)
    if not has_beat(processes):
        yield Need(_("Beat is not seen: nothing that is due starts by itself."), HEALTH, _("See"), "red")
    for each in read_queues(processes, now):
        if each.wellness == Wellness.GONE:
            sentence = _("No worker takes from “%(work)s”: it waits.") % {"work": WORK[each.queue]}
            yield Need(sentence, HEALTH, _("See"), "red")
    for carrier in read_carriers():
        if carrier.wellness == Wellness.DOWN:
            sentence = _("The carrier account “%(name)s” cannot be reached.") % {"name": carrier.account.name}
            yield Need(sentence, address_of("admin:carriers") or HEALTH, _("See"), "red")


def _unknown(scope: Scope, project: Project, now: datetime) -> Iterator[Need]:
    if not scope.allows(Permission.SEND):
        return
    since = a_day_ago(now)
    hours = read_hours(project, since=since, now=now)
    count = sum(n for n in hours.codes(since, frozenset({Counter.UNKNOWN})).values() if n > 0)
    if not count:
        return
    sentence = ngettext(
        "Of %(n)s message of the last 24 hours nobody knows whether it arrived.",
        "Of %(n)s messages of the last 24 hours nobody knows whether they arrived.",
        count,
    )
    asked = {"result": "UNKNOWN", "since": f"{timezone.localdate(since) - timedelta(days=5)}"}
    asked["until"] = f"{timezone.localdate(now)}"
    url = f"{address_of('admin:deliveries_requests')}?{urlencode(asked)}"
    yield Need(sentence % {"n": group_number(count)}, url, _("Look"))


def _webhooks(scope: Scope, now: datetime) -> Iterator[Need]:
    url = address_of("admin:settings_webhooks")
    if not url or not scope.allows(Permission.MANAGE_PROJECT):
        return
    failing = Q(state=WebhookState.ACTIVE, failing_since__lt=now - FAILING_LONG)
    found = Webhook.objects.filter(Q(state=WebhookState.DISABLED) | failing, project=scope.project)
    for state, address in found.order_by("pk").values_list("state", "url")[:SHOWN_WEBHOOKS]:
        is_off = state == WebhookState.DISABLED
        sentence = (
            _("The webhook %(host)s was switched off after its failures: what happens waits for it.")
            if is_off
            else _("The webhook %(host)s does not answer as it should; it is tried again and again.")
        )
        host = urlsplit(address).hostname or ""
        yield Need(sentence % {"host": host}, url, _("See"), "red" if is_off else "amber")
    yield from _dropped(scope, url)


def _dropped(scope: Scope, url: str) -> Iterator[Need]:
    """What webhooks were never told, until somebody notes that they saw it."""
    unseen = WebhookDrop.objects.filter(webhook__project=scope.project, seen_at=None)
    found = unseen.values_list("webhook__url").annotate(n=Sum("hooks")).order_by("webhook")
    for address, n in found[:SHOWN_WEBHOOKS]:
        sentence = ngettext(
            "The webhook %(host)s was never told of %(n)s thing that happened.",
            "The webhook %(host)s was never told of %(n)s things that happened.",
            n,
        )
        said = sentence % {"host": urlsplit(address).hostname or "", "n": group_number(n)}
        yield Need(said, url, _("See"))


def _keys(scope: Scope, now: datetime) -> Iterator[Need]:
    url = address_of("admin:accounts_accesskey_changelist")
    if not url or not scope.allows(Permission.MANAGE_PROJECT):
        return
    keys = AccessKey.objects.filter(project=scope.project, revoked_at=None)
    never = Q(last_used_at=None, created_at__lt=now - KEY_UNUSED)
    unused = keys.filter(never | Q(last_used_at__lt=now - KEY_UNUSED))
    old = keys.filter(created_at__lt=now - KEY_OLD)
    if name := unused.values_list("name", flat=True).first():
        sentence = _("The API key “%(name)s” was not used for 90 days: revoke it if nobody needs it.")
        yield Need(sentence % {"name": name}, url, _("See"))
    elif name := old.values_list("name", flat=True).first():
        sentence = _("The API key “%(name)s” is older than a year: make a new one and revoke it.")
        yield Need(sentence % {"name": name}, url, _("See"))
