"""The pages of this app; importing them registers them."""

from senders.admin import (
    documents,
    evidence,
    identity,
    number_limits,
    numbers,
    opt_out_lines,
    opt_out_queue,
    own_phone,
    review,
)

__all__ = [
    "documents",
    "evidence",
    "identity",
    "number_limits",
    "numbers",
    "opt_out_lines",
    "opt_out_queue",
    "own_phone",
    "review",
]
