"""Settings that somebody made: the bookseller's, so that nothing of the shop is blocked at first."""

from console.accounts.models import Project, User
from messaging.models import CharacterSettings, DuplicateSettings


def make_settings(project: Project, actor: User) -> None:
    """Characters are replaced and repeated messages blocked, unless somebody decided already."""
    CharacterSettings.objects.get_or_create(project=project, defaults={"replaces": True, "updated_by": actor})
    DuplicateSettings.objects.get_or_create(
        project=project, defaults={"is_on": True, "minutes": 10, "updated_by": actor}
    )
