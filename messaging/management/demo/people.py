"""The demo's organizations, projects and people.

A password is derived from this installation's secret key: the same each time, and known to nobody else.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from console.accounts.models import AccessKey, Membership, Organization, Project, User
from console.accounts.roles import PlatformRole, ProjectRole
from senders.models import IdentityVerification
from senders.requirements import MemberCategory
from senders.states import IdentityState

ORGANIZATION = "Acme"
PROJECT = "Shop"
OTHER_ORGANIZATION = "Hanbit Books"
OTHER_PROJECT = "Bookshop"


@dataclass(frozen=True)
class Persona:
    """A person of the demo: a member with a project role, or staff with a platform role."""

    username: str
    name: str
    phone_number: str
    role: ProjectRole | PlatformRole
    organization: str = ORGANIZATION


PERSONAS = (
    Persona("sender", "김민준", "01023450001", ProjectRole.SENDER),
    Persona("manager", "이서연", "01023450002", ProjectRole.MANAGER),
    Persona("viewer", "박지후", "01023450003", ProjectRole.VIEWER),
    Persona("bookseller", "최유진", "01023450004", ProjectRole.MANAGER, OTHER_ORGANIZATION),
    Persona("reviewer", "정하윤", "01023450005", PlatformRole.REVIEWER),
    Persona("administrator", "강도현", "01023450006", PlatformRole.ADMINISTRATOR),
)


def password_of(username: str) -> str:
    """The demo password of a person in this installation."""
    digest = hmac.new(settings.SECRET_KEY.encode(), f"demo:{username}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest)[:12].decode().lower()


def make_projects() -> tuple[Project, Project]:
    """The demo's own project, and one of another organization."""
    return _project(ORGANIZATION, PROJECT, "1208147521"), _project(
        OTHER_ORGANIZATION, OTHER_PROJECT, "2148659031"
    )


def make_people(projects: tuple[Project, Project]) -> dict[str, User]:
    """Every person of the demo by username; members have verified their identity."""
    return {persona.username: _person(persona, projects) for persona in PERSONAS}


def make_access_key(project: Project) -> AccessKey:
    """The demo project's key for programs."""
    return AccessKey.objects.get_or_create(project=project, name="Demo")[0]


def _project(organization_name: str, name: str, business_number: str) -> Project:
    organization, _ = Organization.objects.get_or_create(
        name=organization_name, defaults={"business_number": business_number}
    )
    return Project.objects.get_or_create(organization=organization, name=name)[0]


def _person(persona: Persona, projects: tuple[Project, Project]) -> User:
    platform_role = persona.role if isinstance(persona.role, PlatformRole) else PlatformRole.NONE
    user, is_new = User.objects.get_or_create(
        username=persona.username,
        defaults={
            "name": persona.name,
            "email": f"{persona.username}@example.com",
            "phone_number": persona.phone_number,
            "platform_role": platform_role,
        },
    )
    if is_new:
        user.set_password(password_of(persona.username))
        user.save(update_fields=["password"])
    if isinstance(persona.role, ProjectRole):
        project = next(row for row in projects if row.organization.name == persona.organization)
        Membership.objects.get_or_create(user=user, project=project, defaults={"role": persona.role})
        _verify(user, project.organization)
    return user


def _verify(user: User, organization: Organization) -> None:
    now = timezone.now()
    IdentityVerification.objects.get_or_create(
        user=user,
        organization=organization,
        defaults={
            "member_category": MemberCategory.EMPLOYEE,
            "state": IdentityState.APPROVED,
            "phone_number": user.phone_number,
            "phone_verified_at": now,
            "consent_version": "demo",
            "consented_at": now,
            "submitted_at": now,
            "decided_at": now,
            "round": 1,
        },
    )
