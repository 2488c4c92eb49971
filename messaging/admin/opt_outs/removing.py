"""Removing opt-outs: what it means is said first, and a reason is asked for."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from console.accounts.audit import record_deed
from console.accounts.roles import Permission
from console.formatting import group_number
from console.guard import person_of
from console.pages import ConsolePage, page_url, register_page
from messaging.deeds import OPT_OUTS_REMOVED
from senders.models import OptOut
from senders.services.errors import WHOLE, Refused
from senders.services.opt_outs import MAX_REASON, remove_opt_outs

MOST_AT_ONCE = 100
MOST_DIGITS = 18  # of an id in a form


def _moment(written: str) -> datetime | None:
    """A moment as the form has it; None where it is none."""
    try:
        moment = parse_datetime(written)
    except ValueError:
        return None
    return moment if moment is not None and is_aware(moment) else None


@register_page
class OptOutRemovePage(ConsolePage):
    """The chosen ones with a field for the reason; a second POST with it removes them.

    It tells the last refusal of each that was shown, so that nobody removes one that they did not see.
    """

    path = "audience/opt-outs/remove/"
    name = "audience_opt_outs_remove"
    title = _("Remove opt-outs")
    permission = Permission.MANAGE_SENDERS
    template_name = "messaging/opt_outs/remove.html"

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("Opt-outs"), page_url("audience_opt_outs"))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect(page_url("audience_opt_outs"))

    def chosen(self) -> list[OptOut]:
        """The project's ones in force among those that the form names."""
        written = self.request.POST.getlist("opt_out")[:MOST_AT_ONCE]
        ids = [int(pk) for pk in written if pk.isdecimal() and len(pk) <= MOST_DIGITS]
        rows = OptOut.objects.filter(project=self.project, pk__in=ids, removed_at__isnull=True)
        return list(rows.order_by("-created_at", "-pk"))

    def post(self, request: HttpRequest) -> HttpResponse:
        rows = self.chosen()
        if not rows:
            messages.error(request, _("Choose the numbers first: none of those chosen is in force any more."))
            return redirect(page_url("audience_opt_outs"))
        if request.POST.get("action") != "remove":
            return self.render_to_response(self.get_context_data(rows=rows))
        reason, ids = request.POST.get("reason", ""), [row.pk for row in rows]
        try:
            removed = self.remove(ids, reason)
        except Refused as refused:
            problem = refused.problems.get("reason") or refused.problems[WHOLE]
            context = self.get_context_data(rows=rows, problem=problem, reason=reason)
            return self.render_to_response(context, status=422)
        self._say(request, removed, stayed=len(self.chosen()))
        return redirect(page_url("audience_opt_outs"))

    def remove(self, ids: list[int], reason: str) -> int:
        """Remove them and keep in the audit trail who did; how many went. Raises Refused."""
        person = person_of(self.request)
        with transaction.atomic():
            removed = remove_opt_outs(
                project=self.project, ids=ids, user=person, reason=reason, seen_at=self.seen(ids)
            )
            if removed:
                what = OPT_OUTS_REMOVED(n=removed, reason=reason.strip())
                record_deed(actor=person, obj=self.project, project=self.project, what=what, deletes=True)
        return removed

    def seen(self, ids: list[int]) -> dict[int, datetime]:
        """By id, the last refusal that the page had shown; none where the form does not say it rightly."""
        written = {pk: self.request.POST.get(f"seen-{pk}", "") for pk in ids}
        return {pk: moment for pk, at in written.items() if (moment := _moment(at)) is not None}

    def _say(self, request: HttpRequest, removed: int, stayed: int) -> None:
        if removed or not stayed:
            said = ngettext("%(n)s number is removed.", "%(n)s numbers are removed.", removed)
            messages.success(request, said % {"n": group_number(removed)})
        if stayed:
            said = ngettext(
                "%(n)s number stays: it refused again after the page was opened.",
                "%(n)s numbers stay: they refused again after the page was opened.",
                stayed,
            )
            messages.warning(request, said % {"n": group_number(stayed)})

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = kwargs["rows"]
        sentence = ngettext(
            "%(n)s number will get the advertising of %(project)s again. Remove a refusal only where its"
            " owner agreed anew: it stays on record who removed it, when, and why.",
            "%(n)s numbers will get the advertising of %(project)s again. Remove refusals only where their"
            " owners agreed anew: it stays on record who removed them, when, and why.",
            len(rows),
        )
        own = {
            "sentence": sentence % {"n": group_number(len(rows)), "project": self.project},
            "max_reason": MAX_REASON,
        }
        return super().get_context_data(**own, **kwargs)
