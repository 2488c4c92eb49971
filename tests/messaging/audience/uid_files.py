"""Files of UIDs for tests: uploaded, checked, saved."""

from collections.abc import Iterable

from django.core.files.uploadedfile import SimpleUploadedFile

from console.accounts.models import Project, User
from messaging.audience.importing import check_uid_file, receive_uid_file
from messaging.models import Contact, Tag, TaggedUid, Uid, UidImport
from tests.factories import UserFactory


def upload_uids(project: Project, content: bytes, user: User | None = None) -> UidImport:
    upload = SimpleUploadedFile("고객.csv", content)
    return receive_uid_file(project=project, user=user or UserFactory(), upload=upload)


def checked_uids(project: Project, content: bytes) -> UidImport:
    file = upload_uids(project, content)
    check_uid_file(file.pk)
    file.refresh_from_db()
    return file


def csv_of(rows: Iterable[tuple[str, str]]) -> bytes:
    return "".join(f"{uid},{number}\n" for uid, number in [("uid", "phoneNumber"), *rows]).encode()


def audience_of(project: Project) -> dict[str, list[str]]:
    """The contacts of each UID of the project."""
    found: dict[str, list[str]] = {uid.uid: [] for uid in Uid.objects.filter(project=project).order_by("uid")}
    for contact in Contact.objects.filter(project=project).select_related("uid").order_by("value"):
        found[contact.uid.uid].append(contact.value)
    return found


def tagged_with(tag: Tag) -> list[str]:
    return sorted(TaggedUid.objects.filter(tag=tag).values_list("uid__uid", flat=True))
