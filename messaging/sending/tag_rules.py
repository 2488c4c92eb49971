"""What a command needs to be a tag send: a condition over tags of its project that meets somebody, and one
text for all. Whom it meets is looked up anew when it is due; what is said here is of now.
"""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from messaging.audience.conditions import Condition, WrongCondition, parse_condition, tags_in
from messaging.audience.reach import Reach, reach_of
from messaging.content.limits import KOREA, TYPES_ABROAD, text_limits
from messaging.content.rendering import Template
from messaging.models import Tag
from messaging.policies.characters import as_sent
from messaging.policies.content import refusal
from messaging.result_codes import TOO_LONG
from messaging.sending.commands import Problem, SendCommand, Sentence
from messaging.states import DeliveryKind, Purpose

NOBODY = Reach(0, 0, 0)
# Any other country: the same rules hold in all of them.
ABROAD = 1
WRONG: dict[str, Sentence] = {
    "malformed": _("This is no condition over tags. Choose the tags anew."),
    "too_deep": _("Groups are nested too deeply. Take some apart."),
    "too_many": _("These are too many tags and groups. Leave some out."),
    "empty": _("Choose at least one tag, and none of the groups may be empty."),
    "gone": _("A tag of the condition is gone. Choose another one."),
}


def is_tagged(command: SendCommand) -> bool:
    """Whether the command names its recipients by tags, or should."""
    return command.kind == DeliveryKind.TAG or command.tag_condition is not None


def kind_problems(command: SendCommand) -> Iterator[Problem]:
    """What does not go with a condition."""
    if not is_tagged(command):
        return
    if command.tag_condition is None:
        yield Problem("tag_condition", "required", _("Choose at least one tag."))
    elif command.kind != DeliveryKind.TAG:
        yield Problem("tag_condition", "not_for_kind", _("Only a tag send has a condition over tags."))
    if command.recipients or command.recipient_file is not None:
        both = _("Give either a condition over tags or recipients, not both.")
        yield Problem("tag_condition", "both", both)
    if command.needs_release:
        said = _(
            "Whom the tags meet is looked up when it is sent, so it cannot wait for a check. Choose a time."
        )
        yield Problem("needs_release", "not_for_tags", said)
    if command.include_duplicates:
        said = _("A tag send goes to each number once.")
        yield Problem("include_duplicates", "not_for_tags", said)


def look_up(
    command: SendCommand, template: Template, *, replaces: bool = False
) -> tuple[list[Problem], Reach]:
    """What is wrong with the condition, or with the text for those whom it meets now; how many they are.

    `replaces`: characters that cannot be sent at home become `?`.
    """
    if command.tag_condition is None:
        return [], NOBODY
    condition, problems = _read(command, command.tag_condition)
    if condition is None:
        return problems, NOBODY
    reach = reach_of(
        project=command.project,
        condition=condition,
        message_type=command.message_type,
        with_opt_outs=command.purpose == Purpose.ADVERTISING,
    )
    problems = [*_nobody(reach), *_missing_values(command, template)]
    return problems or list(_rendered(command, template, reach, replaces)), reach


def _read(command: SendCommand, given: Condition) -> tuple[Condition | None, list[Problem]]:
    """The condition as it may be used. A tag of another project is as one that is gone."""
    named = Tag.objects.filter(project=command.project, pk__in=tags_in(given))
    try:
        return parse_condition(given.to_json(), known=set(named.values_list("pk", flat=True))), []
    except WrongCondition as wrong:
        return None, [Problem("tag_condition", wrong.code, WRONG[wrong.code])]


def _nobody(reach: Reach) -> Iterator[Problem]:
    if reach.numbers:
        return
    if reach.abroad:
        said = _("All numbers that fit are in other countries, which get SMS only.")
    elif reach.uids:
        said = _("None of the UIDs that fit has a phone number.")
    else:
        said = _("No UID fits this condition.")
    yield Problem("tag_condition", "nobody_fits", said)


def _missing_values(command: SendCommand, template: Template) -> Iterator[Problem]:
    for key in template.keys:
        if not command.shared_values.get(key, "").strip():
            said = _("Give a value for ##%(key)s##. It is the same for everybody.") % {"key": key}
            yield Problem("shared_values", "missing_value", said)


def _rendered(command: SendCommand, template: Template, reach: Reach, replaces: bool) -> Iterator[Problem]:
    """What is wrong with the text as it will be, at home and abroad."""
    at_home = reach.numbers > reach.abroad or command.message_type not in TYPES_ABROAD
    if template.keys and at_home and (code := _refusal(command, template, KOREA, replaces)):
        long = _("With these values the text is too long.")
        strange = _("With these values the text has a character that cannot be sent.")
        yield Problem("shared_values", *(("too_long", long) if code == TOO_LONG else ("unsendable", strange)))
    if reach.abroad and command.message_type in TYPES_ABROAD and _refusal(command, template, ABROAD):
        said = _("The text is too long for those in other countries.")
        yield Problem("body", "too_long_abroad", said)


def _refusal(
    command: SendCommand, template: Template, country_code: int, replaces: bool = False
) -> str | None:
    limits = text_limits(command.message_type)
    values = [command.shared_values.get(key, "") for key in template.keys]
    subject, body = (as_sent(text, country_code, replaces=replaces) for text in template.render(values))
    parts = ((subject, limits.subject_bytes), (body, limits.body_bytes))
    codes = (refusal(command.message_type, country_code, text, limit) for text, limit in parts if text)
    return next((code for code in codes if code is not None), None)
