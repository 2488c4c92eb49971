"""The demo's sends: a file to try, and a request that waits for a person."""

import json
from datetime import timedelta
from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from openpyxl import Workbook

from console.accounts.models import Project, User
from messaging.audience.conditions import Condition
from messaging.library.templates import newest_versions
from messaging.management.demo import events
from messaging.management.demo.audience import NEW, NEWSLETTER
from messaging.management.demo.history import FAMILY, GIVEN, SHARED, Shop
from messaging.models import GatewayAccount, RecipientFile, Route, SendRequest
from messaging.recipients.importing import check_recipient_file, receive_file
from messaging.sending.commands import SendCommand
from messaging.sending.loading import load_request
from messaging.sending.planning import plan_send
from messaging.states import DeliveryKind, MessageType, Purpose
from senders.states import LineState

HELD_TOKEN = "demo-held"  # noqa: S105 - no secret: it makes seeding repeatable
HELD_BODY = "[Acme] ##name##님, 이번 주말 감사 행사에 초대합니다. 초대번호 ##code##"
SCHEDULED_TOKEN = "demo-scheduled"  # noqa: S105 - as above
SCHEDULED_TEMPLATE = "주말 행사"
SAMPLE_ROWS = 1000


def make_route() -> GatewayAccount:
    """Everything goes out through the simulator, unless an administrator chose another way."""
    options = {"ledger_path": str(Path(settings.BONGSU_HOME) / "simulator")}
    account, _ = GatewayAccount.objects.get_or_create(
        name="Simulator", defaults={"gateway": "simulator", "settings": json.dumps(options)}
    )
    Route.objects.get_or_create(project=None, defaults={"account": account})
    return account


def make_held_request(project: Project, actor: User, sender: str) -> None:
    """A mass send that is loaded, and waits until somebody has looked at it."""
    if SendRequest.objects.filter(project=project, submission_token=HELD_TOKEN).exists():
        return
    upload = SimpleUploadedFile("감사행사.xlsx", _workbook(("name", "code"), 48))
    file = receive_file(
        project=project,
        user=actor,
        upload=upload,
        subject="",
        body=HELD_BODY,
        message_type=MessageType.SMS,
    )
    check_recipient_file(file.pk)
    request = plan_send(
        SendCommand(
            project=project,
            actor=actor,
            kind=DeliveryKind.MASS,
            message_type=MessageType.SMS,
            purpose=Purpose.GENERAL,
            sender=sender,
            body=HELD_BODY,
            recipient_file=RecipientFile.objects.get(pk=file.pk),
            needs_release=True,
            name="감사 행사 초대",
            submission_token=HELD_TOKEN,
        )
    )
    load_request(request.pk)


def make_scheduled_send(shop: Shop) -> None:
    """Advertising to those with one tag and not another, in two days: they are found when it is due."""
    if SendRequest.objects.filter(project=shop.project, submission_token=SCHEDULED_TOKEN).exists():
        return
    version = newest_versions(shop.project).filter(template__name=SCHEDULED_TEMPLATE).first()
    if version is None or not {NEWSLETTER, NEW} <= shop.tags.keys() or shop.line.state != LineState.OPEN:
        return
    noon = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
    plan_send(
        SendCommand(
            project=shop.project,
            actor=shop.actor,
            kind=DeliveryKind.TAG,
            message_type=MessageType(version.message_type),
            purpose=Purpose(version.purpose),
            sender=shop.sender,
            subject=version.subject,
            body=version.body,
            tag_condition=Condition(all_of=(shop.tags[NEWSLETTER].pk,), none_of=(shop.tags[NEW].pk,)),
            shared_values={"name": "고객", **SHARED},
            template_version=version,
            statistics_key=shop.keys.get(events.NOW),
            opt_out_line=shop.line,
            due_at=noon + timedelta(days=2),
            name="주말 행사 안내",
            submission_token=SCHEDULED_TOKEN,
        )
    )


def write_sample_file() -> Path:
    """A spreadsheet to try a mass send with: `name`, `order`, and two rows with mistakes."""
    path = Path(settings.BONGSU_HOME) / "demo" / "customers.xlsx"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_workbook(("name", "order"), SAMPLE_ROWS, mistakes=True))
    return path


def _workbook(keys: tuple[str, str], rows: int, *, mistakes: bool = False) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("recipients")
    sheet.append(("recipient_no", *keys))
    for n in range(rows):
        name = FAMILY[n % len(FAMILY)] + GIVEN[n % len(GIVEN)]
        sheet.append((f"010-{2000 + n % 7000:04d}-{(n * 7) % 9000:04d}", name, f"A{n + 1:04d}"))
    if mistakes:
        sheet.append(("010-12-34", "홍길동", "A9998"))
        sheet.append(("010-2345-6789", "", "A9999"))
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()
