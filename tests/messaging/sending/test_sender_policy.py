"""The signature of a country: handed over, counted, shown as sent, and too long where it is."""

import pytest

from messaging.gateways.simulator import Simulator
from messaging.models import InternationalSettings, Message, SendRequest
from messaging.sending.commands import Recipient, SendRefused
from messaging.sending.planning import plan_send
from messaging.sending.submitting import drain
from messaging.sending.texts import text_of
from messaging.states import Counter, Lane
from messaging.statistics.queries import progress_of
from tests.messaging.sending.conftest import MakeCommand
from tests.messaging.sending.counts import assert_exact

pytestmark = pytest.mark.django_db

CHINA, SINGAPORE = "+8613812345678", "+6581234567"


@pytest.fixture(autouse=True)
def goes_abroad(project) -> None:
    InternationalSettings.objects.create(project=project, is_on=True, countries=[65, 86])


def at_carrier(simulator: Simulator) -> list[tuple[int, str]]:
    with simulator.ledger.reading() as database:
        return sorted(database.execute("SELECT country_code, text FROM message").fetchall())


@pytest.mark.parametrize("has_keys", [False, True])
def test_it_is_in_what_is_handed_over_and_shown(
    command: MakeCommand, simulator: Simulator, has_keys: bool
) -> None:
    given = {"recipients": [CHINA, SINGAPORE], "body": "a" * 63}
    if has_keys:
        given["recipients"] = [Recipient(each, {"key": "a" * 63}) for each in (CHINA, SINGAPORE)]
        given["body"] = "##key##"
    request = plan_send(command(**given))
    drain(Lane.SINGLE)
    assert at_carrier(simulator) == [(65, "a" * 63), (86, "【Verify】" + "a" * 63)]
    shown = [text_of(request, each)[1] for each in Message.objects.order_by("country_code")]
    assert shown == ["a" * 63, "【Verify】" + "a" * 63]
    assert progress_of([request.pk])[request.pk].counts[Counter.PARTS] == 3
    assert_exact(request)


def test_it_counts_where_a_text_is_as_long_as_can_be(command: MakeCommand) -> None:
    longest = 67 * 5 - len("【Verify】")
    plan_send(command(recipients=[CHINA], body="a" * longest))
    with pytest.raises(SendRefused) as refused:
        plan_send(command(recipients=[CHINA], body="a" * (longest + 1)))
    assert [problem.code for problem in refused.value.problems] == ["too_long"]
    assert SendRequest.objects.count() == 1
