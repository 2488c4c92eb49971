"""What is answered about messages: the document's fields, in its words.

The five fields of a result (statusCode, statusName, statusMessage, completeTime, telcoCode) are left out
until a message is COMPLETED, and so are files of what is no MMS.
"""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from messaging.models import Attachment, Message, SendRequest
from messaging.sending.attachments import attachments_of
from messaging.sending.texts import text_of
from messaging.sens.words import (
    COMPLETED,
    CONTENT_TYPE,
    RESULT,
    STATUS,
    code_of,
    meaning_of,
    time_of,
)
from messaging.states import MessageType, RequestState, Source

NOT_BEGUN = (RequestState.WAITING, RequestState.LOADING, RequestState.HELD, RequestState.SCHEDULED)


class _Answered(BaseModel):
    """Of pydantic's own, which looks at each value once: a thousand messages are answered at a time."""

    model_config = ConfigDict(populate_by_name=True)


class ResultOut(_Answered):
    """What every answer says of a message."""

    request_time: str = Field(serialization_alias="requestTime", examples=["2026-11-22 09:30:00"])
    content_type: str = Field(serialization_alias="contentType", description="COMM or AD", examples=["COMM"])
    country_code: str = Field(serialization_alias="countryCode", examples=["82"])
    sender: str = Field(serialization_alias="from", examples=["0212345678"])
    to: str = Field(examples=["01012345678"])
    status: str = Field(description="READY, PROCESSING or COMPLETED", examples=["COMPLETED"])
    status_code: str | None = Field(default=None, serialization_alias="statusCode", examples=["0"])
    status_name: str | None = Field(
        default=None, serialization_alias="statusName", description="success or fail", examples=["success"]
    )
    status_message: str | None = Field(
        default=None, serialization_alias="statusMessage", examples=["Delivered"]
    )
    complete_time: str | None = Field(
        default=None, serialization_alias="completeTime", examples=["2026-11-22 09:30:02"]
    )
    telco_code: str | None = Field(default=None, serialization_alias="telcoCode", examples=["SKT"])


class FoundOut(ResultOut):
    """A message in a list. No message belongs to a campaign here: `campaignId` is empty."""

    request_id: str = Field(serialization_alias="requestId")
    campaign_id: str = Field(default="", serialization_alias="campaignId")
    message_id: str = Field(serialization_alias="messageId")
    type: str = Field(description="SMS, LMS or MMS", examples=["SMS"])


class AttachedOut(_Answered):
    """A picture of an MMS."""

    name: str
    file_id: str = Field(serialization_alias="fileId")


class OneOut(ResultOut):
    """A message by itself, with its text as it is sent."""

    content: str
    files: list[AttachedOut] | None = None


class FoundMessagesOut(_Answered):
    """A page of messages. `statusName` is "reserved", and there are none, before a reservation is due."""

    status_code: str = Field(default="202", serialization_alias="statusCode")
    status_name: str = Field(serialization_alias="statusName", description="success, reserved or fail")
    messages: list[FoundOut]
    page_index: int = Field(serialization_alias="pageIndex")
    page_size: int = Field(serialization_alias="pageSize")
    item_count: int = Field(serialization_alias="itemCount")
    has_more: bool = Field(serialization_alias="hasMore")


class OneMessageOut(_Answered):
    """One message, in a list of one."""

    status_code: str = Field(default="200", serialization_alias="statusCode")
    status_name: str = Field(default="success", serialization_alias="statusName")
    messages: list[OneOut]


def found_out(message: Message) -> FoundOut:
    """A message of a list; its request is read with it."""
    return FoundOut(
        **_said_of(message),
        request_id=str(message.request_id),
        message_id=str(message.pk),
        type=message.request.message_type,
    )


def is_answered(message: Message, now: datetime) -> bool:
    """Whether the API answers of a message of its last 90 days; its request is read with it. Of a reservation
    there are no messages before it is due, and the console's own codes are nobody's but their recipients'.
    """
    request = message.request
    return request.source != Source.SYSTEM and not is_to_come(request, now)


def is_to_come(request: SendRequest, now: datetime) -> bool:
    """Whether it is a reservation whose time has not come."""
    return request.due_at > now and request.state in NOT_BEGUN


def answer_about(message: Message, *, content: str | None = None, to: str | None = None) -> OneMessageOut:
    """What GET messages/{messageId} answers of a message; its request is read with it. `content` and `to` are
    what somebody reads in their place who may not read them.
    """
    request = message.request
    is_mms = request.message_type == MessageType.MMS
    pictures = attachments_of(request.project, request.attachment_ids) if is_mms else None
    said = one_out(message, pictures)
    shown = {name: value for name, value in (("content", content), ("to", to)) if value is not None}
    return OneMessageOut(messages=[said.model_copy(update=shown)])


def one_out(message: Message, attachments: list[Attachment] | None) -> OneOut:
    """A message by itself; `attachments` None where its type has none."""
    files = None
    if attachments is not None:
        files = [AttachedOut(name=each.name, file_id=str(each.public_id)) for each in attachments]
    return OneOut(**_said_of(message), content=text_of(message.request, message)[1], files=files)


def _said_of(message: Message) -> dict[str, Any]:
    request = message.request
    said = {
        "request_time": time_of(request.created_at),
        "content_type": CONTENT_TYPE[request.purpose],
        "country_code": str(message.country_code),
        "sender": request.sender,
        "to": message.recipient,
        "status": STATUS[message.state],
    }
    return said | (_result_of(message) if said["status"] == COMPLETED else {})


def _result_of(message: Message) -> dict[str, str]:
    """How it ended. What may have been handed over has no other time than that."""
    at = message.finished_at or message.submitted_at
    return {
        "status_code": code_of(message.state, message.result_code),
        "status_name": RESULT[message.state],
        "status_message": meaning_of(message.state, message.result_code),
        "complete_time": time_of(at) if at else "",
        "telco_code": message.telco or "",
    }
