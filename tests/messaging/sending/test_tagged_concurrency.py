"""Loaders of a tag request, people and other loaders at once, in threads with connections of their own."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from console.accounts.models import Project
from messaging.audience.conditions import Condition
from messaging.models import Chunk, Message, SendRequest, Tag
from messaging.sending import tagged
from messaging.sending.canceling import cancel_request, finish_canceling
from messaging.sending.loading import load_request
from messaging.sending.planning import plan_send
from messaging.states import RequestState
from tests.messaging.sending.audiences import tagged_numbers, to_tags
from tests.messaging.sending.conftest import MakeCommand
from tests.messaging.sending.counts import assert_exact
from tests.messaging.sending.files import numbers
from tests.messaging.sending.test_concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 60
SECONDS = 30


@pytest.fixture
def tag(project: Project) -> Tag:
    return tagged_numbers(project, numbers(ROWS))


@pytest.fixture
def request_for_now(command: MakeCommand, tag: Tag) -> SendRequest:
    return plan_send(command(**to_tags(Condition((tag.pk,)))))


class Gate:
    """Stops the first loader when its messages are written, until it is opened."""

    def __init__(self) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()
        self.real = tagged._write_messages

    def __call__(self, request: SendRequest, condition: Condition) -> int:
        written = self.real(request, condition)
        if not self.reached.is_set():
            self.reached.set()
            assert self.opened.wait(SECONDS)
        return written


@contextmanager
def stopped_loader(request: SendRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """While the block runs, a loader in another thread has written its messages and not committed them."""
    gate = Gate()
    monkeypatch.setattr(tagged, "_write_messages", gate)
    loader = threading.Thread(target=in_thread(lambda: load_request(request.pk)))
    loader.start()
    assert gate.reached.wait(SECONDS)
    try:
        yield
    finally:
        gate.opened.set()
        loader.join(SECONDS)
    assert not loader.is_alive()


def in_thread(work: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    return run


def test_loaders_at_once_write_once(request_for_now: SendRequest) -> None:
    at_once(*[lambda: load_request(request_for_now.pk)] * 4)
    request_for_now.refresh_from_db()
    assert (request_for_now.state, request_for_now.loaded) == (RequestState.SENDING, ROWS)
    assert (Message.objects.count(), Chunk.objects.count()) == (ROWS, 1)
    assert_exact(request_for_now)


def test_a_statement_that_outlives_its_lease_is_not_done_twice(
    request_for_now: SendRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stopped_loader(request_for_now, monkeypatch):
        SendRequest.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        load_request(request_for_now.pk)  # takes the lease, and finds the other one at work
        assert Message.objects.count() == 0
        assert SendRequest.objects.get().state == RequestState.LOADING
    request_for_now.refresh_from_db()
    assert (request_for_now.state, request_for_now.loaded) == (RequestState.SENDING, ROWS)
    assert (Message.objects.count(), Chunk.objects.count()) == (ROWS, 1)
    assert_exact(request_for_now)


def test_a_cancel_does_not_wait_for_the_load_and_undoes_it(
    request_for_now: SendRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stopped_loader(request_for_now, monkeypatch):
        assert cancel_request(request=request_for_now, actor=None)
        assert finish_canceling() == 1
    request_for_now.refresh_from_db()
    assert request_for_now.state == RequestState.CANCELED
    assert (Message.objects.count(), Chunk.objects.count()) == (0, 0)
    assert_exact(request_for_now)


def test_a_tag_that_is_deleted_meanwhile_stays_until_it_is_loaded(
    request_for_now: SendRequest, tag: Tag, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stopped_loader(request_for_now, monkeypatch):
        deleting = threading.Thread(target=in_thread(tag.delete))
        deleting.start()
        deleting.join(0.5)
        assert deleting.is_alive()
    deleting.join(SECONDS)
    assert not Tag.objects.exists()
    request_for_now.refresh_from_db()
    assert (request_for_now.state, Message.objects.count()) == (RequestState.SENDING, ROWS)
