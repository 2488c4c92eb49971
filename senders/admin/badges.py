"""The counts beside this app's items of the menu."""

from senders.services.opt_out_lines import waiting_lines_count as lines_to_open
from senders.services.registration import needs_attention_count as needs_you
from senders.services.review import waiting_count as waiting_for_review

__all__ = ["lines_to_open", "needs_you", "waiting_for_review"]
