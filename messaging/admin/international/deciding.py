"""Staff: the requests for a higher limit that wait, each with the fields to allow or to reject it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.formatting import group_number
from console.pages import page_url, register_page
from messaging.admin.international.forms import DecideForm
from messaging.admin.international.shown import usage_of
from messaging.models import LimitRequest
from messaging.sending.commands import Sentence
from messaging.sending.international import settings_of
from messaging.sending.limit_requests import (
    RequestRefused,
    Verdict,
    decide,
    may_decide,
    requests_of,
    waiting_requests,
)
from senders.admin.review import ReviewerPage

QUEUE_LIMIT = 100
MOST_DIGITS = 18  # of an id in a form
EARLIER = 5


@register_page
class LimitRequestsPage(ReviewerPage):
    """What waits, oldest first, with how much the project sends now."""

    path = "review/limits/"
    name = "limit_requests"
    title = _("Limits asked for")
    template_name = "messaging/settings/international_queue.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        wrong = kwargs.pop("wrong", None)
        requests = list(waiting_requests(self.user)[:QUEUE_LIMIT])
        own = {
            "rows": [self._row(request, wrong) for request in requests],
            "count": len(requests),
            "now": timezone.now(),
        }
        return {**super().get_context_data(**kwargs), **own}

    def _row(self, request: LimitRequest, wrong: tuple[int, dict[str, Sentence]] | None) -> dict[str, Any]:
        is_wrong = wrong is not None and wrong[0] == request.pk
        earlier = requests_of(request.project).exclude(pk=request.pk)
        return {
            "request": request,
            "usage": usage_of(settings_of(request.project_id), timezone.now()),
            "earlier": list(earlier[:EARLIER]),
            "problems": wrong[1] if wrong is not None and is_wrong else {},
            "granted": self.request.POST.get("granted", "") if is_wrong else request.wanted,
            "answer": self.request.POST.get("answer", "") if is_wrong else "",
        }

    def post(self, request: HttpRequest) -> HttpResponse:
        asked = self._asked(request.POST.get("request", ""))
        form = DecideForm(request.POST)
        if not form.is_valid():
            problems: dict[str, Sentence] = {name: str(found[0]) for name, found in form.errors.items()}
            return self._refused(request, asked, RequestRefused(problems))
        try:
            decided = decide(request=asked, reviewer=self.user, verdict=self._verdict(form))
        except RequestRefused as refused:
            return self._refused(request, asked, refused)
        self._say(decided)
        return redirect(page_url(self.name))

    def _asked(self, written: str) -> LimitRequest:
        """The request of the form, where this person may decide it; a 404 otherwise."""
        pk = int(written) if written.isdecimal() and len(written) <= MOST_DIGITS else 0
        rows = LimitRequest.objects.select_related("project__organization", "asked_by")
        asked = rows.filter(pk=pk).first()
        if asked is None or not may_decide(user=self.user, request=asked):
            raise Http404
        return asked

    def _verdict(self, form: DecideForm) -> Verdict:
        rejects = self.request.POST.get("action") == "reject"
        granted = None if rejects else form.cleaned_data["granted"] or 0
        return Verdict(granted, form.cleaned_data["answer"])

    def _say(self, decided: LimitRequest) -> None:
        words = {"project": decided.project, "granted": group_number(decided.granted)}
        if decided.granted is None:
            said = _("The request of %(project)s is rejected. The result is mailed.")
        else:
            said = _("%(project)s may send %(granted)s messages a month abroad. The result is mailed.")
        messages.success(self.request, said % words)

    def _refused(self, request: HttpRequest, asked: LimitRequest, refused: RequestRefused) -> HttpResponse:
        """Again with what was typed, beside the request; where it waits no more, only what had happened."""
        if "" in refused.problems:
            messages.error(request, str(refused))
            return redirect(page_url(self.name))
        context = self.get_context_data(wrong=(asked.pk, refused.problems))
        return self.render_to_response(context, status=422)
