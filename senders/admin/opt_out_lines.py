"""The project's 080 lines: applying for one, what became of it, and canceling it."""

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
from console.formatting import group_phone_number
from console.guard import person_of
from console.navigation import address_of
from console.pages import ConsolePage, page_url, paginate, register_page
from senders.business_days import opening_days
from senders.models import OptOutLine
from senders.models.opt_out import MAX_BUSINESS_NAME
from senders.services import opt_out_lines
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
    """Giving a line up: what happens is said first, with the sends that will fail; then it is done."""

    path = "senders/080/<int:pk>/cancel/"
    name = "senders_opt_out_line_cancel"
    title = _("Cancel an 080 line")
    permission = Permission.MANAGE_SENDERS
    template_name = "senders/opt_out_line_cancel.html"

    @cached_property
    def line(self) -> OptOutLine:
        return get_object_or_404(OptOutLine, project=self.project, pk=self.kwargs["pk"])

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("080 lines"), page_url("senders_opt_out_lines"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_open = LINE.allows(self.line.state, LineState.CANCELED)
        own = {
            "is_open": is_open,
            "sentence": self._sentence(is_open=is_open),
            "uses": opt_out_lines.uses_of(self.line) if is_open else [],
            "back": page_url("senders_opt_out_lines"),
            "line": self.line,
        }
        return {**super().get_context_data(**kwargs), **own}

    def _sentence(self, *, is_open: bool) -> Any:
        words = {"line": self.line, "project": self.project}
        if is_open:
            return (
                _(
                    "%(line)s of %(project)s is given up at once. Advertising that names it fails from then"
                    " on, and a new number takes 3 to 4 business days. Whoever refused stays on the list of"
                    " opt-outs."
                )
                % words
            )
        if self.line.state == LineState.SCHEDULED:
            return _("A line cannot be canceled while its registration is scheduled.")
        return _("“%(line)s” is not in service, so there is nothing to cancel.") % words

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            opt_out_lines.cancel_line(line=self.line, user=person_of(request))
            said = _("The 080 line %(number)s is canceled.")
            messages.success(request, said % {"number": group_phone_number(self.line.number)})
        except Refused as refused:
            messages.error(request, str(refused))
        return redirect(page_url("senders_opt_out_lines"))
