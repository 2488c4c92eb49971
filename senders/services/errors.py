"""How this app's services say no: sentences for people, by the field that they are about."""

from collections.abc import Mapping

from django.utils.functional import Promise

Sentence = Promise | str

# Where a sentence is about no single field.
WHOLE = "__all__"


class Refused(Exception):
    """What was asked cannot be done; nothing was changed. `problems`: sentences by field, or `WHOLE`."""

    def __init__(self, problems: Mapping[str, Sentence] | Sentence) -> None:
        self.problems = dict(problems) if isinstance(problems, Mapping) else {WHOLE: problems}
        super().__init__(" ".join(str(sentence) for sentence in self.problems.values()))


class Busy(Refused):
    """Not now, because others are at it; the same may be done in a moment."""
