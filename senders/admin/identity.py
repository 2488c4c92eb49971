"""The identity page: what to do next, one step at a time. It is also where unverified members are sent."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from console.accounts.models import User
from console.accounts.roles import Permission
from console.pages import ConsolePage, page_url, register_page
from senders.admin.forms import CodeForm, ConsentForm, PhoneForm
from senders.admin.slots import build_slots, receive_documents
from senders.models import Document, IdentityVerification
from senders.requirements import DOCUMENTS_OF_MEMBER, DocumentKind, MemberCategory
from senders.services import verification
from senders.services.consent import IDENTITY_CONSENT
from senders.services.documents import EDITABLE_STATES, remove_document
from senders.services.errors import WHOLE, Refused, Sentence
from senders.services.phone_codes import pending_code

KINDS = DOCUMENTS_OF_MEMBER[MemberCategory.EMPLOYEE]


@register_page
class IdentityPage(ConsolePage):
    """Consent, phone, documents, review: the steps of one person in the project's organization."""

    path = "senders/identity/"
    name = "senders_identity"
    title = _("Identity verification")
    permission = Permission.LOOK_UP
    needs_verified = False
    template_name = "senders/identity.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = verification.verification_of(user=self.user, project=self.project)
        problems = kwargs.get("problems", {})
        own = {
            "verification": row,
            "is_exempt": self.project.organization.verification_exempt,
            "is_editable": row is None or row.state in EDITABLE_STATES,
            "has_agreed": row is not None and row.consented_at is not None,
            "has_phone": row is not None and verification.has_verified_phone(row),
            "code": pending_code(row) if row is not None else None,
            "consent": IDENTITY_CONSENT,
            "review": row.reviews.first() if row is not None else None,
            "consent_form": ConsentForm(initial={"category": self._category(row)}),
            "phone_form": PhoneForm(initial={"name": self.user.name, "phone_number": self.user.phone_number}),
            "code_form": CodeForm(),
            "categories": MemberCategory.choices,
            "slots": build_slots(row, KINDS, problems=problems, typed=self.request.POST.dict()),
            "account": self.user,
            "whole_problem": problems.get(WHOLE) or problems.get("documents", ""),
        }
        return {**super().get_context_data(**kwargs), **own, **kwargs}

    @property
    def user(self) -> User:
        return self.request.user  # type: ignore[return-value]

    def _category(self, row: IdentityVerification | None) -> str:
        likely = verification.likely_category(user=self.user, organization=self.project.organization)
        return row.member_category if row is not None else likely

    def post(self, request: HttpRequest) -> HttpResponse:
        row = verification.begin(user=self.user, project=self.project)
        row.user = self.user
        steps = {
            "agree": self._agree,
            "send_code": self._send_code,
            "confirm_code": self._confirm_code,
            "upload": self._upload,
            "remove": self._remove,
            "submit": self._submit,
        }
        action = request.POST.get("action", "")
        if action != "agree" and row.consented_at is None:
            return self._again({WHOLE: _("Agree to the collection of personal information first.")})
        return steps[action](request, row) if action in steps else self._done()

    def _again(self, problems: dict[str, Sentence], **forms: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(problems=problems, **forms), status=422)

    def _done(self) -> HttpResponse:
        return redirect(page_url(self.name))

    def _agree(self, request: HttpRequest, row: IdentityVerification) -> HttpResponse:
        form = ConsentForm(request.POST)
        if not form.is_valid():
            return self._again({}, consent_form=form)
        try:
            verification.agree(verification=row, category=MemberCategory(form.cleaned_data["category"]))
        except Refused as refused:
            return self._again(refused.problems)
        return self._done()

    def _send_code(self, request: HttpRequest, row: IdentityVerification) -> HttpResponse:
        form = PhoneForm(request.POST)
        try:
            if form.is_valid():
                verification.send_code(verification=row, project=self.project, **form.cleaned_data)
                return self._done()
        except Refused as refused:
            _put_problems(form, refused)
        return self._again({}, phone_form=form)

    def _confirm_code(self, request: HttpRequest, row: IdentityVerification) -> HttpResponse:
        form = CodeForm(request.POST)
        try:
            if form.is_valid():
                verification.confirm_code(verification=row, code=form.cleaned_data["code"])
                messages.success(request, _("Your phone is verified."))
                return self._done()
        except Refused as refused:
            _put_problems(form, refused)
        return self._again({}, code_form=form)

    def _upload(self, request: HttpRequest, row: IdentityVerification) -> HttpResponse:
        """One slot alone, at the moment a file is chosen; the answer is the slot drawn anew."""
        kinds = kinds_named(request, KINDS)
        problems = receive_documents(request, subject=row, kinds=kinds, user=self.user)
        slots = build_slots(row, kinds, problems=problems, typed=request.POST.dict())
        return render(request, "senders/partials/slots.html", {"slots": slots, "whole": problems.get(WHOLE)})

    def _remove(self, request: HttpRequest, row: IdentityVerification) -> HttpResponse:
        return remove_and_return(request, row, self._done())

    def _submit(self, request: HttpRequest, row: IdentityVerification) -> HttpResponse:
        problems = receive_documents(request, subject=row, kinds=KINDS, user=self.user)
        if problems:
            return self._again(problems)
        try:
            verification.submit(verification=row)
        except Refused as refused:
            return self._again(refused.problems)
        messages.success(
            request, _("Submitted. We mail you the result at %(email)s.") % {"email": self.user.email}
        )
        return self._done()


def _put_problems(form: Any, refused: Refused) -> None:
    for name, sentence in refused.problems.items():
        form.add_error(name if name in form.fields else None, str(sentence))


def remove_and_return(request: HttpRequest, subject: Any, response: HttpResponse) -> HttpResponse:
    """Remove the unsubmitted document that the form names, and go back."""
    try:
        remove_document(subject=subject, document_id=int(request.POST.get("document", "")))
    except (Refused, ValueError, Document.DoesNotExist):
        messages.error(request, _("This document has been submitted or removed already."))
    return response


def kinds_named(request: HttpRequest, kinds: tuple[DocumentKind, ...]) -> list[DocumentKind]:
    """The kind that an upload of one slot names, where it is one of these."""
    return [kind for kind in kinds if kind == request.POST.get("kind")]
