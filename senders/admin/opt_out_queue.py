"""Staff: the 080 lines that wait to be opened, and the calls that belong to no line."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from console.formatting import group_number
from console.pages import page_url, paginate, register_page
from senders.admin.opt_out_lines import expected_days
from senders.admin.review import ReviewerPage
from senders.models import OptOutLine
from senders.services import opt_out_calls, opt_out_lines
from senders.services.errors import WHOLE, Refused, Sentence

MOST_DIGITS = 18  # of an id in a form


@register_page
class OptOutLinesQueuePage(ReviewerPage):
    """What waits, oldest first, each with the fields to open or to reject it."""

    path = "review/080/"
    name = "senders_opt_out_lines_queue"
    title = _("080 lines to open")
    template_name = "senders/opt_out_lines_queue.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        wrong = kwargs.pop("wrong", None)
        lines = list(opt_out_lines.waiting_lines(self.user)[: opt_out_lines.QUEUE_LIMIT])
        calls = paginate(opt_out_calls.stray_calls(self.user), cursor=self.request.GET.get("cursor", ""))
        own = {
            "rows": [self._row(line, wrong) for line in lines],
            "count": len(lines),
            "is_cut": len(lines) == opt_out_lines.QUEUE_LIMIT,
            "now": timezone.now(),
            "calls": calls,
        }
        return {**super().get_context_data(**kwargs), **own}

    def _row(self, line: OptOutLine, wrong: tuple[int, dict[str, Sentence]] | None) -> dict[str, Any]:
        days = expected_days(line)
        is_wrong = wrong is not None and wrong[0] == line.pk
        return {
            "line": line,
            "days": days,
            "is_late": days is not None and timezone.localdate() > days[1],
            "problems": wrong[1] if wrong is not None and is_wrong else {},
            "number": self.request.POST.get("number", "") if is_wrong else "",
            "reason": self.request.POST.get("reason", "") if is_wrong else "",
        }

    def post(self, request: HttpRequest) -> HttpResponse:
        if request.POST.get("action") == "settle":
            return self._settle(request)
        line = self._line(request.POST.get("line", ""))
        try:
            self._decide(request, line)
        except Refused as refused:
            return self._refused(request, line, refused)
        return redirect(page_url(self.name))

    def _line(self, written: str) -> OptOutLine:
        """The line of the form, where this person may decide on it; a 404 otherwise."""
        pk = int(written) if written.isdecimal() and len(written) <= MOST_DIGITS else 0
        rows = OptOutLine.objects.select_related("project__organization", "applied_by")
        line = rows.filter(pk=pk).first()
        if line is None or not opt_out_lines.may_decide(user=self.user, line=line):
            raise Http404
        return line

    def _decide(self, request: HttpRequest, line: OptOutLine) -> None:
        if request.POST.get("action") == "reject":
            reason = request.POST.get("reason", "")
            line = opt_out_lines.reject_line(line=line, reviewer=self.user, reason=reason)
            said = _("“%(name)s” of %(project)s is rejected. The result is mailed.")
        else:
            number = request.POST.get("number", "")
            line = opt_out_lines.open_line(line=line, reviewer=self.user, number=number)
            said = _("%(number)s is open for “%(name)s” of %(project)s. The result is mailed.")
        words = {"name": line.business_name, "project": line.project, "number": line}
        messages.success(request, said % words)

    def _refused(self, request: HttpRequest, line: OptOutLine, refused: Refused) -> HttpResponse:
        """Again with what was typed, beside the line; where that waits no more, only what had happened."""
        if WHOLE in refused.problems:
            messages.error(request, str(refused))
            return redirect(page_url(self.name))
        context = self.get_context_data(wrong=(line.pk, refused.problems))
        return self.render_to_response(context, status=422)

    def _settle(self, request: HttpRequest) -> HttpResponse:
        chosen = [pk for pk in request.POST.getlist("call") if pk.isdecimal() and len(pk) <= MOST_DIGITS]
        count = opt_out_calls.settle_calls(ids=[int(pk) for pk in chosen], user=self.user)
        said = ngettext("%(n)s call is noted as settled.", "%(n)s calls are noted as settled.", count)
        messages.success(request, said % {"n": group_number(count)})
        return redirect(page_url(self.name))
