"""Checked recipient files, made without a check."""

import uuid
from collections.abc import Sequence

from console.accounts.models import Project
from messaging.models import RecipientFile
from messaging.recipients.importing import keys_of, stored_path
from messaging.recipients.results import CheckResult
from messaging.recipients.staging import staging_line
from messaging.states import FileState, MessageType


def checked_file(
    project: Project,
    numbers: Sequence[str],
    *,
    body: str = "Hello",
    subject: str = "",
    message_type: MessageType = MessageType.SMS,
    values: Sequence[Sequence[str]] = (),
    duplicates: Sequence[str] = (),
) -> RecipientFile:
    """A file that was checked for this text, with one row for each number, and then the duplicates."""
    keys = keys_of(message_type=message_type, subject=subject, body=body)
    rows = values or [["x"] * len(keys)] * len(numbers)
    lines = [staging_line(n + 2, 82, number, rows[n]) for n, number in enumerate(numbers)]
    lines += [
        staging_line(len(numbers) + n + 2, 82, number, ["x"] * len(keys), duplicate=True)
        for n, number in enumerate(duplicates)
    ]
    name = f"recipient-files/{uuid.uuid4().hex}/rows"
    stored_path(name).parent.mkdir(parents=True)
    stored_path(name).write_text("".join(lines))
    result = CheckResult(
        encoding="utf-8",
        columns=["recipient_no", *keys],
        keys=keys,
        total_rows=len(lines),
        sendable=len(numbers),
        duplicates=len(duplicates),
    )
    return RecipientFile.objects.create(
        project=project,
        original_name="list.csv",
        storage_name=name.replace("rows", "upload"),
        staging_name=name,
        size=1,
        sha256="",
        state=FileState.CHECKED,
        message_type=message_type,
        subject=subject,
        body=body,
        keys=keys,
        result=result.to_json(),
    )


def numbers(count: int, start: int = 0) -> list[str]:
    """So many ordinary mobile numbers."""
    return [f"0105{n:07d}" for n in range(start, start + count)]
