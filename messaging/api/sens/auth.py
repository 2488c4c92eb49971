"""Who calls: a key, its signature over the call as it came, the service that it names."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote

from django.http import HttpRequest
from django.utils import timezone

from console.accounts.keys import Refusal, authenticate, secrets_of, touch
from console.accounts.middleware import client_address
from console.accounts.models import AccessKey, Project
from messaging.api import rate, replay
from messaging.api.sens.bodies import whole_body
from messaging.api.sens.errors import made_before, no_service, too_many, unauthorized
from messaging.api.sens.signature import is_timely, read, sign

TIMESTAMP = "x-ncp-apigw-timestamp"
ACCESS_KEY = "x-ncp-iam-access-key"
SIGNATURE = "x-ncp-apigw-signature-v2"


@dataclass(frozen=True, slots=True)
class Caller:
    """A program that is let in. `signature` and `body` are its call's, `at` is when that came."""

    project: Project
    key: AccessKey
    signature: bytes
    body: bytes
    at: datetime


def caller_of(request: HttpRequest, service_id: str) -> Caller:
    """Whoever signed the call, for that service. Raises Refused.

    What is wrong of timestamp, key and signature is said, in that order; whether a key exists, was revoked,
    is used from a wrong address or has a closed project sounds the same. Calls are counted once it is known
    whose they are.
    """
    now = timezone.now()
    timestamp = request.headers.get(TIMESTAMP, "")
    if not is_timely(timestamp, now):
        raise unauthorized(f"The timestamp ({TIMESTAMP}) is missing, or more than 5 minutes from now.")
    name, address = request.headers.get(ACCESS_KEY, ""), client_address(request)
    found = authenticate(name, address or "")
    if isinstance(found, Refusal):
        raise unauthorized(f"The access key ({ACCESS_KEY}) is missing, or not to be used here.")
    signature = read(request.headers.get(SIGNATURE, ""))
    if signature is None or not _is_signed(request, found, signature, timestamp, now):
        raise unauthorized(f"The signature ({SIGNATURE}) does not belong to this call.")
    if unquote(service_id) != found.project.service_id:
        raise no_service()
    if rate.is_over(found.project_id, now):
        raise too_many()
    touch(found, now, address)
    return Caller(found.project, found, signature, whole_body(request), now)


def take_once(caller: Caller) -> None:
    """Within the transaction of what a call changes: refuse one that was made before. Raises Refused."""
    if not replay.is_new(caller.signature, caller.body, caller.at):
        raise made_before()


def _is_signed(request: HttpRequest, key: AccessKey, signature: bytes, timestamp: str, now: datetime) -> bool:
    expected = [
        sign(
            secret,
            method=request.method or "",
            target=target_of(request),
            timestamp=timestamp,
            access_key=key.access_key,
        )
        for secret in secrets_of(key, now)
    ]
    return any(hmac.compare_digest(each, signature) for each in expected)


def target_of(request: HttpRequest) -> str:
    """The path with its query as it came on the wire, before anything decoded it."""
    return str(request.META.get("RAW_URI") or request.get_full_path())
