"""The home page: what needs a person first, then the first five minutes, then what each part reports.

The parts offer functions, named here by dotted path as the menu names URL names. The page looks again by
itself: for what moves every few seconds, for the whole of it now and then. Each part is drawn with a digest,
so that the page exchanges only those that changed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from console.accounts.models import User
from console.accounts.roles import Permission
from console.accounts.scoping import Scope, scope_for
from console.guard import is_cleared, lacks_second_factor, scope_of
from console.navigation import address_of
from console.panels import Need, Panel


@dataclass(frozen=True)
class Step:
    """A step of the first five minutes. `done` is the dotted path of a function `(scope) -> bool`."""

    title: Any
    url_name: str
    permission: Permission
    done: str


@dataclass(frozen=True)
class ShownStep:
    title: Any
    url: str
    is_done: bool


@dataclass(frozen=True)
class Part:
    """A part of the page as it is drawn, with a digest of that; nothing is shown where it is empty."""

    key: str
    html: str
    digest: str
    is_plain: bool = False
    is_wide: bool = False


# Functions `(scope) -> list[Need]`, most pressing first within a colour. The console's own first, then those
# of the parts that offer some.
NEEDS: tuple[str, ...] = (
    "console.overview.needs_of",
    "senders.admin.needs.needs_of",
    "messaging.admin.international.needs.needs_of",
    "messaging.admin.home.needs.needs_of",
    "messaging.admin.home.schedules.needs_of",
    "messaging.admin.history.needs.needs_of",
)
# Functions `(scope, whole) -> list[Panel]`; not of the `whole` page: only what changes by itself in seconds.
PLATFORM_PANELS: tuple[str, ...] = ("messaging.admin.home.platform.panels",)
PANELS: tuple[str, ...] = ("messaging.admin.home.panels.panels",)
PRESSING = {"red": 0, "amber": 1}
STEPS: tuple[Step, ...] = (
    Step(
        _("Register a sender number, with its documents"),
        "admin:senders_numbers",
        Permission.MANAGE_SENDERS,
        "console.overview.has_sender",
    ),
    Step(
        _("Review a number that waits"),
        "admin:senders_review_queue",
        Permission.REVIEW,
        "console.overview.has_reviewed",
    ),
    Step(
        _("Open an 080 line that was applied for"),
        "admin:senders_opt_out_lines_queue",
        Permission.REVIEW,
        "console.overview.has_opened_a_line",
    ),
    Step(
        _("Send a message to one phone"),
        "admin:send_general",
        Permission.SEND,
        "console.overview.has_sent_one",
    ),
    Step(
        _("Check the request that is held, and send it"),
        "admin:deliveries_mass",
        Permission.SEND,
        "console.overview.has_released",
    ),
    Step(
        _("Keep a text that you send often as a template"),
        "admin:templates",
        Permission.SEND,
        "console.overview.has_kept_a_template",
    ),
    Step(
        _("Send a file to many, each with their own words"),
        "admin:send_mass",
        Permission.SEND,
        "console.overview.has_sent_a_file",
    ),
    Step(
        _("Upload UIDs with their phone numbers"),
        "admin:audience_uids",
        Permission.SEND,
        "console.overview.has_uploaded_uids",
    ),
    Step(
        _("Send to everybody who has a tag"),
        "admin:send_tag",
        Permission.SEND,
        "console.overview.has_sent_to_a_tag",
    ),
    Step(
        _("Send with an event key, and read what became of it in the statistics"),
        "admin:statistics",
        Permission.SEND,
        "console.overview.has_sent_with_a_key",
    ),
    Step(
        _("Invite somebody to the project"),
        "admin:invite_member",
        Permission.MANAGE_PROJECT,
        "console.overview.has_invited",
    ),
    Step(
        _("Have your programs told of results by a webhook"),
        "admin:settings_webhooks",
        Permission.MANAGE_PROJECT,
        "console.overview.has_webhook",
    ),
    Step(
        _("Protect your sign-in with a second factor"),
        "admin:second_factor",
        Permission.LOOK_UP,
        "console.overview.has_second_factor",
    ),
)


def context_for(request: HttpRequest) -> dict[str, Any]:
    """What the dashboard's template draws."""
    scope = scope_of(request)
    return {
        "title": _("Dashboard"),
        "steps": steps_for(scope),
        "parts": parts_for(request, scope, whole=True),
        "looked_at": timezone.now(),
    }


def live_context_for(request: HttpRequest) -> dict[str, Any]:
    """The parts that the open page exchanges, of the project that it shows: another tab may have switched."""
    scope = scope_of(request)
    opened_in = request.headers.get("X-Bongsu-Project", "")
    if scope.project is not None and opened_in not in ("", str(scope.project.pk)):
        own = [row.project_id for row in scope.memberships if str(row.project_id) == opened_in]
        if not own or lacks_second_factor(scope := scope_for(scope.user, own[0])):
            return {"parts": []}
    whole = request.GET.get("parts") == "all"
    return {"parts": parts_for(request, scope, whole=whole), "looked_at": timezone.now(), "is_live": True}


def parts_for(request: HttpRequest, scope: Scope, *, whole: bool) -> list[Part]:
    """The parts of the page as they are drawn. A member who is not verified sees only what to do about it."""
    needs = [_part_of_needs(request, needs_for(scope))] if whole else []
    return [*needs, *(_part(request, panel) for panel in panels_for(scope, whole=whole))]


def needs_for(scope: Scope) -> list[Need]:
    """What waits for this person: red first, then in the order of the parts that say it."""
    needs: list[Need] = [need for name in NEEDS for need in _call(name, scope)]
    return sorted(needs, key=lambda need: PRESSING.get(need.colour, len(PRESSING)))


def panels_for(scope: Scope, *, whole: bool) -> list[Panel]:
    """What the parts of the console report to this person."""
    is_open = scope.project is not None and is_cleared(scope)
    names = (*PLATFORM_PANELS, *(PANELS if is_open else ()))
    return [panel for name in names for panel in _call(name, scope, whole)]


def _part_of_needs(request: HttpRequest, needs: list[Need]) -> Part:
    html = render_to_string("console/partials/needs.html", {"needs": needs}, request) if needs else ""
    return Part("needs", html, _digest(html))


def _part(request: HttpRequest, panel: Panel) -> Part:
    context = {"title": panel.title, "template": panel.template, "panel": panel.context, "part": panel}
    html = "" if panel.is_empty else render_to_string("console/partials/panel.html", context, request)
    return Part(panel.key, html, _digest(html), panel.is_plain, panel.is_wide)


def _digest(html: str) -> str:
    return blake2b(html.encode(), digest_size=8).hexdigest()


def steps_for(scope: Scope) -> list[ShownStep]:
    """The first five minutes, unless closed, without the steps that are not there, or not for this person."""
    if isinstance(scope.user, User) and scope.user.first_steps_closed:
        return []
    shown = ((step, address_of(step.url_name)) for step in STEPS if scope.allows(step.permission))
    return [ShownStep(step.title, url, bool(_call(step.done, scope))) for step, url in shown if url]


def _call(name: str, *args: Any) -> Any:
    function: Callable[..., Any] = import_string(name)
    return function(*args)
