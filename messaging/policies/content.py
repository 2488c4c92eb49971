"""May this text go to this phone, as it is? Pure rules over one rendered text."""

from messaging.content.length import encoded_size, international_parts
from messaging.content.limits import KOREA, UCS2, may_reach
from messaging.result_codes import COUNTRY_NOT_ALLOWED, TOO_LONG, UNSENDABLE_CHARACTER


def refusal(message_type: str, country_code: int, text: str, limit: int) -> str | None:
    """Our result code for why a rendered text cannot go, or None where it can.

    `limit` is bytes of EUC-KR, for domestic numbers; abroad the carriers' parts count. Newlines are `\\n`.
    """
    if country_code != KOREA:
        if not may_reach(message_type, country_code):
            return COUNTRY_NOT_ALLOWED
        return TOO_LONG if international_parts(text) > UCS2.max_parts else None
    size = encoded_size(text)
    if size is None:
        return UNSENDABLE_CHARACTER
    return TOO_LONG if size > limit else None
