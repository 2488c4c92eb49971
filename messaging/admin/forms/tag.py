"""The form of the tag send page."""

from collections.abc import Mapping
from functools import cached_property
from hashlib import sha256
from typing import Any

from django import forms
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from messaging.admin.forms.compose import ComposeForm
from messaging.admin.forms.condition import Group, read_group
from messaging.admin.send_composition import HOME
from messaging.admin.send_composition import Reach as Places
from messaging.audience.conditions import Condition, WrongCondition, describe, parse_condition
from messaging.audience.reach import Reach, reach_of
from messaging.content.limits import KOREA
from messaging.models import Tag
from messaging.sending.checking import Checked
from messaging.states import DeliveryKind

PENDING = "tag-"  # and the path of a list: what is typed to find a tag for it
COUNTED_FOR = 120  # seconds; the last question before sending counts anew

WRONG: dict[str, Any] = {
    "empty": _("Say who gets it: add at least one tag."),
    "gone": _("A tag of this condition was deleted. Remove it, or choose another one."),
    "too_many": _("A condition has at most 50 tags and groups. Remove some."),
    "too_deep": _("Groups lie at most five deep. Remove the innermost."),
    "malformed": _("This condition cannot be read. Build it once more."),
}


class TagForm(ComposeForm):
    """A text to the UIDs that a condition over tags fits."""

    kind = DeliveryKind.TAG

    condition = forms.CharField(required=False, max_length=20_000, widget=forms.HiddenInput)

    @cached_property
    def group(self) -> Group:
        """The condition as it is built now; it may still be empty."""
        return read_group(self.raw("condition"))

    @cached_property
    def names(self) -> Mapping[int, str]:
        """The names of its tags by id; one that is missing was deleted, or is another project's."""
        ids = self.group.tags
        tags = Tag.objects.filter(project=self.project, pk__in=ids) if ids else Tag.objects.none()
        return dict(tags.values_list("pk", "name"))

    @cached_property
    def parsed(self) -> Condition | str:
        """The condition, or the code of why it is none yet."""
        try:
            return parse_condition(self.group.without_empty(), known=set(self.names))
        except WrongCondition as wrong:
            return wrong.code

    @property
    def words(self) -> str:
        """The condition in words, or ""."""
        return "" if isinstance(self.parsed, str) else describe(self.parsed, self.names)

    @cached_property
    def counted(self) -> Reach | None:
        """Whom the condition reaches, as counted a moment ago; None while it is no condition."""
        if isinstance(self.parsed, str):
            return None
        known: Reach | None = cache.get(self._count_key)
        if known is None:
            known = reach_of(
                project=self.project,
                condition=self.parsed,
                message_type=self.chosen_type,
                with_opt_outs=self.is_advertising,
            )
            cache.set(self._count_key, known, COUNTED_FOR)
        return known

    @property
    def _count_key(self) -> str:
        asked = (repr(self.parsed), self.chosen_type.value, self.is_advertising)
        return f"tag-reach:{self.project.pk}:{sha256(repr(asked).encode()).hexdigest()[:32]}"

    def saw(self, checked: Checked) -> None:
        """Take over whom the condition met when it was checked, in place of what was counted before."""
        cache.set(self._count_key, checked.reach, COUNTED_FOR)
        self.counted = checked.reach
        self.__dict__.pop("composition", None)

    @property
    def reach(self) -> Places:
        if self.counted is None:
            return HOME
        countries = frozenset(self.counted.countries) - {KOREA}
        return Places(not self.is_only_abroad, self.counted.abroad > 0, countries)

    @property
    def is_only_abroad(self) -> bool:
        return self.counted is not None and 0 < self.counted.numbers == self.counted.abroad

    @property
    def pending(self) -> dict[str, str]:
        """What is typed to find a tag, by the path of its list."""
        typed = {name.removeprefix(PENDING): self.raw_pending(name) for name in self.data}
        return {path: written for path, written in typed.items() if written}

    def raw_pending(self, name: str) -> str:
        is_pending = name.startswith(PENDING)
        return str(self.data[name]).replace("\0", "").strip()[:100] if is_pending else ""

    def clean_condition(self) -> str:
        if self.pending:
            raise ValidationError(_("A tag is typed but not added. Add it, or empty its field."))
        if isinstance(self.parsed, str):
            raise ValidationError(WRONG.get(self.parsed, WRONG["malformed"]))
        return self.raw("condition")

    def recipients_of_command(self) -> dict[str, Any]:
        return {"tag_condition": self.parsed}
