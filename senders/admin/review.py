"""The review queue, and the page on which a reviewer decides."""

from typing import Any, ClassVar

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.accounts.models import User
from console.accounts.roles import Permission
from console.pages import ConsolePage, page_url, register_page
from senders.admin.forms import RejectionForm
from senders.business_days import review_days
from senders.models import EvidenceRequest, IdentityVerification, Review, Reviewable, SenderNumber
from senders.requirements import REQUIREMENTS, Check
from senders.services import review
from senders.services.documents import current_documents, may_review
from senders.services.errors import Refused, Sentence
from senders.services.review import Verdict
from senders.states import Decision, IdentityState

EARLIER_DECISIONS = 10
MOST_DIGITS = 6  # of a submission's number


def review_url(subject: Reviewable) -> str:
    return page_url("senders_review", subject.SLUG, subject.pk)


def is_late(subject: Reviewable) -> bool:
    """Whether it waits longer than the business days that a decision is expected to take."""
    if subject.submitted_at is None:
        return False
    return timezone.localdate() > review_days(timezone.localdate(subject.submitted_at))[1]


class ReviewerPage(ConsolePage):
    """What both pages share."""

    permission: ClassVar[Permission | None] = Permission.REVIEW
    needs_project = False
    needs_verified = False

    @property
    def user(self) -> User:
        return self.request.user  # type: ignore[return-value]


@register_page
class ReviewQueuePage(ReviewerPage):
    """What waits, oldest first."""

    path = "review/"
    name = "senders_review_queue"
    title = _("Review queue")
    template_name = "senders/review_queue.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = review.queue(self.user)
        own = {
            "rows": [{"subject": row, "url": review_url(row), "is_late": is_late(row)} for row in rows],
            "count": len(rows),
            "is_cut": len(rows) == review.QUEUE_LIMIT,
            "now": timezone.now(),
        }
        return {**super().get_context_data(**kwargs), **own}


@register_page
class ReviewPage(ReviewerPage):
    """One submission: who, what, every document as pictures, the checks, and the decision."""

    path = "review/<slug:kind>/<int:pk>/"
    name = "senders_review"
    template_name = "senders/review.html"
    is_wide = True

    @cached_property
    def subject(self) -> Reviewable:
        related = {
            IdentityVerification.SLUG: IdentityVerification.objects.select_related("user", "organization"),
            SenderNumber.SLUG: SenderNumber.objects.select_related("registered_by", "project__organization"),
            EvidenceRequest.SLUG: EvidenceRequest.objects.select_related(
                "handed_in_by", "sender_number__registered_by", "sender_number__project__organization"
            ),
        }.get(self.kwargs["kind"])
        row = related.filter(round__gt=0, pk=self.kwargs["pk"]).first() if related is not None else None
        if row is None or not may_review(user=self.user, subject=row):
            raise Http404
        return row

    def get_title(self) -> str:
        subject = self.subject
        what = subject.user if isinstance(subject, IdentityVerification) else subject
        more = f" · {gettext('Evidence')}" if isinstance(subject, EvidenceRequest) else ""
        return f"{subject.owning_organization} · {what}{more}"

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("Review queue"), page_url("senders_review_queue"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        subject, problems = self.subject, kwargs.pop("problems", {})
        evidence = subject if isinstance(subject, EvidenceRequest) else None
        number = subject if isinstance(subject, SenderNumber) else evidence and evidence.sender_number
        own = {
            "subject": subject,
            "number": number,
            "evidence": evidence,
            "may_ask": number is subject and subject.state == IdentityState.APPROVED,
            "is_waiting": subject.state == IdentityState.REVIEWING,
            "panes": self._panes(),
            "earlier": list(review.decisions_on(subject.owning_organization)[:EARLIER_DECISIONS]),
            "elsewhere": list(review.same_number_elsewhere(number)[:EARLIER_DECISIONS]) if number else [],
            "rejection": kwargs.get("rejection") or RejectionForm(),
            "problems": problems,
            **self._neighbours(),
        }
        return {**super().get_context_data(**kwargs), **own}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        review.begin(subject=self.subject, reviewer=self.user)
        return super().get(request, *args, **kwargs)

    def _panes(self) -> list[dict[str, Any]]:
        """Each document with its checks; those that the reviewer had ticked stay so."""
        today = timezone.localdate()
        panes = []
        for kind, rows in current_documents(self.subject, self.subject.round).items():
            for row in rows:
                ticked = self.request.POST.getlist(f"check-{row.pk}")
                panes.append(
                    {
                        "document": row,
                        "checks": [
                            (check, Check(check).label, check in ticked)
                            for check in REQUIREMENTS[kind].checks
                        ],
                        "pages": range(1, row.pages + 1),
                        "age_days": (today - row.issued_on).days if row.issued_on else None,
                    }
                )
        return panes

    def _neighbours(self) -> dict[str, Any]:
        rows = review.queue(self.user)
        keys = [(row.SLUG, row.pk) for row in rows]
        own = (self.subject.SLUG, self.subject.pk)
        place = keys.index(own) if own in keys else None
        before = rows[place - 1] if place else None
        after = rows[place + 1] if place is not None and place + 1 < len(rows) else None
        return {
            "place": None if place is None else place + 1,
            "waiting": len(rows),
            "previous_url": review_url(before) if before is not None else "",
            "next_url": review_url(after) if after is not None else "",
        }

    def post(self, request: HttpRequest, kind: str, pk: int) -> HttpResponse:
        form = RejectionForm(request.POST)
        problems: dict[str, Sentence] = {"reason": _("Choose the reasons from the list.")}
        if form.is_valid():
            following = self._neighbours()["next_url"]
            try:
                decided = review.decide(subject=self.subject, reviewer=self.user, verdict=self._verdict(form))
            except Refused as refused:
                problems = refused.problems
            else:
                self._say(decided)
                return redirect(following or page_url("senders_review_queue"))
        self.__dict__.pop("subject", None)  # what is shown again is what the database holds now
        context = self.get_context_data(problems=problems, rejection=form)
        return self.render_to_response(context, status=422)

    def _verdict(self, form: RejectionForm) -> Verdict:
        decision = Decision.APPROVED if self.request.POST.get("decision") == "APPROVED" else Decision.REJECTED
        posted = self.request.POST.get("round", "")
        documents = current_documents(self.subject, self.subject.round)
        return Verdict(
            decision=decision,
            round=int(posted) if posted.isdecimal() and len(posted) < MOST_DIGITS else 0,
            checklist={
                row.pk: [check for check in self.request.POST.getlist(f"check-{row.pk}") if check in Check]
                for rows in documents.values()
                for row in rows
            },
            phrases=form.cleaned_data["phrases"],
            note=form.cleaned_data["note"],
        )

    def _say(self, decided: Review) -> None:
        words = {"subject": self.get_title(), "decision": decided.get_decision_display()}
        messages.success(self.request, _("%(subject)s: %(decision)s. The result is mailed.") % words)
