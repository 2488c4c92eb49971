"""`manage.py restore_history`: a day of a project's history back into the tables, from its backup file."""

from argparse import ArgumentTypeError
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q
from django.utils import timezone

from console.accounts.models import Project
from messaging.history.backing_up import read_back
from messaging.history.entries import WrongFile
from messaging.history.restoring import Wish, restore_day
from messaging.history.storages import StorageProblem, location_of, opened
from messaging.history.writing import Written
from messaging.models import BackupFile, BackupSettings
from messaging.models.backup import BackupFormat, BackupState
from messaging.sending.kept import first_day

KEEP_DAYS = 30
MOST_DAYS = 3650


class Command(BaseCommand):
    help = "Read a day of a project's history back from its backup file. Doing it twice changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", required=True, help="its number, service ID or app key")
        parser.add_argument("--day", required=True, type=_day, help="like 2026-05-26")
        parser.add_argument("--file", type=Path, help="a file here, in place of the one in the storage")
        parser.add_argument(
            "--keep-days", type=int, default=KEEP_DAYS, help="days until it may go again (30)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        project, day = _project(options["project"]), options["day"]
        if not 1 <= options["keep_days"] <= MOST_DAYS:
            raise CommandError(f"--keep-days is 1 to {MOST_DAYS:,}.")
        if day >= first_day():
            raise CommandError(f"History is kept since {first_day()}: there is nothing to restore of {day}.")
        keep_until = timezone.now() + timedelta(days=options["keep_days"])
        try:
            opening, file_format = _opening(project, day, options["file"])
            with opening as file:
                found = restore_day(Wish(project, day, file_format, keep_until), file)
        except StorageProblem as problem:
            raise CommandError(f"The storage: {problem.code} {problem.detail}".rstrip()) from problem
        except WrongFile as error:
            raise CommandError(f"{error}. Nothing was changed.") from error
        except OSError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{project}, {day}: {found.rows:,} rows. {found.new_requests:,} requests and"
            f" {found.new_messages:,} messages were restored, the others are there already."
            f" Kept until {timezone.localtime(keep_until):%Y-%m-%d %H:%M}."
        )


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise ArgumentTypeError(f"{written} is no day like 2026-05-26") from error


def _project(written: str) -> Project:
    named = Q(service_id=written) | Q(app_key=written)
    if written.isascii() and written.isdigit() and len(written) < 10:
        named |= Q(pk=int(written))
    project = Project.objects.filter(named).first()
    if project is None:
        raise CommandError(f"There is no project {written}.")
    return project


def _opening(project: Project, day: date, path: Path | None) -> tuple[Any, str]:
    """What opens the file, and its format; from the storage only the file that was verified."""
    if path is not None:
        is_json = ".jsonl" in path.suffixes
        return path.open("rb"), BackupFormat.JSON_LINES if is_json else BackupFormat.CSV
    file = BackupFile.objects.filter(project=project, day=day, state=BackupState.VERIFIED).first()
    chosen = BackupSettings.objects.filter(project=project).first()
    if file is None or chosen is None:
        raise CommandError(f"There is no verified backup of {day}. Name a file with --file.")
    if location_of(chosen) != file.location:
        raise CommandError(f"The file lies in another storage: {file.location}. Name it with --file.")
    chosen.file_format = file.file_format
    if read_back(chosen, file.name, file.size) != Written(file.rows, file.size, file.sha256):
        raise CommandError(f"{file.name} is not the file that was verified. Name another with --file.")
    return opened(chosen, file.name, file.size), file.file_format
