"""Every address of the console, asked by everybody who should not get it.

A page of ours that is added is asked by itself; one with an object in its address needs that object named in
`others_objects`, and the test fails until it is.
"""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.http import HttpResponse
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, reverse
from django.utils import timezone

from console.accounts.models import AuditEntry, Membership, User
from console.accounts.roles import PLATFORM_PERMISSIONS, PROJECT_PERMISSIONS, PlatformRole, ProjectRole
from console.pages import PAGES, ConsoleView
from messaging.ids import message_id
from messaging.models import (
    Attachment,
    CountryBlock,
    GatewayAccount,
    Message,
    RecipientFile,
    SendRequest,
    UidImport,
)
from tests.factories import (
    AccessKeyFactory,
    DocumentFactory,
    IdentityVerificationFactory,
    InvitationFactory,
    MembershipFactory,
    OptOutLineFactory,
    OrganizationFactory,
    ScheduledMessageFactory,
    SenderNumberFactory,
    StatisticsKeyFactory,
    TagFactory,
    TemplateFactory,
    UidFactory,
    UserFactory,
    WebhookFactory,
)
from tests.messaging.history.past import a_file

pytestmark = pytest.mark.django_db
# Open to those who are not signed in, each for its own good reason.
OPEN = frozenset({"login", "logout", "set_password", "choose_language", "invitation"})
# They ask for something else than a permission: oneself, or whoever may see the document at hand.
WITHOUT_PERMISSION = {"profile", "second_factor", "sign_ins", "senders_document", "senders_document_page"}
OF_ONESELF = {"profile", "second_factor", "sign_ins"}
METHODS = ("get", "post")


def in_parts(page: type[ConsoleView]) -> list[Any]:
    return sorted(part.partition(">")[0].partition(":")[2] for part in page.path.split("<")[1:])


def patterns(entries: Any, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in entries:
        if isinstance(entry, URLResolver):
            yield from patterns(entry.url_patterns, prefix)
        else:
            yield prefix, entry


def addresses() -> list[tuple[str, str]]:
    """(URL name, address) of all that is mounted; an object in an address is one that does not exist."""
    guesses: list[dict[str, Any]] = [{}, {"object_id": "987654"}, {"pk": 987654}, {"pk": uuid4()}]
    found = []
    for _prefix, pattern in patterns(admin.site.get_urls()):
        name = pattern.name
        if name is None:
            continue
        page = PAGES.get(name)
        kwargs = {part: FILLERS.get(part, 987654) for part in in_parts(page)} if page else None
        for guess in [kwargs] if kwargs else guesses:
            try:
                found.append((name, reverse(f"admin:{name}", kwargs=guess)))
            except NoReverseMatch:
                continue
            break
    return found


FILLERS: dict[str, Any] = {"kind": "numbers", "file_id": uuid4(), "page": 1, "number": 0}


def ask(client: Client, method: str, address: str) -> HttpResponse:
    response: HttpResponse = getattr(client, method)(address)
    return response


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def all_addresses() -> list[tuple[str, str]]:
    uuid_pages = {name for name, page in PAGES.items() if "<uuid:pk>" in page.path}
    found = []
    for name, page in PAGES.items():
        kwargs = {part: FILLERS.get(part, 987654) for part in in_parts(page)}
        if name in uuid_pages:
            kwargs["pk"] = uuid4()
        found.append((name, reverse(f"admin:{name}", kwargs=kwargs)))
    return found + [(name, address) for name, address in addresses() if name not in PAGES]


def test_an_anonymous_person_gets_nothing() -> None:
    shown = {
        (name, method, response.status_code)
        for name, address in all_addresses()
        for method in METHODS
        if name not in OPEN
        and not (
            (response := ask(Client(), method, address)).status_code == 302
            and response.url.startswith("/login/")  # type: ignore[attr-defined]
        )
    }
    assert shown == set()


def test_a_page_without_a_permission_has_its_reason() -> None:
    assert {name for name, page in PAGES.items() if page.permission is None} == WITHOUT_PERMISSION


@pytest.mark.parametrize("role", ProjectRole)
def test_a_role_opens_what_it_grants_and_nothing_else(role: ProjectRole) -> None:
    client = signed_in(MembershipFactory(role=role).user)
    granted = PROJECT_PERMISSIONS[role]
    for name, page in PAGES.items():
        if page.permission is None:
            continue
        address = dict(all_addresses())[name]
        for method in METHODS:
            status = ask(client, method, address).status_code
            if page.permission in granted:  # a page may ask for more before it changes something
                assert status not in ((401, 403, 500) if method == "get" else (401, 500)), (
                    name,
                    method,
                    status,
                )
            else:
                assert status == 403, (name, method, status)


@pytest.mark.parametrize("role", [PlatformRole.REVIEWER, PlatformRole.ADMINISTRATOR])
def test_staff_of_no_project_open_the_platforms_pages_only(role: PlatformRole) -> None:
    client = signed_in(UserFactory(platform_role=role))
    granted = PLATFORM_PERMISSIONS[role]
    for name, address in all_addresses():
        page = PAGES.get(name)
        if page is None or page.permission is None:
            continue
        status = ask(client, "get", address).status_code
        if page.permission in granted:
            assert status in (200, 302, 404, 405), (name, status)
        else:
            assert status == 403, (name, status)


def test_model_admins_are_closed_to_those_without_their_permission() -> None:
    viewer = signed_in(MembershipFactory(role=ProjectRole.VIEWER).user)
    reviewer = signed_in(UserFactory(reviewer=True))
    for name, address in addresses():
        if not any(
            name.startswith(f"{m._meta.app_label}_{m._meta.model_name}_") for m in admin.site._registry
        ):
            continue
        for method in METHODS:
            assert ask(viewer, method, address).status_code == 403, (name, method)
            assert ask(reviewer, method, address).status_code == 403, (name, method)


def test_a_member_who_is_not_verified_sees_the_sender_pages_only() -> None:
    organization = OrganizationFactory(verification_exempt=False)
    client = signed_in(MembershipFactory(project__organization=organization).user)
    gate = reverse("admin:senders_identity")
    of_staff = PLATFORM_PERMISSIONS[PlatformRole.ADMINISTRATOR]
    open_pages = {
        name for name, page in PAGES.items() if not page.needs_verified and page.permission not in of_staff
    }
    assert all(name.startswith("senders_") or name in OF_ONESELF for name in open_pages)
    granted = PROJECT_PERMISSIONS[ProjectRole.MANAGER]
    for name, address in all_addresses():
        page = PAGES.get(name)
        if page is None or name in open_pages or page.permission not in granted:
            continue
        for method in METHODS:
            response = ask(client, method, address)
            assert (response.status_code, response.get("Location")) == (302, gate), (name, method)


@pytest.fixture
def others_objects() -> dict[str, dict[str, Any]]:
    """For each page with an object in its address: the arguments that name an object of somebody else."""
    other: Membership = MembershipFactory()
    now = timezone.now()
    request = SendRequest.objects.create(
        project=other.project,
        kind="MASS",
        message_type="MMS",
        purpose="GENERAL",
        lane="MASS",
        sender="021234567",
        body="Hello",
        state="HELD",
        due_at=now,
        created_at=now,
        total=1,
    )
    message = Message.objects.create(
        id=message_id(request.pk, 1),
        request=request,
        project=other.project,
        country_code=82,
        recipient="01012345678",
    )
    file = RecipientFile.objects.create(
        project=other.project,
        original_name="a.csv",
        storage_name="a",
        size=1,
        sha256="0" * 64,
        message_type="SMS",
    )
    picture = Attachment.objects.create(
        project=other.project, name="a.jpg", storage_name="b", sha256="0" * 64, size=1, width=1, height=1
    )
    SendRequest.objects.filter(pk=request.pk).update(attachment_ids=[picture.pk])
    tag = TagFactory(project=other.project)
    uid_file = UidImport.objects.create(project=other.project, original_name="a.csv", size=1)
    number = SenderNumberFactory(project=other.project)
    key = StatisticsKeyFactory(project=other.project)
    document = DocumentFactory(sender_number=number)
    identity = IdentityVerificationFactory()
    access_key = AccessKeyFactory(project=other.project)
    blocked = CountryBlock.objects.create(
        project=other.project, country_code=84, sent=60, converted=2, blocked_at=timezone.now()
    )
    scheduled = ScheduledMessageFactory(schedule__project=other.project)
    of_webhook = {"pk": WebhookFactory(project=other.project).pk}
    of_request = {"pk": request.pk}
    carrier = {"pk": GatewayAccount.objects.create(name="Theirs", gateway="simulator").pk}
    template = TemplateFactory(project=other.project, text={"attachment_ids": [picture.pk]})
    entry = AuditEntry.objects.filter(project=other.project).latest("pk").pk
    return {
        "audit_entry": {"pk": entry},
        "settings_audit_entry": {"pk": entry},
        "person_mail_link": {"pk": other.user_id},
        "person_unlock": {"pk": other.user_id},
        "person_reset_second_factor": {"pk": other.user_id},
        "member_reset_second_factor": {"pk": other.pk},
        "invitation_change": {"pk": InvitationFactory(project=other.project).pk},
        "access_key": {"pk": access_key.pk},
        **{
            f"access_key_{what}": {"pk": access_key.pk}
            for what in ("revoke", "rotate", "end_rotation", "samples")
        },
        "carrier": carrier,
        "carrier_add": {"code": "sens"},
        "carrier_edit": carrier,
        "carrier_switch": carrier,
        "senders_document": {"pk": document.pk},
        "senders_document_page": {"pk": document.pk, "page": 1},
        "senders_number": {"pk": number.pk},
        "senders_number_withdraw": {"pk": number.pk},
        "senders_number_evidence": {"pk": number.pk},
        "senders_evidence_ask": {"pk": number.pk},
        "person_number_limit": {"pk": other.user_id},
        "senders_review": {"kind": "identities", "pk": identity.pk},
        "delivery_request": of_request,
        "delivery_progress": of_request,
        "delivery_messages": of_request,
        "delivery_attachment": {**of_request, "number": 1},
        "delivery_release": of_request,
        "delivery_cancel": of_request,
        "delivery_export": of_request,
        "delivery_message": {"pk": message.pk},
        "delivery_convert": {"pk": message.pk},
        "settings_international_unblock": {"code": blocked.country_code},
        **{
            f"settings_webhook{what}": of_webhook
            for what in ("", "_edit", "_switch", "_test", "_dropped", "_secret", "_delete", "_replay")
        },
        "schedule_message_remove": {"pk": scheduled.schedule_id, "message": scheduled.pk},
        **{f"schedule{what}": {"pk": scheduled.schedule_id} for what in ("", "_edit", "_delete")},
        "settings_webhook_call": {**of_webhook, "call": 1},
        "settings_backup_file": {"pk": a_file(other.project).pk},
        "statistics_key": {"pk": key.pk},
        "statistics_key_end": {"pk": key.pk},
        "send_mass_problems_csv": {"file_id": file.pk},
        "template": {"pk": template.pk},
        "template_change": {"pk": template.pk},
        "template_delete": {"pk": template.pk},
        "template_version": {"pk": template.pk, "number": 1},
        "template_picture": {"pk": template.pk, "number": picture.pk},
        "template_category_change": {"pk": template.category_id},
        "template_category_delete": {"pk": template.category_id},
        "send_mass_problems_xlsx": {"file_id": file.pk},
        "send_picture": {"picture_id": picture.pk},
        "senders_opt_out_line_cancel": {"pk": OptOutLineFactory(opened=True, project=other.project).pk},
        "audience_opt_outs_file": {"file_id": file.pk},
        "audience_uid": {"pk": UidFactory(project=other.project).pk},
        "audience_tag": {"pk": tag.pk},
        "audience_tag_delete": {"pk": tag.pk},
        "audience_import_file": {"pk": uid_file.pk},
        "audience_import_panel": {"pk": uid_file.pk},
        "audience_import_problems": {"pk": uid_file.pk},
    }


def test_a_manager_of_another_project_reaches_no_object(others_objects: dict[str, dict[str, Any]]) -> None:
    with_objects = {name for name, page in PAGES.items() if in_parts(page)}
    assert with_objects == set(others_objects), (
        "name an object of another project for each page that shows one"
    )
    client = signed_in(MembershipFactory(role=ProjectRole.MANAGER).user)
    before = list(SendRequest.objects.values_list("pk", "state", "released_at", "canceled_at"))
    for name, kwargs in others_objects.items():
        for method in METHODS:
            status = ask(client, method, reverse(f"admin:{name}", kwargs=kwargs)).status_code
            assert status in (403, 404, 405), (name, method, status)
    assert list(SendRequest.objects.values_list("pk", "state", "released_at", "canceled_at")) == before
