"""The project's 080 lines: applying for one, what became of it, and giving it up."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project
from console.accounts.roles import Permission
from console.formatting import group_phone_number, minute
from console.guard import person_of
from console.navigation import address_of
from console.pages import ConsolePage, page_url, paginate, register_page
from senders.business_days import opening_days, purge_moment
from senders.models import OptOutLine
from senders.models.opt_out import MAX_BUSINESS_NAME
from senders.services import line_stopping, opt_out_lines
from senders.services.errors import WHOLE, Refused
from senders.states import LINE, LineState


def expected_days(line: OptOutLine) -> tuple[Any, Any] | None:
    """The first and the last day on which a scheduled line is expected to open; None for any other."""
    if line.state != LineState.SCHEDULED:
        return None
    return opening_days(timezone.localdate(line.applied_at))


@register_page
class OptOutLinesPage(ConsolePage):
    """Every line of the project, newest first, above the form that applies for another."""

    path = "senders/080/"
    name = "senders_opt_out_lines"
    title = _("080 lines")
    permission = Permission.LOOK_UP
    template_name = "senders/opt_out_lines.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = paginate(
            opt_out_lines.lines_of(self.project),
            cursor=self.request.GET.get("cursor", ""),
        )
        own = {
            "page": page,
            "rows": [{"line": line, "days": expected_days(line)} for line in page.rows],
            "may_manage": self.scope.allows(Permission.MANAGE_SENDERS),
            "most": MAX_BUSINESS_NAME,
            "opt_outs_url": address_of("admin:audience_opt_outs"),
            "problems": kwargs.pop("problems", {}),
            "typed": kwargs.pop("typed", ""),
            "days": opening_days(timezone.localdate()),
        }
        return {**super().get_context_data(**kwargs), **own}

    def post(self, request: HttpRequest) -> HttpResponse:
        if not self.scope.allows(Permission.MANAGE_SENDERS):
            raise PermissionDenied
        typed = request.POST.get("business_name", "")
        try:
            self._apply(self.project, typed)
        except Refused as refused:
            problems = {("whole" if name == WHOLE else name): said for name, said in refused.problems.items()}
            return self.render_to_response(self.get_context_data(problems=problems, typed=typed), status=422)
        messages.success(request, _("Applied for. The registration is scheduled; we mail you the result."))
        return redirect(page_url(self.name))

    def _apply(self, project: Project, business_name: str) -> None:
        user = person_of(self.request)
        opt_out_lines.apply_for_line(project=project, user=user, business_name=business_name)


@register_page
class OptOutLineCancelPage(ConsolePage):
    """Giving a line up: what happens is said first; then it is done.

    An application is taken back with a press. A line in service stops for good: the sends that will fail and
    the opt-outs that will be deleted are said, and its number is typed.
    """

    path = "senders/080/<int:pk>/cancel/"
    name = "senders_opt_out_line_cancel"
    permission = Permission.MANAGE_SENDERS
    template_name = "senders/opt_out_line_cancel.html"

    @cached_property
    def line(self) -> OptOutLine:
        return get_object_or_404(OptOutLine, project=self.project, pk=self.kwargs["pk"])

    def get_title(self) -> Any:
        is_open = self.line.state == LineState.OPEN
        return _("Stop an 080 line") if is_open else _("Cancel an application for an 080 line")

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("080 lines"), page_url("senders_opt_out_lines"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_open = LINE.allows(self.line.state, LineState.STOPPED)
        own = {
            "is_open": is_open,
            "is_waiting": LINE.allows(self.line.state, LineState.CANCELED),
            "sentence": self._sentence(),
            "uses": opt_out_lines.uses_of(self.line) if is_open else [],
            "count": line_stopping.numbers_of(self.line).count() if is_open else 0,
            "purge_at": purge_moment(timezone.localtime()),
            "problem": kwargs.pop("problem", ""),
            "typed": self.request.POST.get("typed", ""),
            "back": page_url("senders_opt_out_lines"),
            "line": self.line,
        }
        return {**super().get_context_data(**kwargs), **own}

    def _sentence(self) -> Any:
        words = {"line": self.line, "project": self.project}
        if self.line.state == LineState.OPEN:
            return (
                _(
                    "%(line)s of %(project)s is stopped at once and for good: nothing brings it back."
                    " Advertising that names it fails from then on, and a new number takes 3 to 4 business"
                    " days."
                )
                % words
            )
        if self.line.state == LineState.SCHEDULED:
            return (
                _(
                    "The application for “%(line)s” of %(project)s is taken back at once. It costs nothing,"
                    " and you may apply again at any time."
                )
                % words
            )
        return _("“%(line)s” is not in service, so there is nothing to cancel.") % words

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            self._give_up(request)
        except Refused as refused:
            if "typed" in refused.problems:
                context = self.get_context_data(problem=refused.problems["typed"])
                return self.render_to_response(context, status=422)
            messages.error(request, str(refused))
        return redirect(page_url("senders_opt_out_lines"))

    def _give_up(self, request: HttpRequest) -> None:
        user = person_of(request)
        if "typed" not in request.POST:
            opt_out_lines.cancel_line(line=self.line, user=user)
            messages.success(request, _("The application is canceled. It cost nothing."))
            return
        line = line_stopping.stop_line(line=self.line, user=user, typed=request.POST["typed"][:40])
        said = _("The 080 line %(number)s is stopped. Its opt-outs are deleted from %(day)s on.")
        words = {
            "number": group_phone_number(line.number),
            "day": minute(line.purge_at) if line.purge_at else "",
        }
        messages.success(request, said % words)
