"""Where a person is signed in now, and where they signed in of late."""

from typing import Any

from axes.models import AccessLog
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from console.accounts.audit import record_deed
from console.accounts.deeds import SESSIONS_ENDED
from console.accounts.models import Session, User
from console.accounts.sessions import end_sessions
from console.browsers import browser_in_words
from console.guard import person_of
from console.pages import ConsolePage, page_url, register_page

MOST_SIGN_INS = 20
MOST_SESSIONS = 50


def name_of(session: Session) -> str:
    """What the page calls a session: its key would let whoever reads the page in."""
    return salted_hmac("console.admin.sign_ins", session.session_key).hexdigest()[:24]


@register_page
class SignInsPage(ConsolePage):
    """One's own sessions, each to be ended, and the sign-ins of the last ninety days."""

    path = "me/sign-ins/"
    name = "sign_ins"
    title = _("Where I am signed in")
    needs_project = False
    needs_verified = False
    needs_second_factor = False
    template_name = "console/accounts/sign_ins.html"

    def post(self, request: HttpRequest) -> HttpResponse:
        person = person_of(request)
        if request.POST.get("session") == "others":
            self._say(end_sessions(user=person, but=request.session.session_key))
        else:
            wanted = [row for row in self._sessions(person) if name_of(row) == request.POST.get("session")]
            keys = [row.session_key for row in wanted if row.session_key != request.session.session_key]
            self._say(Session.objects.filter(user=person, session_key__in=keys).delete()[0])
        return HttpResponseRedirect(page_url("sign_ins"))

    def _say(self, ended: int) -> None:
        if ended:
            person, what = person_of(self.request), SESSIONS_ENDED(n=ended)
            record_deed(actor=person, obj=person, project=None, what=what, request=self.request)
        sentence = ngettext("%d sign-in was ended.", "%d sign-ins were ended.", ended)
        messages.success(self.request, sentence % ended)

    def _sessions(self, person: User) -> list[Session]:
        rows = Session.objects.filter(user=person, expire_date__gt=timezone.now())
        return list(rows.order_by("-signed_in_at")[:MOST_SESSIONS])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        person = person_of(self.request)
        own = self.request.session.session_key
        sessions = [
            (row, name_of(row), browser_in_words(row.browser), row.session_key == own)
            for row in self._sessions(person)
        ]
        log = AccessLog.objects.filter(username=person.get_username()).order_by("-attempt_time")
        past = [(row, browser_in_words(row.user_agent)) for row in log[:MOST_SIGN_INS]]
        return {"sessions": sessions, "past": past, **super().get_context_data(**kwargs)}
