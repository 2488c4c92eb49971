"""What becomes of characters that no phone at home can show, where a project has them replaced. Pure."""

from messaging.content.length import replace_unsendable
from messaging.content.limits import KOREA
from messaging.content.sender_policy import with_signature


def as_sent(text: str, country_code: int, *, replaces: bool) -> str:
    """A rendered text as it goes to a phone of that country; abroad every character can be sent, and some
    countries put a signature before it.
    """
    if country_code != KOREA:
        return with_signature(text, country_code)
    return replace_unsendable(text) if replaces else text
