"""UIDs with many contacts: a file gives one UID no more than it may have, a list loads the first."""

from typing import Any

import pytest

from console.accounts.models import Project
from messaging.audience import importing
from messaging.audience.contacts import MAX_CONTACTS
from messaging.audience.importing import TOO_MANY_CONTACTS, Outcome
from messaging.audience.uids import contacts_of
from messaging.audience.wording import file_of_uids_sentence
from messaging.models import Uid
from messaging.recipients.importing import stored_path
from messaging.recipients.results import FileProblem
from messaging.states import ImportState
from tests.factories import ProjectFactory, UidFactory
from tests.messaging.audience.uid_files import checked_uids, csv_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return ProjectFactory()


def numbers(count: int) -> list[str]:
    return [f"010{n:08}" for n in range(1, count + 1)]


def test_a_file_with_too_many_contacts_of_a_uid_is_refused(project: Project) -> None:
    rows = [("kim", number) for number in numbers(MAX_CONTACTS + 1)]
    file = checked_uids(project, csv_of([("a", "01000000001"), *rows]))
    assert (file.state, file.problem_code) == (ImportState.REFUSED, TOO_MANY_CONTACTS)
    assert file.problem_params == {"uid": "kim", "count": 101, "limit": 100}
    assert (file.result, file.staging_name, file.lease_until) == (None, "", None)
    assert [path.name for path in stored_path(file.storage_name).parent.iterdir()] == ["upload"]
    assert file_of_uids_sentence(FileProblem(file.problem_code, file.problem_params)) == (
        "The UID “kim” has 101 different phone numbers in the file; a UID has at most 100."
        " Take some of its rows out and upload the file again."
    )
    assert not Uid.objects.exists()


def test_repeated_rows_are_one_contact(project: Project) -> None:
    rows = [("kim", number) for number in [*numbers(MAX_CONTACTS), *numbers(MAX_CONTACTS)]]
    file = checked_uids(project, csv_of(rows))
    assert file.state == ImportState.CHECKED
    assert Outcome.from_json(file.result).found == importing.Found(1, 1, 100, 100, 100)


def test_a_list_loads_the_first_contacts_and_counts_the_rest(
    project: Project, django_assert_num_queries: Any
) -> None:
    many: Uid = UidFactory(project=project, uid="a", numbers=numbers(5))
    few: Uid = UidFactory(project=project, uid="b", numbers=numbers(2))
    none: Uid = UidFactory(project=project, uid="c")
    with django_assert_num_queries(1):
        found = contacts_of([many, few, none], most=3)
    shown = {pk: ([contact.value for contact in each.shown], each.total) for pk, each in found.items()}
    assert shown == {many.pk: (numbers(3), 5), few.pk: (numbers(2), 2), none.pk: ([], 0)}
