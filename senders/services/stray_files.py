"""Files that no document names: what a process left that died between writing a file and writing its row.

They hold personal information, so they do not stay. A file younger than a day may still get its row.
"""

from collections.abc import Iterator
from datetime import timedelta

from django.core.files.storage import default_storage
from django.utils import timezone

from senders.models import Document
from senders.services.documents import FOLDER

MIN_AGE = timedelta(days=1)


def remove_stray_files() -> int:
    """Delete them; return how many there were."""
    strays = [name for shelf in _folders(FOLDER) for name in _strays_of(f"{FOLDER}/{shelf}")]
    for name in strays:
        default_storage.delete(name)
    return len(strays)


def _folders(place: str) -> list[str]:
    try:
        return default_storage.listdir(place)[0]
    except FileNotFoundError:
        return []


def _strays_of(shelf: str) -> Iterator[str]:
    names = [f"{shelf}/{name}" for name in default_storage.listdir(shelf)[1]]
    rows = Document.objects.filter(storage_name__startswith=f"{shelf}/")
    known = {name for row in rows for name in row.stored_names}
    young = timezone.now() - MIN_AGE
    return (name for name in names if name not in known and default_storage.get_modified_time(name) < young)
