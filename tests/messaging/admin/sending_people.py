"""What the tests of the send pages share: a project that may send, people of each role, a form."""

from dataclasses import dataclass
from typing import Any

from django.test import Client

from console.accounts.models import Project, User
from console.accounts.roles import ProjectRole
from messaging.models import Route
from tests.factories import MembershipFactory, ProjectFactory, RouteFactory, SenderNumberFactory

SENDER = "0212345678"


@dataclass
class Desk:
    """A person signed in to a project that has an approved number and a carrier."""

    client: Client
    user: User
    project: Project

    def post(self, url: str, fields: dict[str, Any], *, step: str, htmx: bool = True) -> Any:
        headers = {"HX-Request": "true"} if htmx else {}
        return self.client.post(url, {**fields, "step": step}, headers=headers)


def desk(role: str = ProjectRole.SENDER, project: Project | None = None) -> Desk:
    project = project or ready_project()
    membership = MembershipFactory(project=project, role=role)
    client = Client()
    client.force_login(membership.user)
    return Desk(client, membership.user, project)


def ready_project() -> Project:
    project = ProjectFactory()
    SenderNumberFactory(project=project, number=SENDER, approved=True)
    if not Route.objects.exists():
        RouteFactory()
    return project


def general_fields(**changes: Any) -> dict[str, Any]:
    fields = {
        "message_type": "SMS",
        "purpose": "GENERAL",
        "sender": SENDER,
        "subject": "",
        "body": "가을 세일 안내입니다.",
        "recipients": "010-1234-5678\n010-8765-4321",
        "when": "now",
        "date": "",
        "time": "",
        "nonce": "a" * 32,
    }
    return {**fields, **changes}


def mass_fields(**changes: Any) -> dict[str, Any]:
    fields = {**general_fields(), "body": "##name##님, 안녕하세요", "recipient_file": "", "leave_out": ""}
    del fields["recipients"]
    return {**fields, **changes}
