"""Why an event key was refused."""

from collections.abc import Mapping

from django.utils.functional import Promise

Sentence = str | Promise
WHOLE = "__all__"


class KeyRefused(Exception):
    """Nothing was changed. `problems`: a sentence by field; WHOLE for the key as such."""

    def __init__(self, problems: Mapping[str, Sentence]) -> None:
        super().__init__(" ".join(str(sentence) for sentence in problems.values()))
        self.problems = dict(problems)
