"""An example of what each event tells, made of nobody's numbers; for the page that helps developers."""

from typing import Any

from console.accounts.models import EventName

REQUEST = "0197a8c0-1234-7abc-8def-012300000000"
AT = "2026-11-22T11:25:10.000+09:00"
HOOKS: dict[str, dict[str, Any]] = {
    EventName.MESSAGE_RESULT: {
        "hookId": "1f0c7a6e5d4b4c3a9b8877665544332200000",
        "senderType": "NORMAL_SMS",
        "requestId": REQUEST,
        "recipientSeq": 1,
        "requestDate": "2026-11-22T11:25:02",
        "receiveDate": "2026-11-22T11:25:04",
        "sendNo": "0212345678",
        "recipientNo": "01000000000",
        "messageStatus": "COMPLETED",
        "recipientGroupingKey": None,
        "senderGroupingKey": None,
        "resultCode": "0",
        "messageCount": 1,
        "_links": {"self": {"href": "https://console.example.com/deliveries/messages/…/"}},
    },
    EventName.OPT_OUT: {
        "hookId": "1f0c7a6e5d4b4c3a9b8877665544332200000",
        "recipientNo": "01000000000",
        "unsubscribeNo": "0801234567",
        "enterpriseName": "Acme",
        "createdDateTime": AT,
    },
    EventName.IDENTITY_DECIDED: {
        "hookId": "1f0c7a6e5d4b4c3a9b8877665544332200000",
        "username": "kim",
        "decision": "APPROVED",
        "decidedDateTime": AT,
    },
    EventName.SENDER_NUMBER_DECIDED: {
        "hookId": "1f0c7a6e5d4b4c3a9b8877665544332200000",
        "sendNo": "0212345678",
        "decision": "REJECTED",
        "decidedDateTime": AT,
    },
    EventName.LIMIT_REACHED: {
        "hookId": "1f0c7a6e5d4b4c3a9b8877665544332200000",
        "month": "2026-11",
        "percent": 70,
        "sent": 700,
        "limit": 1000,
    },
    EventName.COUNTRY_BLOCKED: {
        "hookId": "1f0c7a6e5d4b4c3a9b8877665544332200000",
        "countryCode": "1",
        "blockedDateTime": AT,
    },
    EventName.INTERNATIONAL_RECEIPT: {
        "hookId": "1f0c7a6e5d4b4c3a9b8877665544332200000",
        "requestId": REQUEST,
        "recipientSeq": 1,
        "dlrStatus": "DELIVERED",
        "networkCode": "",
        "errorCode": "0",
    },
}


def example_of(event: str, app_key: str) -> dict[str, Any]:
    """A whole body of that event."""
    return {
        "hooksId": "1f0c7a6e-5d4b-4c3a-9b88-776655443322",
        "webhookConfigId": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
        "productName": "Sms",
        "appKey": app_key,
        "event": event,
        "hooks": [HOOKS[event]],
    }
