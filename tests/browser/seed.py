"""Prepares the console that the browser tests drive: `python -m tests.browser.seed`, in its environment.

The demo, and beside it an organization whose people start from nothing.
"""

import json
import sys

import django
from django.conf import settings
from django.core.management import call_command

ORGANIZATION, PROJECT = "Hanok Tea", "Tea house"
# Username: name, phone number, role in the project. Those who are not verified have to do it themselves.
MEMBERS = {
    "mina": ("Mina Park", "01030000001", "MANAGER"),
    "sora": ("Sora Lim", "01030000002", "SENDER"),
    "newcomer": ("Juno Han", "01030000003", "SENDER"),
}
VERIFIED = ("sora",)


def main() -> None:
    django.setup()
    from console.management.commands.up import collect_static
    from console.translations import compile_catalogs

    call_command("migrate", interactive=False, verbosity=0)
    compile_catalogs(settings.BASE_DIR / "locale")
    collect_static()
    from messaging.management.commands.seed_demo import seed

    demo = seed()
    passwords = {person["username"]: person["password"] for person in demo["users"]}
    json.dump({"passwords": passwords | make_members(), "demo": demo["project"]}, sys.stdout)


def make_members() -> dict[str, str]:
    """The people of the second organization, and their passwords by username."""
    from tests.factories import (
        PASSWORD,
        IdentityVerificationFactory,
        MembershipFactory,
        OrganizationFactory,
        ProjectFactory,
        UserFactory,
    )

    organization = OrganizationFactory(name=ORGANIZATION, verification_exempt=False)
    project = ProjectFactory(organization=organization, name=PROJECT)
    for username, (name, phone_number, role) in MEMBERS.items():
        user = UserFactory(username=username, name=name, phone_number=phone_number)
        MembershipFactory(user=user, project=project, role=role)
        if username in VERIFIED:
            IdentityVerificationFactory(approved=True, organization=organization, user=user)
    return dict.fromkeys(MEMBERS, PASSWORD)


if __name__ == "__main__":
    main()
