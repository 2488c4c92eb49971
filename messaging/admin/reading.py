"""Who read personal data unmasked: noted once an hour for a person, an object and what was read."""

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from console.accounts.audit import record_reading
from console.accounts.models import User
from console.accounts.roles import Permission
from console.accounts.scoping import Scope
from console.accounts.sentences import Phone, Said, sentence

MESSAGE_READ = sentence("message_read", _("the message to %(number)s"))
MESSAGES_READ = sentence("messages_read", _("the list of messages"))
UID_READ = sentence("uid_read", _("the contacts of a UID"))
UIDS_READ = sentence("uids_read", _("the list of UIDs"))
OPT_OUTS_READ = sentence("opt_outs_read", _("the list of opt-outs"))
HANDSETS_READ = sentence("handsets_read", _("the simulated handsets"))
NUMBER_SEARCHED = sentence("number_searched", _("searched for the number %(number)s"))


def searched_or(what: Said, typed: str) -> Said:
    """That a number was searched for, as it was typed, or the other thing where none was."""
    number = "".join(character for character in typed if character.isascii() and character.isdigit())
    return NUMBER_SEARCHED(number=Phone(number)) if number else what


def note_reading(scope: Scope, obj: Model, what: Said) -> None:
    """Note the reading, where the person may read it: others see it masked, and nothing is noted."""
    may_read = scope.allows(Permission.READ_PERSONAL_DATA)
    if may_read and isinstance(scope.user, User) and scope.project is not None:
        record_reading(actor=scope.user, obj=obj, project=scope.project, what=what)
