"""What a command needs to be advertising: an open 080 line of its project, and what the law wants said."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from messaging.policies.advertising import OPENING, problem_sentence, says_advertising, statement_problems
from messaging.sending.commands import Problem, SendCommand
from messaging.states import Purpose
from senders.models import OptOutLine
from senders.services.opt_out_lines import open_lines


def line_of(command: SendCommand) -> OptOutLine | None:
    """The 080 line that a request keeps. One that is named by what advertises nothing is left out: a form
    keeps it when its purpose is changed.
    """
    return command.opt_out_line if command.purpose == Purpose.ADVERTISING else None


def purpose_problems(command: SendCommand) -> Iterator[Problem]:
    """What calls itself advertising is sent as advertising: otherwise it would reach those who refuse it."""
    if command.purpose != Purpose.ADVERTISING and says_advertising(command.body):
        said = _(
            "This text says %(opening)s, so it is advertising: choose Advertising, or take %(opening)s out."
        )
        yield Problem("purpose", "is_advertising", said % {"opening": OPENING})


def line_problems(command: SendCommand) -> Iterator[Problem]:
    """What is wrong with the 080 line of advertising."""
    if command.purpose != Purpose.ADVERTISING:
        return
    lines = open_lines(command.project)
    if command.opt_out_line is not None:
        if not lines.filter(pk=command.opt_out_line.pk).exists():
            yield _closed_line(command.opt_out_line, command)
    elif lines.exists():
        said = _("Choose the 080 number where recipients can refuse this advertising.")
        yield Problem("opt_out_line", "required", said)
    else:
        yield Problem(
            "opt_out_line",
            "no_line",
            _(
                "Advertising needs an open 080 line where recipients can refuse it, and this project has "
                "none. Apply for one under Senders, or choose General for messages that advertise nothing."
            ),
        )


def _closed_line(line: OptOutLine, command: SendCommand) -> Problem:
    if line.project_id != command.project.pk:
        return Problem("opt_out_line", "not_found", _("This 080 line is gone. Choose another one."))
    return Problem("opt_out_line", "not_open", _("This 080 line is not open. Choose an open one."))


def statements_missing(command: SendCommand) -> Iterator[Problem]:
    """What the text of advertising lacks of the statements, where its line has a number."""
    line = line_of(command)
    if line is None or not line.number or line.project_id != command.project.pk or not command.body.strip():
        return
    for code in statement_problems(command.body, line.number):
        yield Problem("body", f"advertising_{code}", problem_sentence(code, line.number))


def template_problems(command: SendCommand) -> Iterator[Problem]:
    """A template that the text was taken from is one of the project's."""
    version = command.template_version
    if version is not None and version.template.project_id != command.project.pk:
        yield Problem(
            "template_version", "not_found", _("This template is gone. Choose another one, or none.")
        )
