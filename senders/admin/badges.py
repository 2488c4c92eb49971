"""The counts beside this app's items of the menu."""

from console.accounts.scoping import Scope
from senders.admin.needs import evidence_count
from senders.services.opt_out_lines import waiting_lines_count as lines_to_open
from senders.services.registration import needs_attention_count
from senders.services.review import waiting_count as waiting_for_review

__all__ = ["lines_to_open", "needs_you", "waiting_for_review"]


def needs_you(scope: Scope) -> int:
    """What was rejected, and what evidence is asked for."""
    return needs_attention_count(scope) + evidence_count(scope)
