"""How the library says no: sentences for people, by the field that they are about."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from messaging.models import TemplateVersion

Sentence = Promise | str

# Where a sentence is about no single field.
WHOLE = "__all__"


class LibraryRefused(Exception):
    """What was asked cannot be done; nothing was changed. `problems`: sentences by field, or `WHOLE`."""

    def __init__(self, problems: Mapping[str, Sentence] | Sentence) -> None:
        self.problems = dict(problems) if isinstance(problems, Mapping) else {WHOLE: problems}
        super().__init__(" ".join(str(sentence) for sentence in self.problems.values()))


class ChangedMeanwhile(LibraryRefused):
    """Somebody else saved the template since it was read. `current` is what they saved."""

    def __init__(self, current: TemplateVersion) -> None:
        self.current = current
        super().__init__(
            _("Somebody else saved this template while you were writing. Compare, then save again.")
        )


class Gone(LibraryRefused):
    """What was to be changed was deleted meanwhile."""
