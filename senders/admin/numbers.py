"""Sender numbers: the list, the registration, one number with its history, and giving it up."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from console.accounts.models import User
from console.accounts.roles import Permission
from console.pages import ConsolePage, page_url, paginate, register_page
from senders.admin.carriers import CARRIERS
from senders.admin.evidence import clock_of
from senders.admin.forms import NumberFilter, RegistrationForm
from senders.admin.history import history_of
from senders.admin.identity import kinds_named, remove_and_return
from senders.admin.own_phone import usage_context
from senders.admin.slots import Slot, build_slots, receive_documents
from senders.business_days import review_days
from senders.models import SenderNumber
from senders.requirements import DOCUMENTS_OF_NUMBER, DocumentKind, NumberType
from senders.sens_words import NUMBERS
from senders.services import registration
from senders.services.consent import NUMBER_CONSENT
from senders.services.documents import EDITABLE_STATES, current_documents
from senders.services.errors import WHOLE, Refused, Sentence
from senders.services.evidence import evidence_of
from senders.services.registration import Registration
from senders.services.verification import is_cleared
from senders.states import NUMBER, OPEN_EVIDENCE_STATES, NumberState

KINDS: tuple[DocumentKind, ...] = tuple(
    kind for kind in DocumentKind if any(kind in kinds for kinds in DOCUMENTS_OF_NUMBER.values())
)

AGREE_FIRST = _("Agree to the collection of personal information first.")


@register_page
class NumbersPage(ConsolePage):
    """The project's numbers, newest first."""

    path = "senders/numbers/"
    name = "senders_numbers"
    title = _("Sender numbers")
    permission = Permission.LOOK_UP
    needs_verified = False
    template_name = "senders/numbers.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = NumberFilter(self.request.GET)
        rows = SenderNumber.objects.filter(project=self.project).exclude(state=NumberState.DRAFT)
        page = paginate(
            self._filtered(rows.select_related("registered_by"), form),
            cursor=self.request.GET.get("cursor", ""),
        )
        own = {
            "form": form,
            "page": page,
            "is_filtered": form.is_valid() and any(form.cleaned_data.values()),
            "may_register": self.scope.allows(Permission.MANAGE_SENDERS),
            **usage_context(self.request.user),
        }
        return {**super().get_context_data(**kwargs), **own}

    def _filtered(self, rows: Any, form: NumberFilter) -> Any:
        if not form.is_valid():
            return rows
        chosen = form.cleaned_data
        digits = "".join(character for character in chosen["number"] if character.isdigit())
        if chosen["number"]:
            rows = rows.filter(number__contains=digits) if digits else rows.none()
        equal = {name: chosen[name] for name in ("state", "method", "number_type") if chosen[name]}
        if chosen["sens"]:
            rows = rows.filter(NUMBERS[chosen["sens"]])
        return rows.filter(**equal)


class RegistrationMixin:
    """What the first registration and a later one share: the form with its slots, and its posts."""

    request: HttpRequest
    project: Any
    scope: Any

    @property
    def user(self) -> User:
        return self.request.user  # type: ignore[return-value]

    def subject(self) -> SenderNumber | None:
        """The number that the form is about, None where nothing was begun."""
        raise NotImplementedError

    def form_context(self, problems: dict[str, Sentence]) -> dict[str, Any]:
        row = self.subject()
        typed = self.request.POST.dict()
        chosen = typed.get("number_type") or (row.number_type if row else "")
        return {
            "sender_number": row,
            "types": [
                (value, label, DOCUMENTS_OF_NUMBER[NumberType(value)]) for value, label in NumberType.choices
            ],
            "chosen_type": chosen,
            "typed_number": typed.get("number", row.number if row else ""),
            "has_agreed": bool(typed.get("has_agreed"))
            or (not typed and row is not None and row.state == NumberState.DRAFT and bool(row.consented_at)),
            "slots": self._slots(row, KINDS, problems),
            "problems": {name.replace("__all__", "whole"): sentence for name, sentence in problems.items()},
            "consent": NUMBER_CONSENT,
            "carriers": CARRIERS,
            "is_cleared": is_cleared(user=self.user, project=self.project),
            **usage_context(self.user),
        }

    def _slots(self, row: SenderNumber | None, kinds: Any, problems: dict[str, Sentence]) -> list[Slot]:
        slots = build_slots(row, kinds, problems=problems, typed=self.request.POST.dict())
        for slot in slots:
            slot.types = " ".join(key for key, needed in DOCUMENTS_OF_NUMBER.items() if slot.kind in needed)
        return slots

    def upload(self, request: HttpRequest, row: SenderNumber) -> HttpResponse:
        """One slot alone, at the moment a file is chosen; the answer is the slot drawn anew."""
        kinds = kinds_named(request, KINDS)
        problems: dict[str, Sentence] = dict.fromkeys(kinds, AGREE_FIRST)
        if self._agree(request, row) or row.consented_at is not None:
            problems = receive_documents(request, subject=row, kinds=kinds, user=self.user)
        context = {"slots": self._slots(row, kinds, problems), "whole": problems.get(WHOLE)}
        return render(request, "senders/partials/slots.html", context)

    def _agree(self, request: HttpRequest, row: SenderNumber) -> bool:
        """Whether the person agrees, as the form stands; it is recorded before anything else is kept."""
        has_agreed = bool(request.POST.get("has_agreed"))
        if has_agreed and row.consented_at is None:
            registration.agree(sender_number=row)
        return has_agreed

    def submit(self, request: HttpRequest, row: SenderNumber) -> dict[str, Sentence]:
        """Keep everything, then submit; what was wrong, by field. Nothing is kept without consent."""
        form = RegistrationForm(request.POST)
        if not form.is_valid():
            return {"number_type": _("Choose the type of the number.")}
        chosen = Registration(**form.cleaned_data)
        problems: dict[str, Sentence] = {}
        try:
            if self._agree(request, row):
                registration.keep_choices(sender_number=row, registration=chosen)
                needed = DOCUMENTS_OF_NUMBER[chosen.number_type]
                problems = receive_documents(request, subject=row, kinds=needed, user=self.user)
            if not problems:
                registration.submit(sender_number=row, registration=chosen, user=self.user)
        except Refused as refused:
            return refused.problems
        return problems


@register_page
class NumberAddPage(RegistrationMixin, ConsolePage):
    """Registering a number. What was chosen and uploaded stays until it is submitted."""

    path = "senders/numbers/add/"
    name = "senders_number_add"
    title = _("Register a sender number")
    permission = Permission.MANAGE_SENDERS
    needs_verified = False
    template_name = "senders/number_add.html"

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("Sender numbers"), page_url("senders_numbers"))]

    def subject(self) -> SenderNumber | None:
        own = SenderNumber.objects.filter(project=self.project, registered_by=self.user)
        return own.filter(state=NumberState.DRAFT).first()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        problems = kwargs.pop("problems", {})
        return {**super().get_context_data(**kwargs), **self.form_context(problems)}

    def post(self, request: HttpRequest) -> HttpResponse:
        row = registration.draft_for(project=self.project, user=self.user)
        action = request.POST.get("action")
        if action == "upload":
            return self.upload(request, row)
        if action == "remove":
            return remove_and_return(request, row, redirect(page_url(self.name)))
        problems = self.submit(request, row)
        if problems:
            return self.render_to_response(self.get_context_data(problems=problems), status=422)
        messages.success(request, _("Submitted for review. We mail you the result."))
        return redirect(page_url("senders_number", row.pk))


@register_page
class NumberPage(RegistrationMixin, ConsolePage):
    """One number: what it is, what was decided, and, where it was rejected, the form to submit it again."""

    path = "senders/numbers/<int:pk>/"
    name = "senders_number"
    permission = Permission.LOOK_UP
    needs_verified = False
    template_name = "senders/number.html"

    @cached_property
    def number(self) -> SenderNumber:
        rows = SenderNumber.objects.filter(project=self.project).exclude(state=NumberState.DRAFT)
        return get_object_or_404(rows.select_related("registered_by"), pk=self.kwargs["pk"])

    def subject(self) -> SenderNumber:
        return self.number

    def get_title(self) -> str:
        return str(self.number)

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("Sender numbers"), page_url("senders_numbers"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        problems = kwargs.pop("problems", {})
        may_manage = self.scope.allows(Permission.MANAGE_SENDERS)
        reviews = list(self.number.reviews.filter(evidence=None))
        evidence = list(evidence_of(self.number).prefetch_related("reviews"))
        asked = next((row for row in evidence if row.state in OPEN_EVIDENCE_STATES), None)
        own = {
            "number": self.number,
            "documents": current_documents(self.number, self.number.round) if may_manage else {},
            "history": history_of(self.number, reviews, evidence),
            "evidence": asked,
            "clock": clock_of(asked) if asked is not None else {},
            "days": self._days(),
            "review": reviews[0] if reviews else None,
            "may_manage": may_manage,
            "may_withdraw": may_manage and NUMBER.allows(self.number.state, NumberState.WITHDRAWN),
            "may_submit_again": may_manage and self.number.state in EDITABLE_STATES,
        }
        form = self.form_context(problems) if own["may_submit_again"] else {}
        return {**super().get_context_data(**kwargs), **form, **own}

    def _days(self) -> tuple[Any, Any] | None:
        """The days on which a number under review is expected to be decided."""
        if self.number.state != NumberState.REVIEWING or self.number.submitted_at is None:
            return None
        return review_days(timezone.localdate(self.number.submitted_at))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.scope.allows(Permission.MANAGE_SENDERS):
            raise PermissionDenied
        action = request.POST.get("action")
        if action == "upload":
            return self.upload(request, self.number)
        here = redirect(page_url(self.name, self.number.pk))
        if action == "remove":
            return remove_and_return(request, self.number, here)
        problems = self.submit(request, self.number)
        if problems:
            return self.render_to_response(self.get_context_data(problems=problems), status=422)
        messages.success(request, _("Submitted again. We mail you the result."))
        return here


@register_page
class NumberWithdrawPage(ConsolePage):
    """Giving a number up: said first, then done. It stops sending, so only who is verified may do it."""

    path = "senders/numbers/<int:pk>/withdraw/"
    name = "senders_number_withdraw"
    title = _("Withdraw a sender number")
    permission = Permission.MANAGE_SENDERS
    template_name = "senders/number_withdraw.html"

    @cached_property
    def number(self) -> SenderNumber:
        rows = SenderNumber.objects.filter(project=self.project).exclude(state=NumberState.DRAFT)
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sentence = _("%(number)s is withdrawn from %(project)s. Nothing is sent from it any more.")
        own = {
            "sentence": sentence % {"number": self.number, "project": self.project},
            "back": page_url("senders_number", self.number.pk),
        }
        return {**super().get_context_data(**kwargs), **own}

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            registration.withdraw(sender_number=self.number)
            messages.success(request, _("The number is withdrawn."))
        except Refused as refused:
            messages.error(request, str(refused))
        return redirect(page_url("senders_number", self.number.pk))
