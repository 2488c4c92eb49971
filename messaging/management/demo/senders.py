"""The demo’s sender numbers: some may send, and one of another organization waits for a reviewer."""

from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image, ImageDraw, ImageFont

from console.accounts.models import Project, User
from senders.models import SenderNumber
from senders.requirements import REQUIREMENTS, DocumentKind, NumberType
from senders.services import documents, registration, review
from senders.services.documents import Upload
from senders.services.registration import Registration
from senders.states import Decision

APPROVED = (
    ("0212345678", NumberType.COMPANY),
    ("15881234", NumberType.REPRESENTATIVE),
)
WAITING = ("0319876543", NumberType.COMPANY)
PAPER = (1240, 1754)


def make_approved_numbers(project: Project, manager: User, reviewer: User) -> list[str]:
    """Numbers of the project that a reviewer approved, with their documents."""
    for number, number_type in APPROVED:
        if not SenderNumber.objects.filter(project=project, number=number).exists():
            _approve(_register(project, manager, number, number_type), reviewer)
    return [row.number for row in registration.approved_numbers(project)]


def make_waiting_number(project: Project, manager: User) -> None:
    """One number whose documents wait for a reviewer, unless it was registered already."""
    number, number_type = WAITING
    if not SenderNumber.objects.filter(project=project, number=number).exists():
        _register(project, manager, number, number_type)


def _register(project: Project, user: User, number: str, number_type: NumberType) -> SenderNumber:
    draft = registration.draft_for(project=project, user=user)
    wish = Registration(number=number, number_type=number_type, has_agreed=True)
    registration.keep_choices(sender_number=draft, registration=wish)
    draft.refresh_from_db()
    for kind in draft.required_kinds:
        picture = SimpleUploadedFile(f"{kind.lower()}.png", _paper(kind, project, number), "image/png")
        upload = Upload(kind=kind, file=picture, issued_on=timezone.localdate())
        documents.add_document(subject=draft, upload=upload, uploaded_by=user)
    return registration.submit(sender_number=draft, registration=wish, user=user)


def _approve(number: SenderNumber, reviewer: User) -> None:
    rows = number.documents.all()
    checks = {row.pk: REQUIREMENTS[DocumentKind(row.kind)].checks for row in rows}
    checklist = {pk: [str(check) for check in needed] for pk, needed in checks.items()}
    verdict = review.Verdict(decision=Decision.APPROVED, round=number.round, checklist=checklist)
    review.decide(subject=number, reviewer=reviewer, verdict=verdict)


def _paper(kind: str, project: Project, number: str) -> bytes:
    """A picture of a document, in the letters that every machine has."""
    picture = Image.new("RGB", PAPER, "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((60, 60, PAPER[0] - 60, PAPER[1] - 60), outline="#334155", width=4)
    lines = (
        ("SPECIMEN", 40, "#94a3b8"),
        (kind.replace("_", " ").title(), 60, "#0f172a"),
        ("", 40, "#0f172a"),
        (f"Subscriber   {project.organization.name}", 40, "#0f172a"),
        (f"Business number   {project.organization.business_number}", 40, "#0f172a"),
        (f"Telephone number   {number}", 40, "#0f172a"),
        (f"Issued   {timezone.localdate():%Y-%m-%d}", 40, "#0f172a"),
    )
    top = 160
    for text, size, colour in lines:
        draw.text((140, top), text, fill=colour, font=ImageFont.load_default(size))
        top += size * 2
    draw.ellipse((880, 1380, 1080, 1580), outline="#dc2626", width=8)
    draw.text((925, 1455), "SEAL", fill="#dc2626", font=ImageFont.load_default(48))
    stream = BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()
