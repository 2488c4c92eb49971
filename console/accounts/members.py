"""Who governs projects: each that has an active manager keeps one, whoever takes managers away, and where.

What is asked here holds under one lock, to the end of the caller's transaction: see `lock_governing`.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from console.accounts.models import Membership, Organization, Project, User
from console.accounts.roles import ProjectRole

GOVERNING_LOCK = 0x676F7665
SHOWN_PROJECTS = 5


@dataclass(frozen=True)
class Seat:
    """A membership as it would be: `pk` None is a new one, `role` None one that is taken away."""

    pk: int | None
    user_id: int
    project_id: int
    role: str | None


def lock_governing() -> None:
    """Of two who take managers away at once, the second one sees what the first did.

    One lock for all projects: whose account is closed leaves many, and which ones is sure only while nobody
    changes that. It is taken before any row is locked, so that nobody who waits for it holds up its holder.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [GOVERNING_LOCK])


def still_manages(*, user: User, project: Project) -> bool:
    """Whether the person is a manager of the project now, under the lock."""
    rows = Membership.objects.filter(project=project, user=user, user__is_active=True)
    return rows.filter(role=ProjectRole.MANAGER).exists()


def somebody_manages_without(membership: Membership) -> bool:
    """Whether an active manager is left besides this member, under the lock."""
    rows = Membership.objects.filter(project_id=membership.project_id, role=ProjectRole.MANAGER)
    return rows.filter(user__is_active=True).exclude(pk=membership.pk).exists()


def left_unmanaged(
    *, seats: Collection[Seat] = (), active: Mapping[int, bool] | None = None
) -> list[Project]:
    """The projects that somebody active manages now, and nobody would after these changes; by name.

    Under the lock. `active`: by the person's id, whether their account would be open. Who manages besides is
    read now, so that what another browser did meanwhile counts.
    """
    active = active or {}
    changed = {seat.pk for seat in seats if seat.pk}
    touched = Membership.objects.filter(Q(pk__in=changed) | Q(user_id__in=list(active)))
    rows = list(
        Membership.objects.filter(project_id__in=touched.values("project_id"), role=ProjectRole.MANAGER)
    )
    kept = [(row.project_id, row.user_id) for row in rows if row.pk not in changed]
    given = [(seat.project_id, seat.user_id) for seat in seats if seat.role == ProjectRole.MANAGER]
    now, then = [(row.project_id, row.user_id) for row in rows], [*kept, *given]
    is_open = _open_accounts(user_id for _project, user_id in [*now, *then])
    lost = _managed(now, is_open) - _managed(then, {**is_open, **active})
    return list(Project.objects.filter(pk__in=lost).select_related("organization"))


def _open_accounts(people: Iterable[int]) -> dict[int, bool]:
    return dict(User.objects.filter(pk__in=set(people)).values_list("pk", "is_active"))


def _managed(managers: Iterable[tuple[int, int]], is_open: Mapping[int, bool]) -> set[int]:
    """The projects of these (project, person) in which one of them can sign in."""
    return {project_id for project_id, user_id in managers if is_open.get(user_id)}


def why_not_leave(projects: Collection[Project]) -> str:
    """Why the managers of these projects cannot go, and what to do first; "" where there is no project."""
    if not projects:
        return ""
    named = [f"{project.organization} · {project}" for project in projects][:SHOWN_PROJECTS]
    more = ["…"] if len(projects) > SHOWN_PROJECTS else []
    sentence = _(
        "Nobody would be left to manage %(projects)s: make another active person manager there first, then"
        " try again."
    )
    return sentence % {"projects": ", ".join([*named, *more])}


def belongs_here_alone(*, user: User, organization: Organization) -> bool:
    """Whether the person is no staff, and a member of this organization's projects only.

    Only then may its managers turn off their second factor, which guards whatever else they work in.
    """
    elsewhere = Membership.objects.filter(user=user).exclude(project__organization=organization)
    return not user.platform_role and not elsewhere.exists()


def without_second_factor(organization: Organization) -> QuerySet[User]:
    """The active people of the organization's projects who sign in with a password alone, by name."""
    rows = User.objects.filter(memberships__project__organization=organization, is_active=True)
    return rows.filter(second_factor_at=None).distinct().order_by("name", "username")
