"""Evidence that the regulator asks for: staff ask for it, the project hands it in. (It is decided as every
submission is, on the page of the review.)
"""

from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from console.accounts.roles import Permission
from console.formatting import length_of, minute
from console.guard import person_of
from console.pages import ConsolePage, page_url, register_page
from senders.admin.identity import kinds_named, remove_and_return
from senders.admin.review import ReviewerPage, review_url
from senders.admin.slots import Slot, build_slots, receive_documents
from senders.models import EvidenceRequest, SenderNumber
from senders.requirements import DOCUMENTS_OF_EVIDENCE
from senders.services import evidence
from senders.services.documents import EDITABLE_STATES
from senders.services.errors import WHOLE, Refused, Sentence
from senders.states import NumberState

SHOWN = 50
FEWEST_DIGITS = 4


def clock_of(row: EvidenceRequest) -> dict[str, Any]:
    """How much of its time is left, as the pages say it."""
    now = timezone.now()
    is_over = row.due_at <= now
    return {"is_over": is_over, "left": "" if is_over else length_of(row.due_at - now)}


@register_page
class NumberEvidencePage(ConsolePage):
    """What is asked for, until when, and the form to hand it in."""

    path = "senders/numbers/<int:pk>/evidence/"
    name = "senders_number_evidence"
    permission = Permission.LOOK_UP
    template_name = "senders/number_evidence.html"

    @cached_property
    def number(self) -> SenderNumber:
        rows = SenderNumber.objects.filter(project=self.project).exclude(state=NumberState.DRAFT)
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    @cached_property
    def row(self) -> EvidenceRequest | None:
        """What is asked for now, else what was asked for last."""
        return evidence.open_evidence(self.number) or evidence.evidence_of(self.number).first()

    def get_title(self) -> Any:
        return _("Evidence for %(number)s") % {"number": self.number}

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        number = (str(self.number), page_url("senders_number", self.number.pk))
        return [(_("Sender numbers"), page_url("senders_numbers")), number]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        problems: dict[str, Sentence] = kwargs.pop("problems", {})
        may_manage = self.scope.allows(Permission.MANAGE_SENDERS)
        own = {
            "number": self.number,
            "evidence": self.row,
            "review": self.row.reviews.first() if self.row is not None else None,
            "clock": clock_of(self.row) if self.row is not None else {},
            "may_hand_in": may_manage and self.row is not None and self.row.state in EDITABLE_STATES,
            "slots": self._slots(problems),
            "problems": {
                "whole": problems.get(WHOLE) or problems.get("documents", ""),
                "is_any": bool(problems),
            },
        }
        return {**super().get_context_data(**kwargs), **own}

    def _slots(self, problems: dict[str, Sentence]) -> list[Slot]:
        return build_slots(self.row, DOCUMENTS_OF_EVIDENCE, problems=problems)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.scope.allows(Permission.MANAGE_SENDERS):
            raise PermissionDenied
        if self.row is None:
            raise Http404
        action = request.POST.get("action")
        if action == "upload":
            return self._upload(request, self.row)
        here = redirect(page_url(self.name, self.number.pk))
        if action == "remove":
            return remove_and_return(request, self.row, here)
        if problems := self._hand_in(request, self.row):
            return self.render_to_response(self.get_context_data(problems=problems), status=422)
        messages.success(request, _("Handed in. A reviewer looks at it, and we mail you the result."))
        return here

    def _upload(self, request: HttpRequest, row: EvidenceRequest) -> HttpResponse:
        kinds = kinds_named(request, DOCUMENTS_OF_EVIDENCE)
        problems = receive_documents(request, subject=row, kinds=kinds, user=person_of(request))
        context = {"slots": self._slots(problems), "whole": problems.get(WHOLE)}
        return render(request, "senders/partials/slots.html", context)

    def _hand_in(self, request: HttpRequest, row: EvidenceRequest) -> dict[str, Sentence]:
        """Keep every file that can be kept, then hand in; what was wrong, by field."""
        user = person_of(request)
        problems = receive_documents(request, subject=row, kinds=DOCUMENTS_OF_EVIDENCE, user=user)
        if problems:
            return problems
        try:
            evidence.hand_in(evidence=row, user=user)
        except Refused as refused:
            return refused.problems
        return {}


@register_page
class RegisteredNumbersPage(ReviewerPage):
    """Staff: what was asked for and is not handed in, and a search for a number to ask about."""

    path = "review/numbers/"
    name = "senders_registered_numbers"
    title = _("Registered numbers")
    template_name = "senders/registered_numbers.html"

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("Review queue"), page_url("senders_review_queue"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        typed = self.request.GET.get("number", "")[:40]
        digits = "".join(each for each in typed if each.isascii() and each.isdigit())
        is_enough = len(digits) >= FEWEST_DIGITS
        found = evidence.registered_numbers(self.user, digits)[:SHOWN] if is_enough else []
        own = {
            "typed": typed,
            "is_short": bool(typed) and not is_enough,
            "numbers": [{"number": row, "url": review_url(row)} for row in found],
            "running": [
                {"evidence": row, "clock": clock_of(row), "url": review_url(row.sender_number)}
                for row in evidence.running(self.user)[:SHOWN]
            ],
        }
        return {**super().get_context_data(**kwargs), **own}


@register_page
class EvidenceAskPage(ReviewerPage):
    """Staff ask for evidence of one approved number."""

    path = "review/number/<int:pk>/evidence/"
    name = "senders_evidence_ask"
    template_name = "senders/evidence_ask.html"
    needs_project: ClassVar[bool] = False

    @cached_property
    def number(self) -> SenderNumber:
        rows = SenderNumber.objects.select_related("project__organization", "registered_by")
        number = get_object_or_404(rows.filter(round__gt=0), pk=self.kwargs["pk"])
        if not evidence.may_ask(user=self.user, number=number):
            raise Http404
        return number

    def get_title(self) -> Any:
        return _("Ask for evidence of %(number)s") % {"number": self.number}

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        here = (str(self.number), review_url(self.number))
        return [(_("Registered numbers"), page_url("senders_registered_numbers")), here]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = {
            "number": self.number,
            "may_ask": self.number.state == NumberState.APPROVED
            and evidence.open_evidence(self.number) is None,
            "due_at": timezone.now() + evidence.DUE_AFTER,
            "most": evidence.MAX_REASON,
            "reason": self.request.POST.get("reason", ""),
            "problems": kwargs.pop("problems", {}),
            "back": review_url(self.number),
        }
        return {**super().get_context_data(**kwargs), **own}

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        reason = request.POST.get("reason", "")
        try:
            asked = evidence.ask(number=self.number, reviewer=self.user, reason=reason)
        except Refused as refused:
            problems = {("whole" if name == WHOLE else name): said for name, said in refused.problems.items()}
            self.__dict__.pop("number", None)
            return self.render_to_response(self.get_context_data(problems=problems), status=422)
        said = _("Evidence for %(number)s is asked for until %(due)s. Every member is mailed.")
        messages.success(request, said % {"number": self.number, "due": minute(asked.due_at)})
        return redirect(review_url(self.number))
