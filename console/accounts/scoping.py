"""Who is asking, in which project, and what they may do there.

`PersonMiddleware` puts a `Scope` on every request as `request.scope`; pages, actions and services ask it.
Nothing is granted to an anonymous or inactive person, or in a project that the person is no member of.
"""

from dataclasses import dataclass
from functools import cached_property

from django.contrib.auth.models import AnonymousUser

from console.accounts.models import Membership, Project, User
from console.accounts.roles import Permission

SESSION_KEY = "project_id"


@dataclass(frozen=True)
class Scope:
    """A person and the project they work in now (None where they are a member of none).

    `memberships` are all of the person's, in the order of the project switcher.
    """

    user: User | AnonymousUser
    membership: Membership | None
    memberships: tuple[Membership, ...] = ()

    @cached_property
    def project(self) -> Project | None:
        return self.membership.project if self.membership else None

    def allows(self, permission: Permission) -> bool:
        """Whether the person may do this here: by the project role, or by the platform role."""
        if not isinstance(self.user, User) or not self.user.is_active:
            return False
        if self.membership is not None and self.membership.grants(permission):
            return True
        return self.user.has_platform_permission(permission)


NOBODY = Scope(user=AnonymousUser(), membership=None)


def memberships_of(user: User | AnonymousUser) -> list[Membership]:
    """The person's memberships with their projects and organizations, in the switcher's order."""
    if not isinstance(user, User) or not user.is_active:
        return []
    rows = Membership.objects.filter(user=user).select_related("project__organization")
    return list(rows.order_by("project__organization__name", "project__name"))


def scope_for(user: User | AnonymousUser, project_id: int | None) -> Scope:
    """The person's scope in that project, or in the first of theirs where it is not one of theirs."""
    memberships = memberships_of(user)
    chosen = [row for row in memberships if row.project_id == project_id] or memberships
    return Scope(user=user, membership=chosen[0] if chosen else None, memberships=tuple(memberships))
