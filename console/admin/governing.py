"""Pages of the platform's staff from which managers can go: none leaves a project that nobody manages."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest

from console.accounts.members import Seat, left_unmanaged, lock_governing, why_not_leave
from console.accounts.models import User
from console.pages import PlatformAdmin


class GovernedAdmin(PlatformAdmin):
    """Whoever changes an object here holds the lock of who governs, before anything is read."""

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *rest: Any) -> Any:
        if request.method != "POST" or object_id is None:
            return super().changeform_view(request, object_id, *rest)
        with transaction.atomic():
            lock_governing()
            return super().changeform_view(request, object_id, *rest)


class GoverningFormSet(BaseInlineFormSet):
    """Memberships of a project or of a person: refused where a project would lose its last manager.

    A person whose account is closed by the same form counts as gone.
    """

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        parent = self.instance
        active = {parent.pk: parent.is_active} if isinstance(parent, User) and parent.pk else {}
        if reason := why_not_leave(left_unmanaged(seats=list(self._seats()), active=active)):
            raise ValidationError(reason)

    def _seats(self) -> Iterator[Seat]:
        """What becomes of each membership that the form changes; the others are as they are."""
        for form in self.forms:
            row = form.instance
            if form in self.deleted_forms:
                yield Seat(row.pk, row.user_id, row.project_id, None)
            elif form.has_changed():
                yield Seat(row.pk, row.user_id, row.project_id, row.role)
