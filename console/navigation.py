"""The menu as data. It names URL names and never imports views.

An item whose page is not there yet is not shown, nor is one that the person may not open.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from console.accounts.roles import Permission
from console.accounts.scoping import Scope

BADGE_SECONDS = 120


@dataclass(frozen=True)
class Item:
    """A line of the menu. `badge` is the dotted path of a function `(scope) -> int`; zero shows nothing."""

    title: Any
    icon: str
    url_name: str
    permission: Permission = Permission.LOOK_UP
    badge: str = ""


@dataclass(frozen=True)
class Group:
    title: Any
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Link:
    """An item as the menu shows it to one person. `badge` is the last count known, or None."""

    title: Any
    icon: str
    url: str
    is_current: bool
    key: str
    badge: int | None


MENU: tuple[Group, ...] = (
    Group("", (Item(_("Dashboard"), "space_dashboard", "admin:index"),)),
    Group(
        _("Send"),
        (
            Item(_("General"), "send", "admin:send_general", Permission.SEND),
            Item(_("Mass"), "upload_file", "admin:send_mass", Permission.SEND),
            Item(_("Tag"), "sell", "admin:send_tag", Permission.SEND),
        ),
    ),
    Group(
        _("Deliveries"),
        (
            Item(_("Requests"), "list_alt", "admin:deliveries_requests"),
            Item(_("Scheduled"), "schedule", "admin:deliveries_scheduled"),
            Item(
                _("Mass"), "dynamic_feed", "admin:deliveries_mass", badge="console.overview.running_and_held"
            ),
            Item(_("Tagged"), "sell", "admin:deliveries_tagged"),
            Item(_("Recurring"), "event_repeat", "admin:deliveries_recurring"),
            Item(_("Handsets"), "smartphone", "admin:handsets", Permission.READ_PERSONAL_DATA),
        ),
    ),
    Group(_("Content"), (Item(_("Templates"), "article", "admin:templates"),)),
    Group(
        _("Audience"),
        (
            Item(_("UIDs"), "group", "admin:audience_uids"),
            Item(_("Tags"), "label", "admin:audience_tags"),
            Item(_("Opt-outs"), "do_not_disturb_on", "admin:audience_opt_outs"),
        ),
    ),
    Group(
        _("Senders"),
        (
            Item(_("Identity"), "badge", "admin:senders_identity"),
            Item(_("Numbers"), "call", "admin:senders_numbers", badge="senders.admin.badges.needs_you"),
            Item(_("080 line"), "phone_disabled", "admin:senders_opt_out_lines"),
        ),
    ),
    Group(
        _("Statistics"),
        (
            Item(_("Charts"), "bar_chart", "admin:statistics"),
            Item(_("Event keys"), "key_visualizer", "admin:statistics_keys"),
        ),
    ),
    Group(
        _("Settings"),
        (
            Item(_("International"), "public", "admin:settings_international", Permission.MANAGE_PROJECT),
            Item(_("Characters"), "match_case", "admin:settings_characters", Permission.MANAGE_PROJECT),
            Item(_("Duplicates"), "content_copy", "admin:settings_duplicates", Permission.MANAGE_PROJECT),
            Item(_("Advertising hours"), "bedtime", "admin:settings_hours", Permission.MANAGE_PROJECT),
            Item(_("Backup"), "archive", "admin:settings_backup", Permission.MANAGE_PROJECT),
            Item(_("Retention"), "auto_delete", "admin:settings_retention", Permission.MANAGE_PROJECT),
            Item(_("Webhooks"), "webhook", "admin:settings_webhooks", Permission.MANAGE_PROJECT),
            Item(
                _("Members"), "group_add", "admin:accounts_membership_changelist", Permission.MANAGE_PROJECT
            ),
            Item(_("Security"), "shield_lock", "admin:settings_security", Permission.MANAGE_PROJECT),
            Item(_("API keys"), "key", "admin:accounts_accesskey_changelist", Permission.MANAGE_PROJECT),
            Item(_("SMS service"), "power_settings_new", "admin:settings_service", Permission.MANAGE_PROJECT),
            Item(_("Audit trail"), "policy", "admin:settings_audit", Permission.MANAGE_PROJECT),
        ),
    ),
    Group(
        _("Platform"),
        (
            Item(
                _("Review queue"),
                "fact_check",
                "admin:senders_review_queue",
                Permission.REVIEW,
                badge="senders.admin.badges.waiting_for_review",
            ),
            Item(
                _("080 lines"),
                "phone_disabled",
                "admin:senders_opt_out_lines_queue",
                Permission.REVIEW,
                badge="senders.admin.badges.lines_to_open",
            ),
            Item(
                _("Limits asked for"),
                "speed",
                "admin:limit_requests",
                Permission.REVIEW,
                badge="messaging.admin.international.badges.requests_to_decide",
            ),
            Item(
                _("Organizations"),
                "apartment",
                "admin:accounts_organization_changelist",
                Permission.ADMINISTER,
            ),
            Item(_("Projects"), "folder", "admin:accounts_project_changelist", Permission.ADMINISTER),
            Item(_("People"), "person", "admin:accounts_user_changelist", Permission.ADMINISTER),
            Item(_("Carriers"), "cell_tower", "admin:carriers", Permission.ADMINISTER),
            Item(_("Networks of webhooks"), "lan", "admin:webhook_networks", Permission.ADMINISTER),
            Item(_("Audit"), "policy", "admin:audit", Permission.ADMINISTER),
        ),
    ),
)


def menu_for(request: HttpRequest, scope: Scope) -> list[tuple[Any, list[Link]]]:
    """The groups and links that this person sees, with the current page marked. Asks the database nothing."""
    shown = [(group, _links(group, scope)) for group in MENU]
    current = _current([url for _group, links in shown for _item, url in links], request.path)
    return [
        (group.title, [_link(item, url, url == current, scope) for item, url in links])
        for group, links in shown
        if links
    ]


def badges_for(scope: Scope) -> dict[str, int]:
    """The count of every badge that this person sees, by the key of its item, fresh from the database."""
    items = [item for group in MENU for item, _url in _links(group, scope) if item.badge]
    counts = {item.url_name: _count(item, scope) for item in items}
    for key, count in counts.items():
        cache.set(_cache_key(key, scope), count, BADGE_SECONDS)
    return {key_of(name): count for name, count in counts.items()}


def key_of(url_name: str) -> str:
    """An item's key in the page, safe as an element's id."""
    return url_name.replace(":", "-")


def address_of(url_name: str) -> str:
    """The page's address, or "" where no such page is mounted."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def _links(group: Group, scope: Scope) -> list[tuple[Item, str]]:
    addresses = ((item, address_of(item.url_name)) for item in group.items)
    return [(item, url) for item, url in addresses if url and _may_open(item, scope)]


def _may_open(item: Item, scope: Scope) -> bool:
    return item.url_name == "admin:index" or scope.allows(item.permission)


def _link(item: Item, url: str, is_current: bool, scope: Scope) -> Link:
    known = cache.get(_cache_key(item.url_name, scope)) if item.badge else None
    return Link(item.title, item.icon, url, is_current, key_of(item.url_name), known)


def _current(urls: list[str], path: str) -> str:
    """The longest address of the menu that the page lies under; the dashboard only when it is the page."""
    home = reverse("admin:index")
    return max(
        (url for url in urls if url == path or (url != home and path.startswith(url))), key=len, default=""
    )


def _count(item: Item, scope: Scope) -> int:
    function: Callable[[Scope], int] = import_string(item.badge)
    return function(scope)


def _cache_key(url_name: str, scope: Scope) -> str:
    return f"badge:{key_of(url_name)}:{scope.project.pk if scope.project else 0}"
