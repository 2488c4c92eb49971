"""Why a recurring schedule was refused."""

from collections.abc import Mapping

from messaging.sending.commands import Sentence

# Where a sentence is about no single field.
WHOLE = "__all__"


class ScheduleRefused(Exception):
    """Nothing was changed. `problems`: a sentence by field, in the form's order; WHOLE for all of it."""

    def __init__(self, problems: Mapping[str, Sentence]) -> None:
        super().__init__(" ".join(str(sentence) for sentence in problems.values()))
        self.problems = dict(problems)
