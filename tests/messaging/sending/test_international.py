"""To other countries: what is let go, in which month it counts, and that the limit is exact."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.accounts.models import Project
from console.queues import TaskName
from messaging.audience.conditions import Condition
from messaging.gateways.simulator import Simulator
from messaging.models import (
    Chunk,
    Contact,
    CountryBlock,
    DuplicateSettings,
    GatewayAccount,
    InternationalSettings,
    InternationalUsage,
    Message,
    SendRequest,
)
from messaging.policies.international import month_of
from messaging.recipients.importing import stored_path
from messaging.recipients.staging import staging_line
from messaging.sending.canceling import cancel_request, finish_canceling
from messaging.sending.loading import load_request
from messaging.sending.planning import plan_send
from messaging.sending.recovery import recover_stale_chunks
from messaging.sending.submitting import drain
from messaging.states import DeliveryKind, Lane, Purpose
from tests.factories import ContactFactory, ProjectFactory, RouteFactory, SenderNumberFactory
from tests.messaging.sending.audiences import tagged_numbers, to_tags
from tests.messaging.sending.conftest import SENDER, MakeCommand
from tests.messaging.sending.counts import assert_exact
from tests.messaging.sending.files import checked_file, numbers
from tests.messaging.sending.test_submitting import (  # noqa: F401 - a fixture
    Keyed,
    Scripted,
    accept,
    be_down,
    clock,
    codes,
    cut_off,
    die_after_accepting,
    keyed,
    keyless,
    refuse_first,
    scripted,
    seconds_later,
    states,
)

pytestmark = pytest.mark.django_db
NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
HOME = "01012340001"


def abroad(count: int, start: int = 0) -> list[str]:
    """So many numbers in the United States."""
    return [f"+1415555{n:04d}" for n in range(start, start + count)]


def limit(project: Project, monthly_limit: int, **changes: Any) -> InternationalSettings:
    wanted = {"monthly_limit": monthly_limit, **changes}
    return InternationalSettings.objects.update_or_create(project=project, defaults=wanted)[0]


def usage(project: Project) -> dict[date, int]:
    rows = InternationalUsage.objects.filter(project=project, sent__gt=0)
    return dict(rows.order_by("month").values_list("month", "sent"))


def block(project: Project, code: int) -> CountryBlock:
    return CountryBlock.objects.create(
        project=project, country_code=code, sent=100, converted=1, blocked_at=timezone.now()
    )


def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was planned before the settings were as they are."""
    monkeypatch.setattr("messaging.sending.checking.abroad_problems", lambda command, countries: iter(()))


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    unchecked(monkeypatch)


def test_what_goes_abroad_is_counted_in_the_month(
    command: MakeCommand,
    project: Project,
    simulator: Simulator,
    clock: time_machine.Traveller,  # noqa: F811
) -> None:
    request = plan_send(command(recipients=[*abroad(3), HOME]))
    assert request.goes_abroad
    drain(Lane.SINGLE)
    assert states(request) == ["SENT"] * 4
    assert usage(project) == {NOVEMBER: 3}
    assert Chunk.objects.get(request=request).abroad_counted_at == timezone.now()


def test_what_stays_at_home_is_not_looked_at(
    command: MakeCommand, project: Project, simulator: Simulator
) -> None:
    request = plan_send(command())
    assert not request.goes_abroad
    with CaptureQueriesContext(
        connection,
    ) as queries:
        drain(Lane.SINGLE)
    assert not [sql for sql in queries.captured_queries if "international" in sql["sql"]]
    assert (usage(project), Chunk.objects.get().abroad_counted_at) == ({}, None)


@pytest.mark.parametrize(
    ("changes", "recipients", "expected"),
    [
        ({"is_on": False}, [*abroad(1), HOME], ["B020", None]),
        ({"countries": [81]}, ["+819012345678", *abroad(1), HOME], [None, "B013", None]),
        ({"countries": []}, ["+819012345678", HOME], ["B013", None]),
        (
            {"countries": [1]},
            ["+18765551234", *abroad(1)],
            ["B013", None],
        ),  # Jamaica is not the United States
        ({"countries": [1787]}, ["+19395551234", "+17875551234"], [None, None]),
        ({}, ["+18765551234", "+819012345678"], ["B013", None]),  # the major ones, where none were chosen
    ],
)
def test_countries_that_are_not_allowed_fail(
    command: MakeCommand,
    project: Project,
    simulator: Simulator,
    late: None,
    changes: dict[str, Any],
    recipients: list[str],
    expected: list[str | None],
) -> None:
    limit(project, 1000, **changes)
    request = plan_send(command(recipients=recipients))
    drain(Lane.SINGLE)
    assert codes(request) == expected
    assert sum(usage(project).values()) == expected.count(None) - recipients.count(HOME)
    assert_exact(request)


def test_a_country_that_is_blocked_fails_until_it_is_unblocked(
    command: MakeCommand, project: Project, simulator: Simulator, late: None
) -> None:
    blocked = block(project, 1)
    first = plan_send(command(recipients=[*abroad(1), "+819012345678"]))
    drain(Lane.SINGLE)
    assert codes(first) == ["B021", None]
    CountryBlock.objects.filter(pk=blocked.pk).update(lifted_at=timezone.now())
    second = plan_send(command(recipients=abroad(1)))
    drain(Lane.SINGLE)
    assert codes(second) == [None]
    assert sum(usage(project).values()) == 2


def test_past_the_limit_the_first_go_and_the_rest_fail(
    command: MakeCommand, project: Project, simulator: Simulator, late: None
) -> None:
    limit(project, 4)
    first = plan_send(command(recipients=[*abroad(2), HOME]))
    second = plan_send(command(recipients=[*abroad(3), HOME]))
    third = plan_send(command(recipients=[*abroad(1), HOME]))
    drain(Lane.SINGLE)
    assert codes(first) == [None] * 3
    assert codes(second) == [None, None, "B014", None]
    assert codes(third) == ["B014", None]
    assert list(usage(project).values()) == [4]
    assert_exact(first, second, third)


def test_the_limit_is_a_projects_own(command: MakeCommand, project: Project, simulator: Simulator) -> None:
    limit(project, 1)
    other = ProjectFactory()
    SenderNumberFactory(approved=True, project=other, number=SENDER)
    RouteFactory(project=other)
    requests = [
        plan_send(command(recipients=abroad(1))),
        plan_send(command(project=other, recipients=abroad(2))),
    ]
    drain(Lane.SINGLE)
    assert [codes(request) for request in requests] == [[None], [None, None]]
    assert (list(usage(project).values()), list(usage(other).values())) == ([1], [2])


def test_the_systems_own_codes_are_counted_too(
    command: MakeCommand, project: Project, simulator: Simulator, late: None
) -> None:
    limit(project, 1)
    for number in abroad(2):
        plan_send(command(source="SYSTEM", purpose=Purpose.AUTHENTICATION, recipients=[number], body="1234"))
    drain(Lane.AUTH)
    assert sorted(Message.objects.values_list("state", flat=True)) == ["FAILED", "SENT"]
    assert list(usage(project).values()) == [1]


def test_what_a_text_cannot_do_abroad_gives_its_place_back(
    command: MakeCommand,
    project: Project,
    keyed: type[Scripted],  # noqa: F811
) -> None:
    request = plan_send(command(recipients=abroad(3)))
    keyed.script[:] = [refuse_first("3012", retryable=False), accept]
    drain(Lane.SINGLE)
    assert codes(request) == ["3012", None, None]
    assert list(usage(project).values()) == [2]


def test_a_worker_that_dies_before_the_hand_over_counts_once(
    command: MakeCommand,
    project: Project,
    keyless: type[Scripted],  # noqa: F811
    clock: time_machine.Traveller,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limit(project, 5)
    request = plan_send(command(recipients=abroad(5)))

    def die(*args: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr("messaging.sending.submitting.render", die)
        with pytest.raises(SystemExit):
            drain(Lane.SINGLE)
    assert usage(project) == {NOVEMBER: 5}
    assert states(request) == ["READY"] * 5
    seconds_later(clock, 61)
    recover_stale_chunks()
    drain(Lane.SINGLE)
    # The first group may have gone: the carrier knows no ids of ours. It keeps its places.
    assert states(request) == ["UNKNOWN"] * 2 + ["SENT"] * 3
    assert usage(project) == {NOVEMBER: 5}


def test_a_worker_that_dies_after_the_hand_over_counts_once(
    command: MakeCommand,
    project: Project,
    keyed: type[Scripted],  # noqa: F811
    clock: time_machine.Traveller,  # noqa: F811
) -> None:
    limit(project, 5)
    request = plan_send(command(recipients=abroad(5)))
    keyed.script[:] = [die_after_accepting]
    with pytest.raises(SystemExit):
        drain(Lane.SINGLE)
    seconds_later(clock, 61)
    recover_stale_chunks()
    drain(Lane.SINGLE)
    assert states(request) == ["SENT"] * 5
    assert usage(project) == {NOVEMBER: 5}


def test_what_waits_for_its_carrier_keeps_its_places(
    command: MakeCommand,
    project: Project,
    keyless: type[Scripted],  # noqa: F811
    clock: time_machine.Traveller,  # noqa: F811
    late: None,
) -> None:
    limit(project, 5)
    waiting = plan_send(command(recipients=abroad(5)))
    keyless.script[:] = [accept, be_down]
    drain(Lane.SINGLE)
    assert states(waiting) == ["SENT"] * 2 + ["READY"] * 3
    other = plan_send(command(recipients=abroad(1)))
    drain(Lane.SINGLE)
    assert (codes(other), usage(project)) == (["B014"], {NOVEMBER: 5})
    seconds_later(clock, 3)
    drain(Lane.SINGLE)
    assert states(waiting) == ["SENT"] * 5
    assert usage(project) == {NOVEMBER: 5}


def test_what_stays_at_home_holds_no_place(
    command: MakeCommand,
    project: Project,
    keyless: type[Scripted],  # noqa: F811
    clock: time_machine.Traveller,  # noqa: F811
) -> None:
    request = plan_send(command(recipients=[*abroad(2), HOME, "01012340002"]))
    keyless.script[:] = [be_down]
    drain(Lane.SINGLE)
    assert (states(request), usage(project)) == (["READY"] * 4, {NOVEMBER: 2})
    seconds_later(clock, 3)
    drain(Lane.SINGLE)
    assert (states(request), usage(project)) == (["SENT"] * 4, {NOVEMBER: 2})


def test_it_is_looked_at_when_a_share_of_the_limit_is_reached(
    command: MakeCommand,
    project: Project,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    limit(project, 10)
    rung: list[Any] = []
    monkeypatch.setattr("console.queues.ring", lambda *named: rung.append(named))
    found = []
    for count in (6, 1, 2, 1):
        plan_send(command(recipients=abroad(count)))
        rung.clear()
        with django_capture_on_commit_callbacks(execute=True):
            drain(Lane.SINGLE)
        found.append((TaskName.CHECK_LIMITS,) in rung)
    assert found == [False, True, False, True]


def test_what_was_let_go_and_is_blocked_before_it_is_tried_again_gives_its_places_back(
    command: MakeCommand,
    project: Project,
    keyless: type[Scripted],  # noqa: F811
    clock: time_machine.Traveller,  # noqa: F811
) -> None:
    request = plan_send(command(recipients=[*abroad(2), "+819012345678"]))
    keyless.script[:] = [be_down]
    drain(Lane.SINGLE)
    assert usage(project) == {NOVEMBER: 3}
    block(project, 1)
    seconds_later(clock, 3)
    drain(Lane.SINGLE)
    assert codes(request) == ["B021", "B021", None]
    assert usage(project) == {NOVEMBER: 1}


def test_what_was_let_go_and_then_is_refused_by_another_policy_gives_its_places_back(
    command: MakeCommand,
    project: Project,
    keyless: type[Scripted],  # noqa: F811
    clock: time_machine.Traveller,  # noqa: F811
) -> None:
    DuplicateSettings.objects.create(project=project, is_on=True, minutes=10)
    first = plan_send(command(recipients=abroad(2)))
    keyless.script[:] = [be_down]
    drain(Lane.SINGLE)
    seconds_later(clock, 1)
    second = plan_send(command(recipients=abroad(2)))
    drain(Lane.SINGLE)
    assert (codes(second), usage(project)) == ([None, None], {NOVEMBER: 4})
    seconds_later(clock, 3)
    drain(Lane.SINGLE)
    assert codes(first) == ["B003", "B003"]
    assert usage(project) == {NOVEMBER: 2}


def test_places_move_to_the_month_in_which_it_is_handed_over(
    command: MakeCommand,
    project: Project,
    keyless: type[Scripted],  # noqa: F811
    clock: time_machine.Traveller,  # noqa: F811
    late: None,
) -> None:
    limit(project, 4)
    clock.move_to(datetime(2026, 11, 30, 14, 59, 58, tzinfo=UTC))  # two seconds of November are left in Seoul
    request = plan_send(command(recipients=abroad(4)))
    keyless.script[:] = [accept, be_down]
    drain(Lane.SINGLE)
    assert (states(request), usage(project)) == (["SENT"] * 2 + ["READY"] * 2, {NOVEMBER: 4})
    InternationalUsage.objects.create(project=project, month=DECEMBER, sent=3)
    seconds_later(clock, 3)
    drain(Lane.SINGLE)
    assert codes(request) == [None, None, None, "B014"]
    assert usage(project) == {NOVEMBER: 2, DECEMBER: 4}


def test_what_is_canceled_or_fails_before_it_goes_gives_its_places_back(
    command: MakeCommand,
    project: Project,
    keyless: type[Scripted],  # noqa: F811
    clock: time_machine.Traveller,  # noqa: F811
) -> None:
    canceled, failing = (plan_send(command(recipients=abroad(3))) for _n in range(2))
    keyless.script[:] = [be_down]
    drain(Lane.SINGLE)  # the first is put back
    assert (states(canceled), usage(project)) == (["READY"] * 3, {NOVEMBER: 3})
    cancel_request(request=canceled, actor=None)
    finish_canceling()
    assert (states(canceled), usage(project)) == (["CANCELED"] * 3, {})
    keyless.script[:] = [be_down]
    drain(Lane.SINGLE)
    assert usage(project) == {NOVEMBER: 3}
    Project.objects.filter(pk=project.pk).update(is_active=False)
    seconds_later(clock, 3)
    drain(Lane.SINGLE)
    assert (codes(failing), usage(project)) == (["B018"] * 3, {})


def test_a_file_is_known_to_go_abroad_by_its_rows(
    command: MakeCommand, project: Project, simulator: Simulator
) -> None:
    found = []
    for country_code in (81, 82):
        file = checked_file(project, numbers(1))
        rows = [staging_line(2, 82, numbers(1)[0], []), staging_line(3, country_code, "01012340002", [])]
        stored_path(file.staging_name).write_text("".join(rows))
        file.result = {**(file.result or {}), "sendable": 2, "total_rows": 2}
        file.save()
        request = plan_send(command(recipients=[], recipient_file=file, kind=DeliveryKind.MASS))
        load_request(request.pk)
        request.refresh_from_db()
        found.append(request.goes_abroad)
    assert found == [True, False]
    while drain(Lane.MASS):
        pass
    assert list(usage(project).values()) == [1]


def test_a_tag_send_is_known_to_go_abroad_by_those_it_meets(
    command: MakeCommand, project: Project, simulator: Simulator
) -> None:
    tag = tagged_numbers(project, numbers(2))
    for contact in Contact.objects.filter(project=project):
        ContactFactory(uid=contact.uid, country_code=1, value=f"415{contact.value[-7:]}")
    at_home = tagged_numbers(project, numbers(2), name="home")
    found = []
    for each in (tag, at_home):
        request = plan_send(command(**to_tags(Condition((each.pk,)))))
        SendRequest.objects.filter(pk=request.pk).update(goes_abroad=False)  # what counts is what is loaded
        load_request(request.pk)
        request.refresh_from_db()
        found.append(request.goes_abroad)
    assert found == [True, False]
    while drain(Lane.MASS):
        pass
    assert list(usage(project).values()) == [2]


# --- any history ---------------------------------------------------------------------------------

STEPS = st.one_of(
    st.tuples(st.just("send"), st.integers(1, 6)),
    st.tuples(
        st.just("drain"), st.lists(st.sampled_from(["accept", "down", "cut", "refuse", "die"]), max_size=4)
    ),
    st.tuples(st.just("cancel"), st.integers(0, 5)),
    st.tuples(st.just("wait"), st.sampled_from([3, 90, 86_400 * 9])),
    st.tuples(st.just("block"), st.booleans()),
    st.tuples(st.just("limit"), st.integers(1, 12)),
)
ACTS = {
    "accept": accept,
    "down": be_down,
    "cut": cut_off,
    "refuse": refuse_first("3012", retryable=False),
    "die": die_after_accepting,
}


@given(st.lists(STEPS, min_size=3, max_size=14), st.booleans())
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_after_any_history_a_month_counts_what_was_handed_over_in_it(
    command: MakeCommand,
    account: GatewayAccount,
    steps: list[tuple[str, Any]],
    is_keyed: bool,
) -> None:
    with pytest.MonkeyPatch.context() as patch, transaction.atomic():
        unchecked(patch)
        patch.setattr("messaging.sending.screening.once_more_on_deadlock", lambda function: function)
        carrier = scripted(Keyed if is_keyed else Scripted, account, patch)
        with time_machine.travel(datetime(2026, 11, 22, 3, tzinfo=UTC), tick=False) as now:
            _live(command, carrier, steps, now)
        transaction.set_rollback(True)


def _live(
    command: MakeCommand, carrier: type[Scripted], steps: list[tuple[str, Any]], now: time_machine.Traveller
) -> None:
    project = command().project
    requests: list[SendRequest] = []
    for number, (step, value) in enumerate(steps):
        if step == "send":
            requests.append(plan_send(command(recipients=[*abroad(value, number * 10), HOME])))
        elif step == "drain":
            carrier.script[:] = [ACTS[name] for name in value]
            with suppress(SystemExit):
                drain(Lane.SINGLE)
        elif step == "cancel" and requests:
            cancel_request(request=requests[value % len(requests)], actor=None)
            finish_canceling()
        elif step == "wait":
            now.shift(timedelta(seconds=value))
            recover_stale_chunks()
        elif (
            step == "block" and value != CountryBlock.objects.filter(project=project, lifted_at=None).exists()
        ):
            rows = CountryBlock.objects.filter(project=project, lifted_at=None)
            block(project, 1) if value else rows.update(lifted_at=timezone.now())
        elif step == "limit":
            limit(project, value)
        assert usage(project) == _held(project), (step, value)


def _held(project: Project) -> dict[date, int]:
    """By month of their chunk: what was handed over or may have been, and what is let go and waits."""
    found: dict[date, int] = {}
    for chunk in Chunk.objects.exclude(abroad_counted_at=None):
        rows = Message.objects.filter(pk__range=(chunk.first_id, chunk.last_id)).exclude(country_code=82)
        count = rows.filter(state__in=["READY", "SENT", "UNKNOWN", "DELIVERED"]).count()
        month = month_of(chunk.abroad_counted_at)  # type: ignore[arg-type]
        found[month] = found.get(month, 0) + count
    return {month: count for month, count in found.items() if count}
