"""What of the sender pages waits for a person, for the dashboard: evidence that is asked for."""

from django.utils import timezone
from django.utils.translation import gettext as _

from console.accounts.roles import Permission
from console.accounts.scoping import Scope
from console.formatting import length_of, minute
from console.guard import is_cleared
from console.pages import page_url
from console.panels import Need
from senders.models import EvidenceRequest
from senders.services.evidence import waiting_of


def needs_of(scope: Scope) -> list[Need]:
    """For every member, what the project has to hand in; the clock runs for all of them."""
    if scope.project is None or not is_cleared(scope):
        return []
    may_hand_in = scope.allows(Permission.MANAGE_SENDERS)
    action = _("Hand it in") if may_hand_in else _("See")
    return [
        Need(_sentence(each), page_url("senders_number_evidence", each.sender_number_id), action, "red")
        for each in waiting_of(scope.project)
    ]


def _sentence(evidence: EvidenceRequest) -> str:
    words = {"number": evidence.sender_number, "due": minute(evidence.due_at)}
    now = timezone.now()
    if evidence.due_at <= now:
        return (
            _(
                "%(number)s is suspended: evidence was due %(due)s. Nothing is sent from it until it is"
                " accepted."
            )
            % words
        )
    words["left"] = length_of(evidence.due_at - now)
    return _("Evidence for %(number)s is due %(due)s, in %(left)s. Then the number is suspended.") % words


def evidence_count(scope: Scope) -> int:
    """How many things a manager has to hand in, for the menu."""
    if scope.project is None or not scope.allows(Permission.MANAGE_SENDERS):
        return 0
    return waiting_of(scope.project).count()
