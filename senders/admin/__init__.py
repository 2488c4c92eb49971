"""The pages of this app; importing them registers them."""

from senders.admin import documents, identity, numbers, opt_out_lines, opt_out_queue, review

__all__ = ["documents", "identity", "numbers", "opt_out_lines", "opt_out_queue", "review"]
