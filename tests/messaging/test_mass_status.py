"""The guide's ten statuses of a mass delivery, and only them."""

import pytest

from messaging.mass_status import MassStatus, mass_status, status_in_sql
from messaging.models import RecipientFile, SendRequest
from messaging.states import FileState, RequestState
from tests.factories import RouteFactory
from tests.messaging.admin.conftest import sending_project
from tests.messaging.admin.delivering import in_a_day, send

GUIDE = [
    "Waiting",
    "Preparing to send",
    "Converting file",
    "Ready",
    "Waiting for Delivery",
    "Delivering",
    "Delivery Completed",
    "Canceling",
    "Canceled",
    "Delivery Failed",
]
CASES = [
    (RequestState.WAITING, FileState.UPLOADED, 0, "Waiting"),
    (RequestState.WAITING, FileState.CHECKING, 0, "Preparing to send"),
    (RequestState.WAITING, FileState.CHECKED, 0, "Waiting"),
    (RequestState.WAITING, FileState.REFUSED, 0, "Delivery Failed"),
    (RequestState.WAITING, None, 0, "Waiting"),
    (RequestState.LOADING, FileState.CHECKED, 0, "Preparing to send"),
    (RequestState.LOADING, FileState.CHECKED, 1, "Converting file"),
    (RequestState.HELD, FileState.CHECKED, 5, "Ready"),
    (RequestState.SCHEDULED, FileState.CHECKED, 5, "Waiting for Delivery"),
    (RequestState.SENDING, None, 5, "Delivering"),
    (RequestState.COMPLETED, FileState.CHECKED, 5, "Delivery Completed"),
    (RequestState.CANCELING, FileState.CHECKED, 5, "Canceling"),
    (RequestState.CANCELED, FileState.CHECKED, 5, "Canceled"),
    (RequestState.FAILED, FileState.CHECKED, 0, "Delivery Failed"),
]


def test_the_ten_statuses_are_the_guides() -> None:
    assert [str(status.label) for status in MassStatus] == GUIDE
    assert {label for *_case, label in CASES} == set(GUIDE)


@pytest.mark.parametrize(("state", "file_state", "loaded", "label"), CASES)
def test_each_of_our_states_has_its_status(
    state: RequestState, file_state: FileState | None, loaded: int, label: str
) -> None:
    assert mass_status(state=state, file_state=file_state, loaded=loaded).label == label


def test_every_state_of_ours_has_one() -> None:
    assert all(mass_status(state=state, file_state=None, loaded=0) for state in RequestState)


def test_a_strange_state_has_none() -> None:
    with pytest.raises(KeyError):
        mass_status(state="PAUSED", file_state=None, loaded=0)


@pytest.mark.django_db
@pytest.mark.parametrize(("state", "file_state", "loaded", "label"), CASES)
def test_the_database_says_the_same(
    state: RequestState, file_state: FileState | None, loaded: int, label: str
) -> None:
    RouteFactory()
    project = sending_project()
    request = send(project, ["010-1234-0001"], due_at=in_a_day())
    file = None
    if file_state is not None:
        file = RecipientFile.objects.create(
            project=project, original_name="a", storage_name="a", size=1, state=file_state, message_type="SMS"
        )
    rows = SendRequest.objects.filter(pk=request.pk)
    rows.update(state=state, recipient_file=file, loaded=loaded)
    [status] = rows.annotate(status=status_in_sql()).values_list("status", flat=True)
    assert MassStatus(status).label == label
