"""What of sending abroad waits for a person, for the dashboard."""

from collections.abc import Iterator

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.accounts.models import Project
from console.accounts.roles import Permission
from console.accounts.scoping import Scope
from console.formatting import group_number
from console.guard import is_cleared
from console.pages import page_url
from console.panels import Need
from messaging.admin.international.shown import usage_of
from messaging.models import CountryBlock
from messaging.policies.international import TOLD_AT
from messaging.sending.international import settings_of
from messaging.sending.international_rules import named
from messaging.sending.limit_requests import open_request, waiting_requests_count


def needs_of(scope: Scope) -> list[Need]:
    """For staff, requests to decide; for managers, blocked countries and a month that is nearly used up."""
    found = list(_waiting(scope))
    project = scope.project
    if project is not None and scope.allows(Permission.MANAGE_PROJECT) and is_cleared(scope):
        found += [*_blocked(project), *_limit(project)]
    return found


def _waiting(scope: Scope) -> Iterator[Need]:
    if count := waiting_requests_count(scope):
        sentence = ngettext(
            "%d project asks for a higher limit abroad.", "%d projects ask for a higher limit abroad.", count
        )
        yield Need(sentence % count, page_url("limit_requests"), _("Decide"))


def _blocked(project: Project) -> Iterator[Need]:
    codes = list(_blocks(project).values_list("country_code", flat=True))
    if codes:
        sentence = _("Blocked by the conversion rate: %(countries)s.") % {"countries": named(codes)}
        yield Need(sentence, page_url("settings_international"), _("See why"), "red")


def _blocks(project: Project) -> QuerySet[CountryBlock]:
    return CountryBlock.objects.filter(project=project, lifted_at=None).order_by("-blocked_at")


def _limit(project: Project) -> Iterator[Need]:
    settings = settings_of(project.pk)
    usage = usage_of(settings, timezone.now())
    if not settings.is_on or usage.percent < TOLD_AT[0]:
        return
    words = {"sent": group_number(usage.sent), "limit": group_number(usage.limit)}
    asked = open_request(project)
    if not usage.left:
        sentence = _("The month's %(limit)s messages to other countries are used up: more of them fail.")
    else:
        sentence = _("%(sent)s of the month's %(limit)s messages to other countries are used.")
    action = _("See the limit") if asked is None else _("See your request")
    page = "settings_international" if asked is None else "settings_international_limit"
    yield Need(sentence % words, page_url(page), action, "amber" if usage.left else "red")
