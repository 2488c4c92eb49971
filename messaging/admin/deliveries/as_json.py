"""The result of a message as programs get it, for those who build them: the answer of the SENS API, word for
word; what the person may not read is hidden in it as on the rest of the page.
"""

import json

from django.utils import timezone

from console.accounts.scoping import Scope
from console.formatting import mask_phone_number
from messaging.admin.deliveries import shown
from messaging.models import Message
from messaging.sens.answers import answer_about, is_answered


def result_of(message: Message, scope: Scope) -> str:
    """The answer as indented JSON; "" of a message that no program is told of now."""
    if not is_answered(message, timezone.now()):
        return ""
    content = shown.readable_text(message, scope)[1]
    to = None if shown.may_read(scope) else mask_phone_number(message.recipient).replace("-", "")
    answer = answer_about(message, content=content, to=to)
    written = answer.model_dump(mode="json", by_alias=True, exclude_none=True)
    return json.dumps(written, ensure_ascii=False, indent=2)
