"""Two organizations with everything that an address may name, and one person of every kind."""

import hashlib
import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any

from django.contrib.auth.tokens import default_token_generator
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from PIL import Image

from console.accounts.models import AuditEntry, Invitation, Organization, Project, User
from console.accounts.roles import ProjectRole
from console.queues import Queue
from messaging.history.choosing import backup_of
from messaging.history.storages import location_of, save_file
from messaging.ids import message_id
from messaging.models import (
    Attachment,
    BackupFile,
    CountryBlock,
    LimitRequest,
    Pulse,
    RecipientFile,
    Route,
    SendRequest,
    Tag,
    Template,
    Uid,
    UidImport,
    WebhookCall,
)
from messaging.recipients.importing import stored_path
from messaging.sending.commands import SendCommand
from messaging.sending.planning import plan_send
from messaging.states import CallState, FileState, ImportState, MessageType, Purpose
from messaging.webhooks.claiming import CALL
from senders.models import Document, IdentityVerification, OptOutLine, SenderNumber
from senders.requirements import DocumentKind
from tests.factories import (
    AccessKeyFactory,
    DocumentFactory,
    EvidenceRequestFactory,
    IdentityVerificationFactory,
    InvitationFactory,
    MembershipFactory,
    OptOutLineFactory,
    OrganizationFactory,
    ProjectFactory,
    RouteFactory,
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

SENDER = "0212345678"


@dataclass
class World:
    """`shop` of `acme` holds every object. `people` are keyed by the columns of the table of access."""

    acme: Organization
    shop: Project
    people: dict[str, User]
    number: SenderNumber
    document: Document
    verification: IdentityVerification
    picture: Attachment
    template: Template
    line: OptOutLine
    file: RecipientFile
    uid: Uid
    tag: Tag
    uid_file: UidImport
    request: SendRequest
    held: SendRequest
    target: User
    kwargs: dict[str, dict[str, object]] = field(default_factory=dict)


def build_world() -> World:
    acme = OrganizationFactory(name="Acme", verification_exempt=False)
    shop = ProjectFactory(organization=acme, name="Shop")
    people = make_people(acme, shop)
    RouteFactory()
    # Beat and a worker of every queue, who live for as long as the world is asked.
    for name, kind, queues in (("beat@one", "BEAT", []), ("worker@one", "WORKER", list(Queue))):
        at = timezone.now() + timedelta(days=1)
        Pulse.objects.create(
            name=name, kind=kind, queues=queues, host="one", pid=1, started_at=at, seen_at=at
        )
    SenderNumberFactory(approved=True, project=shop, number=SENDER)
    number = SenderNumberFactory(project=shop, registered_by=people["manager"])
    verification = IdentityVerificationFactory(
        reviewing=True, organization=acme, user=MembershipFactory(project=shop).user
    )
    picture = make_picture(shop)
    world = World(
        acme=acme,
        shop=shop,
        people=people,
        number=number,
        document=make_document(number),
        verification=verification,
        picture=picture,
        template=TemplateFactory(project=shop, text={"attachment_ids": [picture.pk]}),
        line=OptOutLineFactory(opened=True, project=shop),
        file=make_file(shop),
        uid=UidFactory(project=shop),
        tag=TagFactory(project=shop),
        uid_file=make_uid_file(shop),
        request=send(shop, people["sender"], picture),
        held=send(shop, people["sender"], picture, needs_release=True),
        target=MembershipFactory(
            project=shop, role=ProjectRole.VIEWER, user__second_factor_at=timezone.now()
        ).user,
    )
    world.kwargs = kwargs_of(world)
    return world


def make_people(acme: Organization, shop: Project) -> dict[str, User]:
    """Members of the shop in every role, and people who are none."""
    people: dict[str, Any] = {}
    for role in ProjectRole:
        people[role.lower()] = MembershipFactory(project=shop, role=role).user
        IdentityVerificationFactory(approved=True, organization=acme, user=people[role.lower()])
    people["unverified"] = MembershipFactory(project=shop).user
    people["neighbour"] = MembershipFactory(project__organization=acme).user
    IdentityVerificationFactory(approved=True, organization=acme, user=people["neighbour"])
    people["stranger"] = MembershipFactory().user
    staff: dict[str, Any] = {name: UserFactory(**{name: True}) for name in ("reviewer", "administrator")}
    return people | staff


def make_invitation(project: Project) -> Invitation:
    token_hash = hashlib.sha256(b"open sesame").hexdigest()
    return InvitationFactory(
        project=project, token_hash=token_hash, sent_at=timezone.now() - timedelta(hours=1)
    )


def make_document(number: SenderNumber) -> Document:
    document = DocumentFactory(
        sender_number=number, kind=DocumentKind.SERVICE_CERTIFICATE, uploaded_by=number.registered_by
    )
    default_storage.save(document.storage_name, ContentFile(drawn("PNG")))
    return document


def make_picture(project: Project) -> Attachment:
    name = default_storage.save("pictures/one", ContentFile(drawn("JPEG")))
    return Attachment.objects.create(
        project=project, name="one.jpg", storage_name=name, sha256="", size=1, width=2, height=2
    )


def drawn(image_format: str) -> bytes:
    file = BytesIO()
    Image.new("RGB", (2, 2), "white").save(file, image_format)
    return file.getvalue()


def make_file(project: Project) -> RecipientFile:
    """A refused file with one problem to download."""
    stored_path("recipient-files").mkdir(parents=True, exist_ok=True)
    folder = tempfile.mkdtemp(dir=stored_path("recipient-files"))
    name = str(stored_path("recipient-files").joinpath(folder, "problems").relative_to(stored_path("")))
    stored_path(name).write_text("")
    return RecipientFile.objects.create(
        project=project,
        original_name="list.csv",
        storage_name=name.replace("problems", "upload"),
        problems_name=name,
        size=1,
        sha256="",
        state=FileState.REFUSED,
        problem_code="empty_file",
        message_type=MessageType.SMS,
    )


def make_uid_file(project: Project) -> UidImport:
    """A refused file of UIDs with problems to download."""
    name = default_storage.save("uid-files/one/problems", ContentFile(b""))
    return UidImport.objects.create(
        project=project, original_name="uids.csv", problems_name=name, size=1, state=ImportState.REFUSED
    )


def send(project: Project, actor: User, picture: Attachment, *, needs_release: bool = False) -> SendRequest:
    command = SendCommand(
        project=project,
        actor=actor,
        message_type=MessageType.SMS,
        purpose=Purpose.GENERAL,
        sender=SENDER,
        body="Hello",
        recipients=["010-1234-0001"],
        needs_release=needs_release,
    )
    request = plan_send(command)
    SendRequest.objects.filter(pk=request.pk).update(attachment_ids=[picture.pk])
    request.refresh_from_db()
    return request


def block(project: Project) -> CountryBlock:
    """A blocked country of the project, which also asks for a higher limit."""
    now = timezone.now()
    LimitRequest.objects.create(project=project, wanted=20_000, reason="Orders", asked_at=now)
    return CountryBlock.objects.create(project=project, country_code=84, sent=60, converted=2, blocked_at=now)


def kwargs_of(world: World) -> dict[str, dict[str, object]]:
    """What the addresses with parameters are filled with: by URL name, or by how it begins."""
    membership = world.target.memberships.get()
    content_type = ContentType.objects.get_for_model(SendRequest)
    entry = AuditEntry.objects.filter(project=world.shop).latest("pk").pk
    reset: dict[str, object] = {
        "uidb64": urlsafe_base64_encode(force_bytes(world.target.pk)),
        "token": default_token_generator.make_token(world.target),
    }
    request: dict[str, object] = {"pk": world.request.pk}
    template: dict[str, object] = {"pk": world.template.pk}
    return {
        "admin:set_password": reset,
        "admin:person_": {"pk": world.target.pk},
        "admin:member_": {"pk": membership.pk},
        "admin:invitation": {"token": "open sesame"},
        "admin:invitation_change": {"pk": make_invitation(world.shop).pk},
        "admin:access_key": {"pk": AccessKeyFactory(project=world.shop).pk},
        "admin:senders_document": {"pk": world.document.pk},
        "admin:senders_document_page": {"pk": world.document.pk, "page": 1},
        "admin:senders_number": {"pk": world.number.pk},
        "admin:senders_number_evidence": {"pk": ask_for_evidence(world)},
        "admin:senders_evidence_ask": {"pk": world.number.pk},
        "admin:senders_review": {"kind": "number", "pk": world.number.pk},
        "admin:delivery_": {**request},
        "admin:delivery_attachment": {**request, "number": world.picture.pk},
        "admin:delivery_release": {"pk": world.held.pk},
        "admin:delivery_message": {"pk": message_id(world.request.pk, 1)},
        "admin:delivery_messages": {**request},
        "admin:delivery_convert": {"pk": message_id(world.request.pk, 1)},
        "admin:statistics_key": {"pk": StatisticsKeyFactory(project=world.shop).pk},
        "admin:audit_entry": {"pk": entry},
        "admin:settings_audit_entry": {"pk": entry},
        "admin:send_mass_problems": {"file_id": world.file.pk},
        "admin:template": template,
        "admin:template_version": {**template, "number": 1},
        "admin:template_picture": {**template, "number": world.picture.pk},
        "admin:template_category_": {"pk": world.template.category_id},
        "admin:send_picture": {"picture_id": world.picture.pk},
        "admin:senders_opt_out_line_cancel": {"pk": world.line.pk},
        "admin:audience_opt_outs_file": {"file_id": world.file.pk},
        "admin:audience_uid": {"pk": world.uid.pk},
        "admin:audience_tag": {"pk": world.tag.pk},
        "admin:audience_import_": {"pk": world.uid_file.pk},
        "admin:settings_backup_file": {"pk": stored_backup(world.shop).pk},
        "admin:settings_international_unblock": {"code": block(world.shop).country_code},
        "admin:carrier": {"pk": Route.objects.get(project=None).account_id},
        "admin:carrier_add": {"code": "sens"},
        "sens:": {
            "service_id": world.shop.service_id,
            "message_id": message_id(world.request.pk, 1),
            "reserve_id": world.request.pk,
            "rest": "nowhere",
        },
        "admin:view_on_site": {"content_type_id": content_type.pk, "object_id": world.request.pk},
        **webhook_kwargs(world.shop),
        "admin:schedule": schedule_kwargs(world.shop),
        "accounts/membership/": {"object_id": membership.pk},
        "accounts/organization/": {"object_id": world.acme.pk},
        "accounts/project/": {"object_id": world.shop.pk},
        "accounts/user/": {"object_id": world.target.pk},
    }


def ask_for_evidence(world: World) -> int:
    """A number of the shop of which evidence is asked for."""
    number = SenderNumberFactory(approved=True, project=world.shop, registered_by=world.people["manager"])
    return EvidenceRequestFactory(sender_number=number).sender_number_id


def webhook_kwargs(project: Project) -> dict[str, dict[str, object]]:
    """A webhook that leads nowhere outside, with a call in its log."""
    webhook = WebhookFactory(project=project, url="https://127.0.0.1/hooks")
    now = timezone.now()
    call = WebhookCall(
        webhook=webhook, event="UNSUBSCRIBE", n=1, payloads=[{}], happened_at=now, created_at=now
    )
    call.origin, call.payloads = call.key, [{}]
    WebhookCall.objects.bulk_create([call])
    CALL.advance(WebhookCall.objects.filter(pk=call.pk), CallState.DELIVERED)
    return {"admin:settings_webhook": {"pk": webhook.pk, "call": call.pk}}


def schedule_kwargs(project: Project) -> dict[str, object]:
    """A schedule with a message."""
    message = ScheduledMessageFactory(schedule__project=project)
    return {"pk": message.schedule_id, "message": message.pk}


def stored_backup(project: Project) -> BackupFile:
    """A backup file that lies where it should, so that it is handed out."""
    chosen, name = backup_of(project), "history.csv.gz"
    save_file(chosen, name, BytesIO(b"x"))
    return a_file(project, location=location_of(chosen), name=name, size=1, rows=1)
