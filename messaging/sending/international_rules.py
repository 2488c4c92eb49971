"""What a project's settings refuse, and say, of a send to other countries: before it is asked for.

What is said here is of now; whether a message may go is decided when it is handed over
(`messaging.sending.international`), under the settings of then.
"""

from collections.abc import Iterable, Iterator, Mapping

from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from console.accounts.models import Project
from console.formatting import group_number
from messaging.content.countries import name_of
from messaging.content.limits import KOREA, TYPES_ABROAD
from messaging.models import InternationalSettings
from messaging.policies.international import month_of, places_left, reached
from messaging.result_codes import ABROAD_OFF, COUNTRY_BLOCKED, COUNTRY_NOT_ALLOWED
from messaging.sending.commands import Problem, SendCommand, Sentence
from messaging.sending.international import countries_of, sent_in, settings_of

NAMED = 5  # countries of a sentence

NOT_ALLOWED = _(
    "This project does not send to %(countries)s. Take these numbers out, or have a manager allow the "
    "country under Settings, International."
)
BLOCKED = _(
    "%(countries)s: blocked, because too few messages there had converted. Take these numbers out, or have a "
    "manager unblock the country under Settings, International."
)


def abroad_problems(command: SendCommand, countries: Mapping[int, int]) -> Iterator[Problem]:
    """Why a command that sends so many messages to each country (by calling code) cannot be carried out."""
    abroad = _abroad(countries)
    if not abroad or command.message_type not in TYPES_ABROAD:
        return
    settings, field = settings_of(command.project.pk), _field(command)
    found = list(_country_problems(settings, abroad, field))
    yield from found
    if not found:
        yield from _limit_problems(command, settings, sum(abroad.values()))


def abroad_notes(project: Project, countries: Mapping[int, int]) -> list[Sentence]:
    """What has to be known before so many messages go to each country, as sentences."""
    abroad = _abroad(countries)
    if not abroad:
        return []
    settings = settings_of(project.pk)
    limit, sent = settings.monthly_limit, sent_in(project.pk, month_of(timezone.now()))
    count = sum(abroad.values())
    left = places_left(sent + count, limit)
    notes: list[Sentence] = [
        ngettext_lazy(
            "After this, %(left)s of this month's %(limit)s messages to other countries is left.",
            "After this, %(left)s of this month's %(limit)s messages to other countries are left.",
            left,
        )
        % {"left": group_number(left), "limit": group_number(limit)}
    ]
    percent = reached(sent + count, limit)
    if settings.notifies_limit and percent > reached(sent, limit):
        said = _("That is %(percent)s %% of the month's limit or more: every member is told by mail.")
        notes.append(said % {"percent": percent})
    return notes


def country_refusal(project: Project, country_code: int) -> Sentence:
    """Why nothing of the project goes to that country now, as a sentence; "" where it does."""
    found = _country_problems(settings_of(project.pk), _abroad({country_code: 1}), "recipients")
    return next((problem.message for problem in found), "")


def _abroad(countries: Mapping[int, int]) -> dict[int, int]:
    return {code: n for code, n in countries.items() if code != KOREA and n > 0}


def _field(command: SendCommand) -> str:
    if command.recipient_file is not None:
        return "recipient_file"
    return "recipients" if command.tag_condition is None else "tag_condition"


def _country_problems(
    settings: InternationalSettings, abroad: Mapping[int, int], field: str
) -> Iterator[Problem]:
    rules = countries_of(settings)
    refused: dict[str, list[int]] = {}
    for code in sorted(abroad):
        if why := rules.refusal(code):
            refused.setdefault(why, []).append(code)
    if ABROAD_OFF in refused:
        yield Problem(field, "abroad_off", _switched_off(sum(abroad.values())))
    if codes := refused.get(COUNTRY_NOT_ALLOWED):
        yield Problem(field, "country_not_allowed", NOT_ALLOWED % {"countries": named(codes)})
    if codes := refused.get(COUNTRY_BLOCKED):
        yield Problem(field, "country_blocked", BLOCKED % {"countries": named(codes)})


def _switched_off(count: int) -> Sentence:
    said = ngettext_lazy(
        "%(count)s message would go to another country, and this project sends to none. Take that number "
        "out, or have a manager switch it on under Settings, International.",
        "%(count)s messages would go to other countries, and this project sends to none. Take these numbers "
        "out, or have a manager switch it on under Settings, International.",
        count,
    )
    return said % {"count": group_number(count)}


def _limit_problems(command: SendCommand, settings: InternationalSettings, count: int) -> Iterator[Problem]:
    month = month_of(command.due_at or timezone.now())
    left = places_left(sent_in(command.project.pk, month), settings.monthly_limit)
    if count <= left:
        return
    said = ngettext_lazy(
        "%(count)s messages would go to other countries, but only %(left)s of the month's %(limit)s is left.",
        "%(count)s messages would go to other countries, but only %(left)s of the month's %(limit)s are "
        "left.",
        left,
    )
    numbers = {"count": count, "left": left, "limit": settings.monthly_limit}
    words = said % {name: group_number(number) for name, number in numbers.items()}
    raise_it = _("Send fewer, or have a manager raise the limit under Settings, International.")
    yield Problem(_field(command), "abroad_limit", format_lazy("{} {}", words, raise_it))


def named(codes: Iterable[int]) -> str:
    """Countries as a person reads them, the first few of many."""
    names = [name_of(code) for code in codes]
    shown = ", ".join(names[:NAMED])
    if len(names) <= NAMED:
        return shown
    more = ngettext_lazy("%(shown)s and %(n)s more", "%(shown)s and %(n)s more", len(names) - NAMED)
    return str(more % {"shown": shown, "n": len(names) - NAMED})
