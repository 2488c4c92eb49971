"""What a backup file holds: a row a message, with the names and the order of its columns. Pure.

The fields of a request that many rows would repeat stand as JSON in `request`, on its first row; a request
without messages is a row without a message. Times are ISO 8601 in UTC. Every value is text; "" is none.
"""

from typing import NamedTuple

VERSION = 1


class Row(NamedTuple):
    """One row. `values` is a JSON list of what stood for the placeholders, `request` a JSON object."""

    message_id: str = ""
    request_id: str = ""
    requested_at: str = ""
    type: str = ""
    purpose: str = ""
    kind: str = ""
    sender: str = ""
    country: str = ""
    recipient: str = ""
    state: str = ""
    code: str = ""
    network: str = ""
    handed_over_at: str = ""
    finished_at: str = ""
    reported_at: str = ""
    converted_at: str = ""
    row: str = ""
    uid: str = ""
    subject: str = ""
    text: str = ""
    values: str = ""
    request: str = ""


COLUMNS = Row._fields
# What people wrote: in a CSV it must not look like a formula.
WRITTEN_BY_PEOPLE = tuple(COLUMNS.index(name) for name in ("sender", "recipient", "uid", "subject", "text"))
