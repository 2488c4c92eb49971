"""What the description shows of each route: the nine bodies of the document, and one of every other kind."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FILE_ID = "4fe2078b-5926-42f2-b6b3-0c7bab9b8c5a"
REQUEST_ID = "019aa5d2-6a00-7000-8000-000000000000"
MESSAGE_ID = "019aa5d2-6a00-7000-8000-000000000001"

OWN = "content sent only to the corresponding number (optional) apart from the above content"
OWN_TITLE = "title sent only to the number separately from the above content (optional)"
AD = "(Ad) company name content [Free call block]08012345678"
OWN_AD = (
    "(Ad) company name content sent only to the number separately from the content above (optional) "
    "[Free call block] 08012345678"
)
# A picture of one pixel.
PICTURE = (
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6j"
    "q62rZ4C8ybqmx5moq6T/wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAABv/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAI"
    "AQEAAD8AMv/Z"
)


@dataclass(frozen=True, kw_only=True)
class Route:
    """One route: a line about it, the bodies it takes by name, an answer, and values of its parameters."""

    summary: str
    tag: str
    bodies: Mapping[str, Any] = field(default_factory=dict)
    answer: Any = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


def _message(type_: str, *, is_ad: bool, is_reserved: bool) -> dict[str, Any]:
    """A body as the document has it."""
    has_subject = type_ != "SMS"
    message = {"to": "01012345678"}
    if has_subject:
        message["subject"] = OWN_TITLE
    message["content"] = OWN_AD if is_ad else OWN
    body: dict[str, Any] = {"reserveTime": "2019-07-25 17:09"} if is_reserved else {}
    body |= {"type": type_, "contentType": "AD" if is_ad else "COMM"}
    body |= {} if has_subject else {"countryCode": "82"}
    body |= {"from": "01012345678"}
    body |= {"subject": "subject"} if has_subject else {}
    body |= {"content": AD if is_ad else "content", "messages": [message]}
    return body | ({"files": [{"fileId": FILE_ID}]} if type_ == "MMS" else {})


MESSAGES = {
    f"{type_} · {kind}": _message(type_, is_ad=kind == "ad", is_reserved=kind == "reserved")
    for type_ in ("SMS", "LMS", "MMS")
    for kind in ("regular", "reserved", "ad")
}
INSIDE = {
    "MMS · file inside the message": {
        "type": "MMS",
        "from": "01012345678",
        "subject": None,
        "content": "content",
        "messages": [{"to": "01012345678"}],
        "files": [{"name": "pixel.jpg", "body": PICTURE}],
    }
}
RESULT = {
    "requestTime": "2026-11-22 09:30:00",
    "contentType": "COMM",
    "countryCode": "82",
    "from": "01012345678",
    "to": "01012345678",
    "status": "COMPLETED",
    "statusCode": "0",
    "statusName": "success",
    "statusMessage": "Delivered",
    "completeTime": "2026-11-22 09:30:02",
    "telcoCode": "SKT",
}
NUMBERS = [{"clientTelNo": "01012345678"}]
REGISTERED = [{"clientTelNo": "01012345678", "registerTime": "2026-11-22T09:30:00", "registerType": "M"}]

ROUTES: Mapping[str, Route] = {
    "postMessages": Route(
        summary="Send messages",
        tag="Messages",
        bodies=MESSAGES | INSIDE,
        answer={
            "requestId": REQUEST_ID,
            "requestTime": "2026-11-22T09:30:00.123",
            "statusCode": "202",
            "statusName": "success",
        },
    ),
    "postFiles": Route(
        summary="Upload a file",
        tag="Messages",
        bodies={"A picture of one pixel": {"fileName": "pixel.jpg", "fileBody": PICTURE}},
        answer={
            "fileId": FILE_ID,
            "createTime": "2026-11-22 09:30:00",
            "expireTime": "2026-11-28 09:30:00",
        },
    ),
    "getMessages": Route(
        summary="Search for messages",
        tag="Messages",
        parameters={"requestId": REQUEST_ID},
        answer={
            "statusCode": "202",
            "statusName": "success",
            "messages": [
                {"requestId": REQUEST_ID, "campaignId": "", "messageId": MESSAGE_ID, "type": "SMS"} | RESULT
            ],
            "pageIndex": 0,
            "pageSize": 1000,
            "itemCount": 1,
            "hasMore": False,
        },
    ),
    "getMessage": Route(
        summary="Look at one message",
        tag="Messages",
        parameters={"messageId": MESSAGE_ID},
        answer={
            "statusCode": "200",
            "statusName": "success",
            "messages": [RESULT | {"content": "content", "files": [{"name": "a.jpg", "fileId": FILE_ID}]}],
        },
    ),
    "getReservation": Route(
        summary="Look at a reservation",
        tag="Reservations",
        parameters={"reserveId": REQUEST_ID},
        answer={
            "reserveId": REQUEST_ID,
            "reserveTimeZone": "Asia/Seoul",
            "reserveTime": "2026-11-22 17:09",
            "reserveStatus": "READY",
        },
    ),
    "deleteReservation": Route(
        summary="Cancel a reservation", tag="Reservations", parameters={"reserveId": REQUEST_ID}
    ),
    "getUnsubscribes": Route(
        summary="List numbers that refuse advertising",
        tag="Unsubscribes",
        parameters={"clientTelNo": "01012345678"},
        answer=REGISTERED,
    ),
    "postUnsubscribes": Route(
        summary="Enter numbers that refuse advertising",
        tag="Unsubscribes",
        bodies={"One number": NUMBERS},
        answer=REGISTERED,
    ),
    "deleteUnsubscribes": Route(
        summary="Remove numbers that refuse advertising", tag="Unsubscribes", bodies={"One number": NUMBERS}
    ),
}
