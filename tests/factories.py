"""What tests are made of: one factory a model, with the least that makes a valid row."""

import json
import tempfile
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import factory
from django.conf import settings
from django.utils import timezone

from console.accounts.models import AccessKey, Invitation, Membership, Organization, Project, User
from console.accounts.roles import PlatformRole, ProjectRole
from messaging.content.rendering import placeholders
from messaging.models import (
    Category,
    Contact,
    GatewayAccount,
    RecurringSchedule,
    Route,
    ScheduledMessage,
    StatisticsKey,
    Tag,
    TaggedUid,
    Template,
    TemplateVersion,
    Uid,
    Webhook,
)
from messaging.schedules.rules import next_due, rule_of
from messaging.states import ContactKind
from senders.models import (
    Document,
    EvidenceRequest,
    IdentityVerification,
    OptOut,
    OptOutLine,
    Review,
    SenderNumber,
)
from senders.models.document import ContentType
from senders.models.opt_out import OptOutSource
from senders.requirements import DocumentKind
from senders.states import Decision, EvidenceState, IdentityState, LineState, NumberState

PASSWORD = "a beacon on every hill"


class UserFactory(factory.django.DjangoModelFactory):
    """A person who can sign in with PASSWORD, with no role anywhere."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.com")
    name = factory.Sequence(lambda n: f"Person {n}")
    phone_number = factory.Sequence(lambda n: f"0102{n:07d}")
    password = factory.django.Password(PASSWORD)
    is_active = True

    class Params:
        reviewer = factory.Trait(platform_role=PlatformRole.REVIEWER)
        administrator = factory.Trait(platform_role=PlatformRole.ADMINISTRATOR)


class OrganizationFactory(factory.django.DjangoModelFactory):
    """An organization whose members need no identity verification, unless a test says otherwise."""

    class Meta:
        model = Organization

    name = factory.Sequence(lambda n: f"Organization {n}")
    verification_exempt = True


class ProjectFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Project

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Project {n}")


class MembershipFactory(factory.django.DjangoModelFactory):
    """A person's membership, as a manager unless a test says otherwise."""

    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    project = factory.SubFactory(ProjectFactory)
    role = ProjectRole.MANAGER


class AccessKeyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = AccessKey

    project = factory.SubFactory(ProjectFactory)
    name = "Server"


class InvitationFactory(factory.django.DjangoModelFactory):
    """An invitation without an answer, whose link nobody has."""

    class Meta:
        model = Invitation

    project = factory.SubFactory(ProjectFactory)
    email = factory.Sequence(lambda n: f"invited{n}@example.com")
    role = ProjectRole.SENDER
    token_hash = factory.Sequence(lambda n: f"{n:064x}")
    sent_at = factory.LazyFunction(timezone.now)
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=7))


class IdentityVerificationFactory(factory.django.DjangoModelFactory):
    """A verification that was begun and not submitted; with a trait, one that was, once."""

    class Meta:
        model = IdentityVerification

    user = factory.SubFactory(UserFactory)
    organization = factory.SubFactory(OrganizationFactory, verification_exempt=False)

    class Params:
        ready = factory.Trait(
            consented_at=factory.LazyFunction(timezone.now),
            consent_version="identity-1",
            phone_number=factory.SelfAttribute("user.phone_number"),
            phone_verified_at=factory.LazyFunction(timezone.now),
        )
        submitted = factory.Trait(ready=True, round=1, submitted_at=factory.LazyFunction(timezone.now))
        reviewing = factory.Trait(submitted=True, state=IdentityState.REVIEWING)
        rejected = factory.Trait(
            submitted=True, state=IdentityState.REJECTED, decided_at=factory.LazyFunction(timezone.now)
        )
        approved = factory.Trait(
            submitted=True, state=IdentityState.APPROVED, decided_at=factory.LazyFunction(timezone.now)
        )


class SenderNumberFactory(factory.django.DjangoModelFactory):
    """A sender number under review; with a trait, in another state."""

    class Meta:
        model = SenderNumber

    project = factory.SubFactory(ProjectFactory)
    registered_by = factory.SubFactory(UserFactory)
    number = factory.Sequence(lambda n: f"02{2000000 + n}")
    state = NumberState.REVIEWING
    round = 1
    consent_version = "number-1"
    consented_at = factory.LazyFunction(timezone.now)
    submitted_at = factory.LazyFunction(timezone.now)

    class Params:
        draft = factory.Trait(
            state=NumberState.DRAFT,
            round=0,
            number="",
            consented_at=None,
            submitted_at=None,
            consent_version="",
        )
        rejected = factory.Trait(state=NumberState.REJECTED, decided_at=factory.LazyFunction(timezone.now))
        approved = factory.Trait(state=NumberState.APPROVED, decided_at=factory.LazyFunction(timezone.now))


class DocumentFactory(factory.django.DjangoModelFactory):
    """A document's row, without a file in the storage: name one of verification and sender_number."""

    class Meta:
        model = Document

    kind = DocumentKind.SERVICE_CERTIFICATE
    round = 1
    original_name = "certificate.png"
    storage_name = factory.Sequence(lambda n: f"documents/00/{n:040x}")
    content_type = ContentType.PNG
    size = 1
    sha256 = "0" * 64
    pages = 1
    issued_on = factory.LazyFunction(timezone.localdate)
    uploaded_by = factory.SubFactory(UserFactory)


class ReviewFactory(factory.django.DjangoModelFactory):
    """A rejection: name one of verification and sender_number."""

    class Meta:
        model = Review

    round = 1
    submitted_at = factory.LazyFunction(timezone.now)
    reviewer = factory.SubFactory(UserFactory, reviewer=True)
    decision = Decision.REJECTED
    phrases = ["MASKED"]
    decided_at = factory.LazyFunction(timezone.now)


class EvidenceRequestFactory(factory.django.DjangoModelFactory):
    """Evidence asked for of an approved number, just now."""

    class Meta:
        model = EvidenceRequest

    sender_number = factory.SubFactory(SenderNumberFactory, approved=True)
    reason = "Show the contract with the carrier."
    asked_by = factory.SubFactory(UserFactory, reviewer=True)
    asked_at = factory.LazyFunction(timezone.now)
    due_at = factory.LazyAttribute(lambda asked: asked.asked_at + timedelta(days=3))

    class Params:
        reviewing = factory.Trait(
            state=EvidenceState.REVIEWING,
            round=1,
            submitted_at=factory.SelfAttribute("asked_at"),
            handed_in_by=factory.SelfAttribute("sender_number.registered_by"),
        )


class OptOutLineFactory(factory.django.DjangoModelFactory):
    """An 080 line that is applied for; with a trait, an open, a canceled or a stopped one."""

    class Meta:
        model = OptOutLine

    project = factory.SubFactory(ProjectFactory)
    business_name = "Beacon Shop"
    applied_by = factory.SubFactory(UserFactory)
    applied_at = factory.LazyFunction(timezone.now)

    class Params:
        opened = factory.Trait(
            state=LineState.OPEN,
            number=factory.Sequence(lambda n: f"080{1000000 + n}"),
            opened_at=factory.LazyFunction(timezone.now),
        )
        canceled = factory.Trait(state=LineState.CANCELED, canceled_at=factory.LazyFunction(timezone.now))
        stopped = factory.Trait(
            opened=True,
            state=LineState.STOPPED,
            stopped_at=factory.LazyFunction(timezone.now),
            purge_at=factory.LazyAttribute(lambda line: line.stopped_at + timedelta(days=3)),
        )


class OptOutFactory(factory.django.DjangoModelFactory):
    """A number that refuses the project's advertising, entered by hand."""

    class Meta:
        model = OptOut

    project = factory.SubFactory(ProjectFactory)
    number = factory.Sequence(lambda n: f"0105{n:07d}")
    source = OptOutSource.HAND
    created_at = factory.LazyFunction(timezone.now)
    last_refused_at = factory.SelfAttribute("created_at")


# --- messaging -----------------------------------------------------------------------------------


class GatewayAccountFactory(factory.django.DjangoModelFactory):
    """An account at the simulator, with a ledger of its own that reports at once."""

    class Meta:
        model = GatewayAccount

    class Params:
        ledger_path = factory.LazyFunction(lambda: tempfile.mkdtemp(prefix="ledger-", dir=ledgers()))
        options: dict[str, object] = {}

    name = factory.Sequence(lambda n: f"Simulator {n}")
    gateway = "simulator"
    settings = factory.LazyAttribute(
        lambda account: json.dumps(
            {"ledger_path": account.ledger_path, "report_delay_ms": 0, **account.options}
        )
    )


class RouteFactory(factory.django.DjangoModelFactory):
    """The route of every project that has none of its own."""

    class Meta:
        model = Route

    project = None
    account = factory.SubFactory(GatewayAccountFactory)


class CategoryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Category

    project = factory.SubFactory(ProjectFactory)
    name = factory.Sequence(lambda n: f"Category {n}")


class TemplateFactory(factory.django.DjangoModelFactory):
    """A template with its first version: an SMS with a placeholder. `text` changes what that says."""

    class Meta:
        model = Template
        skip_postgeneration_save = True

    project = factory.SubFactory(ProjectFactory)
    category = factory.SubFactory(CategoryFactory, project=factory.SelfAttribute("..project"))
    name = factory.Sequence(lambda n: f"Template {n}")
    version = 1
    updated_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def text(self: Template, is_saved: bool, given: dict[str, object] | None) -> None:
        said = {
            "message_type": "SMS",
            "purpose": "GENERAL",
            "body": "##name##님, 안녕하세요",
            **(given or {}),
        }
        TemplateVersion.objects.create(
            template=self,
            number=1,
            placeholders=placeholders(str(said.get("subject", "")), str(said["body"])),
            created_at=timezone.now(),
            **said,
        )


class UidFactory(factory.django.DjangoModelFactory):
    """A UID of the audience, with a phone number for each of `numbers`."""

    class Meta:
        model = Uid
        skip_postgeneration_save = True

    project = factory.SubFactory(ProjectFactory)
    uid = factory.Sequence(lambda n: f"uid{n:06d}")
    created_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def numbers(self: Uid, create: bool, extracted: Any, **kwargs: Any) -> None:  # type: ignore[misc]
        for number in extracted or ():
            ContactFactory(uid=self, value=number)


class ContactFactory(factory.django.DjangoModelFactory):
    """A domestic phone number of a UID."""

    class Meta:
        model = Contact

    uid = factory.SubFactory(UidFactory)
    project = factory.SelfAttribute("uid.project")
    kind = ContactKind.PHONE
    country_code = 82
    value = factory.Sequence(lambda n: f"0107{n:07d}")
    created_at = factory.LazyFunction(timezone.now)


class TagFactory(factory.django.DjangoModelFactory):
    """A tag, on each of `uids`."""

    class Meta:
        model = Tag
        skip_postgeneration_save = True

    project = factory.SubFactory(ProjectFactory)
    name = factory.Sequence(lambda n: f"tag{n}")

    @factory.post_generation
    def uids(self: Tag, create: bool, extracted: Any, **kwargs: Any) -> None:  # type: ignore[misc]
        now = timezone.now()
        TaggedUid.objects.bulk_create(TaggedUid(tag=self, uid=uid, created_at=now) for uid in extracted or ())


class StatisticsKeyFactory(factory.django.DjangoModelFactory):
    """An event key that is active: since yesterday, for thirty days."""

    class Meta:
        model = StatisticsKey

    project = factory.SubFactory(ProjectFactory)
    name = factory.Sequence(lambda n: f"Event {n}")
    starts_at = factory.LazyFunction(lambda: timezone.now() - timedelta(days=1))
    ends_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=29))


class WebhookFactory(factory.django.DjangoModelFactory):
    """An active webhook for results, as it is once its receiver has confirmed it."""

    class Meta:
        model = Webhook

    project = factory.SubFactory(ProjectFactory)
    url = factory.Sequence(lambda n: f"https://example.com/hooks/{n}")
    events = factory.LazyFunction(lambda: ["MESSAGE_RESULT_UPDATE"])
    secret = "whsec_dGhpcyBpcyBhIHNlY3JldCBmb3IgdGVzdHMgb25seSE="


class RecurringScheduleFactory(factory.django.DjangoModelFactory):
    """A schedule in force: every day at 09:00 in Seoul, from today on for a month."""

    class Meta:
        model = RecurringSchedule

    project = factory.SubFactory(ProjectFactory)
    code = factory.Sequence(lambda n: f"SCHEDULE-{n}")
    sends_at = time(9)
    time_zone = "Asia/Seoul"
    starts_on = factory.LazyFunction(timezone.localdate)
    ends_on = factory.LazyFunction(lambda: timezone.localdate() + timedelta(days=30))
    next_at = factory.LazyAttribute(lambda schedule: next_at_of(schedule))


def next_at_of(schedule: Any) -> datetime | None:
    """When a schedule of these fields is due next."""
    fields = ("sends_at", "time_zone", "starts_on", "ends_on")
    made = RecurringSchedule(**{name: getattr(schedule, name) for name in fields})
    made.weekdays = getattr(schedule, "weekdays", made.weekdays)
    found = next_due(rule_of(made), timezone.now())
    return found.due_at if found else None


class ScheduledMessageFactory(factory.django.DjangoModelFactory):
    """An SMS to one number that its schedule sends."""

    class Meta:
        model = ScheduledMessage

    schedule = factory.SubFactory(RecurringScheduleFactory)
    kind = "GENERAL"
    message_type = "SMS"
    purpose = "GENERAL"
    sender = "0212345678"
    body = "Good morning"
    recipients = factory.LazyFunction(lambda: [{"number": "01012345678", "values": {}}])


def ledgers() -> Path:
    """The folder of the tests' ledgers, below this run's home."""
    folder = Path(settings.BONGSU_HOME) / "ledgers"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
