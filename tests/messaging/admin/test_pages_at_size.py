"""The project that pages are measured with: its counts are those of its messages, and every page answers."""

from collections import Counter as Tally

import pytest
from django.db.models import Sum

from messaging.models import Chunk, Contact, Message, RequestCount, SendBatch, StatisticsCount, Uid
from messaging.states import Counter, MessageState
from tests.benchmarks.bench_pages import ask, signed_in
from tests.benchmarks.large_project import build
from tests.benchmarks.page_probes import probes

# VACUUM runs in no transaction.
pytestmark = pytest.mark.django_db(transaction=True)


def test_its_counts_are_those_of_its_messages_and_every_page_answers() -> None:
    large = build(1500)
    states = Tally(Message.objects.filter(project=large.project).values_list("state", flat=True))
    for counted in (StatisticsCount, RequestCount):
        n = dict(counted.objects.values_list("counter").annotate(n=Sum("n")).order_by())
        assert n[Counter.REQUESTED] == sum(states.values())
        assert n[Counter.DELIVERED] == states[MessageState.DELIVERED]
        assert n[Counter.SEND_FAILED] + n[Counter.DELIVERY_FAILED] == states[MessageState.FAILED]
        assert n.get(Counter.CANCELED, 0) == states[MessageState.CANCELED]
        assert n.get(Counter.UNKNOWN, 0) == states[MessageState.UNKNOWN]
    loaded = SendBatch.objects.filter(request__loaded__gt=0)
    assert set(Chunk.objects.values_list("batch", flat=True)) == set(loaded.values_list("pk", flat=True))
    assert Contact.objects.count() == 3 * Uid.objects.count()
    client = signed_in(large, "manager")
    answers = {probe.name: ask(client, probe) for probe in probes(large)}
    assert {name for name, status in answers.items() if status not in (200, 403)} == set()
    assert len(answers) > 100
