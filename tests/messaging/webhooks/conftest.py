"""A receiver on loopback, which an administrator allowed, and a webhook that calls it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from console.accounts.models import EventName, Project
from messaging.gateways.base import Report
from messaging.models import GatewayAccount, Message, SendRequest, Webhook, WebhookNetwork
from messaging.sending.loading import load_request
from messaging.sending.releasing import release_due
from messaging.sending.reporting import apply_reports
from messaging.sending.submitting import drain
from messaging.states import Lane
from tests.factories import ProjectFactory, RouteFactory, SenderNumberFactory, WebhookFactory
from tests.messaging.webhooks.receiver import Receiver, echoing, listening

SENDER = "0212345678"


@pytest.fixture(autouse=True)
def fresh_cache() -> None:
    cache.clear()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening(echoing) as receiver:
        yield receiver


@pytest.fixture
def loopback(db: None) -> WebhookNetwork:
    return WebhookNetwork.objects.create(network="127.0.0.0/8", note="receivers of tests")


@pytest.fixture
def project(db: None) -> Project:
    project: Project = ProjectFactory()
    SenderNumberFactory(approved=True, project=project, number=SENDER)
    return project


@pytest.fixture
def account(db: None) -> GatewayAccount:
    return RouteFactory().account


@pytest.fixture
def webhook(project: Project, receiver: Receiver, loopback: WebhookNetwork) -> Webhook:
    return WebhookFactory(project=project, url=receiver.url, events=[EventName.MESSAGE_RESULT])


def hand_over(request: SendRequest) -> list[Message]:
    """Have the carrier take the request's messages; they wait for their result then."""
    load_request(str(request.pk))
    release_due()
    for lane in Lane:
        drain(lane)
    return list(Message.objects.filter(request=request).order_by("id"))


def report(account: GatewayAccount, message: Message, code: str = "0", **changes: Any) -> None:
    given = {"message_id": str(message.pk), "carrier_id": None, "code": code, "telco": "SKT"}
    apply_reports(account, [Report(**{**given, "happened_at": timezone.now(), **changes})])
