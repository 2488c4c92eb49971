"""Files of opt-outs: entered in steps, each number once, wherever a worker dies."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from console.accounts.models import EventName, ProjectEvent
from messaging.models import OptOutImport, RecipientFile
from messaging.recipients import opt_out_files
from messaging.recipients.importing import stored_path
from messaging.recipients.opt_out_files import enter_opt_outs, files_to_enter, start_entering
from messaging.recipients.pruning import prune_files
from messaging.states import ImportState
from senders.models import OptOut
from tests.factories import OptOutFactory, OptOutLineFactory, ProjectFactory, UserFactory
from tests.messaging.sending.files import checked_file

pytestmark = pytest.mark.django_db
NUMBERS = [f"0101111000{n}" for n in range(5)]


class Killed(BaseException):
    """What a kill looks like from inside."""


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opt_out_files, "ROWS_PER_STEP", 2)
    monkeypatch.setattr(opt_out_files, "AT_ONCE", 0)


def wish_of(file: RecipientFile | None = None, **fields: Any) -> OptOutImport:
    return start_entering(
        file=file or checked_file(ProjectFactory(), NUMBERS), user=UserFactory(), line=fields.get("line")
    )


def counts(wish: OptOutImport) -> tuple[str, int, int, int]:
    wish.refresh_from_db()
    in_force = OptOut.objects.filter(project=wish.project, removed_at=None).count()
    return wish.state, wish.rows_saved, wish.added, in_force


def told(wish: OptOutImport) -> list[str]:
    """The numbers that programs of the project are told of, in order; all as of when the person said so."""
    events = ProjectEvent.objects.filter(project=wish.project, name=EventName.OPT_OUT).order_by("id")
    assert {each.happened_at for each in events} <= {wish.created_at}
    return [hook["recipientNo"] for each in events for hook in each.payload]


def test_all_rows_are_entered_and_counted() -> None:
    project = ProjectFactory()
    OptOutFactory(project=project, number=NUMBERS[3])
    line = OptOutLineFactory(opened=True, project=project)
    wish = wish_of(checked_file(project, NUMBERS), line=line)
    assert counts(wish) == (ImportState.SAVING, 0, 0, 1)
    enter_opt_outs(wish.pk)
    assert counts(wish) == (ImportState.SAVED, 5, 4, 5)
    new = OptOut.objects.filter(source="FILE")
    assert {(row.line, row.created_by, row.created_at) for row in new} == {
        (line, wish.created_by, wish.created_at)
    }
    enter_opt_outs(wish.pk)
    assert counts(wish) == (ImportState.SAVED, 5, 4, 5)


def test_a_second_wish_for_a_file_is_the_first() -> None:
    first = wish_of()
    assert wish_of(first.file).pk == first.pk
    assert OptOutImport.objects.count() == 1


def test_a_small_file_is_entered_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opt_out_files, "AT_ONCE", 5)
    assert counts(wish_of()) == (ImportState.SAVED, 5, 5, 5)


@pytest.mark.parametrize("step", [1, 2, 3])
@pytest.mark.parametrize("is_after", [False, True])
def test_a_worker_killed_in_a_step_loses_that_step_only(
    step: int, is_after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told of a step that is lost; all are told once in the end."""
    wish, steps, original = wish_of(), [], opt_out_files.add_opt_outs

    def dies(**arguments: Any) -> int:
        steps.append(1)
        if len(steps) == step:
            if is_after:
                original(**arguments)
            raise Killed
        return original(**arguments)

    with monkeypatch.context() as patched:
        patched.setattr(opt_out_files, "add_opt_outs", dies)
        with pytest.raises(Killed):
            enter_opt_outs(wish.pk)
    done = 2 * (step - 1)
    assert counts(wish) == (ImportState.SAVING, done, done, done)
    assert told(wish) == NUMBERS[:done]
    assert files_to_enter() == [wish.pk]
    enter_opt_outs(wish.pk)
    assert counts(wish) == (ImportState.SAVED, 5, 5, 5)
    assert told(wish) == NUMBERS
    assert files_to_enter() == []


@pytest.mark.django_db(transaction=True)
def test_a_second_worker_enters_nothing_of_a_step_that_the_first_is_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wish, original = wish_of(), opt_out_files.add_opt_outs
    by_worker: list[str] = []

    def second() -> None:
        enter_opt_outs(wish.pk)
        connection.close()

    def slow(**arguments: Any) -> int:
        by_worker.append(threading.current_thread().name)
        if len(by_worker) == 1:
            other = threading.Thread(target=second, name="second")
            other.start()
            other.join(20)
        return original(**arguments)

    monkeypatch.setattr(opt_out_files, "add_opt_outs", slow)
    enter_opt_outs(wish.pk)
    assert by_worker == [threading.current_thread().name] * 3
    assert counts(wish) == (ImportState.SAVED, 5, 5, 5)


@pytest.mark.django_db(transaction=True)
def test_the_sweep_rings_for_nothing_that_somebody_is_at() -> None:
    wish = wish_of()
    seen: list[list[int]] = []

    def look() -> None:
        seen.append(files_to_enter())
        connection.close()

    with transaction.atomic():
        OptOutImport.objects.select_for_update().get(pk=wish.pk)
        looker = threading.Thread(target=look)
        looker.start()
        looker.join()
    assert seen == [[]]
    assert files_to_enter() == [wish.pk]


@pytest.mark.parametrize("way", ["name", "file"])
def test_rows_that_are_gone_end_it_readably(way: str) -> None:
    wish = wish_of()
    if way == "name":
        RecipientFile.objects.filter(pk=wish.file_id).update(staging_name="")
    else:
        Path(stored_path(wish.file.staging_name)).unlink()
    enter_opt_outs(wish.pk)
    assert counts(wish) == (ImportState.REFUSED, 0, 0, 0)


def test_a_file_is_not_pruned_while_it_is_entered() -> None:
    wish = wish_of()
    old = timezone.now() - timedelta(days=8)
    RecipientFile.objects.filter(pk=wish.file_id).update(created_at=old)
    assert prune_files() == 0
    enter_opt_outs(wish.pk)
    assert prune_files() == 1
    assert OptOut.objects.filter(project=wish.project).count() == 5
