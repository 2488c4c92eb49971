"""Saving a file of UIDs: what is new is counted exactly, however often and wherever it is interrupted."""

from contextlib import suppress
from typing import Any

import pytest
from django.db import connection

from console.accounts.models import Project
from messaging.audience import saving
from messaging.audience.importing import Outcome, Saved, start_saving
from messaging.audience.saving import save_uid_file
from messaging.models import Contact, Tag, TaggedUid, Uid, UidImport
from messaging.recipients import claims
from messaging.recipients.importing import stored_path
from messaging.states import ImportState
from tests.factories import ProjectFactory, TagFactory, UidFactory
from tests.messaging.audience.uid_files import audience_of, checked_uids, csv_of, tagged_with

ROWS = [
    ("a", "01000000001"),
    ("a", "01000000002"),
    ("b", "01000000003"),
    ("b", "010-0000-0003"),
    ("c", "wrong"),
    ("c", "01000000004"),
    ("d", "01000000001"),
]
AUDIENCE = {
    "a": ["01000000001", "01000000002"],
    "b": ["01000000003"],
    "c": ["01000000004"],
    "d": ["01000000001"],
}


class Killed(BaseException):
    """What `kill -9` is to the code: nothing catches it."""


@pytest.fixture
def project(db: None) -> Project:
    return ProjectFactory()


def begun(project: Project, *tags: Tag, rows: Any = ROWS) -> UidImport:
    file = checked_uids(project, csv_of(rows))
    assert start_saving(file=file, tag_ids=[tag.pk for tag in tags])
    return file


def saved_of(file: UidImport) -> Saved:
    file.refresh_from_db()
    return Outcome.from_json(file.result or {}).saved


def test_a_file_becomes_uids_contacts_and_tags(project: Project) -> None:
    tag = TagFactory(project=project)
    file = begun(project, tag)
    save_uid_file(file.pk)
    assert audience_of(project) == AUDIENCE
    assert tagged_with(tag) == ["a", "b", "c", "d"]
    assert saved_of(file) == Saved(uids=4, contacts=5, tagged=4)
    assert (file.state, file.rows_read, file.fraction_read, file.lease_until) == (
        ImportState.SAVED,
        6,
        1,
        None,
    )
    assert file.saved_at is not None
    found = Outcome.from_json(file.result or {}).found
    assert (found.new_uids, found.new_contacts) == (4, 5)


def test_what_is_there_stays_and_is_not_counted(project: Project) -> None:
    tag = TagFactory(project=project)
    known = UidFactory(project=project, uid="a", numbers=["01000000002", "01099999999"])
    stranger = UidFactory(uid="b")
    TaggedUid.objects.create(tag=tag, uid=known, created_at=known.created_at)
    file = begun(project, tag)
    save_uid_file(file.pk)
    assert saved_of(file) == Saved(uids=3, contacts=4, tagged=3)
    assert audience_of(project) == {**AUDIENCE, "a": ["01000000001", "01000000002", "01099999999"]}
    assert audience_of(stranger.project) == {"b": []}
    again = begun(project, tag)
    save_uid_file(again.pk)
    assert saved_of(again) == Saved()


def test_a_uid_with_a_backslash_is_kept_as_it_is(project: Project) -> None:
    file = begun(project, rows=[("a\\tb\\N", "01000000001"), ("\\.", "01000000002")])
    save_uid_file(file.pk)
    assert audience_of(project) == {"\\.": ["01000000002"], "a\\tb\\N": ["01000000001"]}


def test_a_tag_that_was_deleted_meanwhile_is_left_out(project: Project) -> None:
    tag, kept = TagFactory(project=project), TagFactory(project=project)
    file = begun(project, tag, kept)
    tag.delete()
    save_uid_file(file.pk)
    assert saved_of(file) == Saved(uids=4, contacts=5, tagged=4)
    assert tagged_with(kept) == ["a", "b", "c", "d"]


def test_a_checked_file_is_not_saved_by_itself(project: Project) -> None:
    file = checked_uids(project, csv_of(ROWS))
    save_uid_file(file.pk)
    file.refresh_from_db()
    assert (file.state, audience_of(project)) == (ImportState.CHECKED, {})


def test_rows_that_are_lost_end_it_with_a_reason(project: Project) -> None:
    file = begun(project)
    stored_path(file.staging_name).unlink()
    save_uid_file(file.pk)
    file.refresh_from_db()
    assert (file.state, file.problem_code) == (ImportState.REFUSED, saving.FILE_LOST)
    short = begun(project)
    path = stored_path(short.staging_name)
    path.write_bytes(path.read_bytes()[: -len(b"d\t82\t01000000001\n")])
    save_uid_file(short.pk)
    short.refresh_from_db()
    assert (short.state, short.problem_code) == (ImportState.REFUSED, saving.FILE_LOST)


def test_a_save_that_never_gets_anywhere_is_given_up(project: Project) -> None:
    file = begun(project)
    UidImport.objects.filter(pk=file.pk).update(attempts=claims.MAX_CLAIMS)
    save_uid_file(file.pk)
    file.refresh_from_db()
    assert (file.state, file.problem_code) == (ImportState.REFUSED, saving.KEPT_FAILING)
    assert audience_of(project) == {}


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_each_step_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    project = ProjectFactory()
    tag = TagFactory(project=project)
    file = begun(project, tag)
    monkeypatch.setattr(saving, "ROWS_PER_STEP", 2)
    real, steps = saving.save_rows, []

    def slow(row: UidImport, lines: list[bytes]) -> Saved:
        steps.append(len(lines))
        if len(steps) == 2:  # this one was thought to be dead, and another worker took over
            raise Killed
        return real(row, lines)

    monkeypatch.setattr(saving, "save_rows", slow)
    with pytest.raises(Killed):
        save_uid_file(file.pk)
    save_uid_file(file.pk)  # while the lease holds: nothing
    assert len(steps) == 2
    UidImport.objects.filter(pk=file.pk).update(lease_until=None)
    save_uid_file(file.pk)
    assert steps == [2, 2, 2, 2]
    assert saved_of(file) == Saved(uids=4, contacts=5, tagged=4)
    assert audience_of(project) == AUDIENCE


@pytest.mark.django_db(transaction=True)
def test_a_save_interrupted_after_any_statement_ends_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "ROWS_PER_STEP", 2)
    interrupted, at = 0, 0
    while True:
        project = ProjectFactory()
        tag = TagFactory(project=project)
        UidFactory(project=project, uid="a", numbers=["01000000001"])
        file = begun(project, tag)
        counter = Interrupter(at)
        with suppress(Killed), connection.execute_wrapper(counter):
            save_uid_file(file.pk)
        interrupted += counter.has_struck
        UidImport.objects.filter(pk=file.pk, state=ImportState.SAVING).update(lease_until=None)
        save_uid_file(file.pk)
        assert saved_of(file) == Saved(uids=3, contacts=4, tagged=4), at
        assert (file.state, audience_of(project)) == (ImportState.SAVED, AUDIENCE), at
        assert tagged_with(tag) == ["a", "b", "c", "d"], at
        if not counter.has_struck:
            break
        at += 1
    assert interrupted > 30


class Interrupter:
    """Lets some statements pass, and ends everything after the next one."""

    def __init__(self, passes: int) -> None:
        self.left = passes
        self.has_struck = False

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        self.left -= 1
        if self.left < 0:
            self.has_struck = True
            raise Killed
        return result


@pytest.mark.django_db(transaction=True)
def test_a_uid_deleted_in_the_middle_of_a_step_is_saved_after_all(monkeypatch: pytest.MonkeyPatch) -> None:
    project = ProjectFactory()
    UidFactory(project=project, uid="a")
    file = begun(project)
    real, done = saving._held, []

    def held(cursor: Any) -> int:
        if not done:
            done.append(True)
            return real(cursor) - 1  # one of them was gone when it was to be held
        return real(cursor)

    monkeypatch.setattr(saving, "_held", held)
    save_uid_file(file.pk)
    assert saved_of(file) == Saved(uids=3, contacts=5, tagged=0)
    assert audience_of(project) == AUDIENCE
    assert Uid.objects.count() == 4
    assert Contact.objects.count() == 5
