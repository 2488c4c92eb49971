"""What the audit trail says was done to requests, opt-outs and contacts, in words."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from console.accounts.sentences import sentence

SENT = sentence(
    "request_sent",
    ngettext_lazy(
        "%(n)s message from %(sender)s, due %(due)s",
        "%(n)s messages from %(sender)s, due %(due)s",
        "n",
    ),
)
SENT_TO_TAGS = sentence("tag_request_sent", _("to tags, from %(sender)s, due %(due)s"))
HELD = sentence(
    "request_held",
    ngettext_lazy(
        "%(n)s message from %(sender)s, due %(due)s, to be confirmed",
        "%(n)s messages from %(sender)s, due %(due)s, to be confirmed",
        "n",
    ),
)
MESSAGE_MAPPED = sentence("scheduled_message_added", _("a message from %(sender)s added"))
MESSAGE_UNMAPPED = sentence("scheduled_message_removed", _("a message from %(sender)s taken off"))
RELEASED = sentence("request_released", _("released"))
CANCELED = sentence("request_canceled", _("canceled: what was not handed over is not sent"))
CONVERTED = sentence("message_converted", _("counted as converted"))
OPT_OUTS_ENTERED = sentence(
    "opt_outs_entered",
    ngettext_lazy("%(n)s opt-out entered by hand", "%(n)s opt-outs entered by hand", "n"),
)
OPT_OUTS_REMOVED = sentence(
    "opt_outs_removed",
    ngettext_lazy("%(n)s opt-out removed: %(reason)s", "%(n)s opt-outs removed: %(reason)s", "n"),
)
UID_REGISTERED = sentence(
    "uid_registered",
    ngettext_lazy("registered with %(n)s number", "registered with %(n)s numbers", "n"),
)
NUMBERS_ADDED = sentence("uid_numbers_added", ngettext_lazy("%(n)s number added", "%(n)s numbers added", "n"))
NUMBER_CHANGED = sentence("uid_number_changed", _("a number changed"))
CONTACT_REMOVED = sentence("uid_contact_removed", _("a contact taken away"))
TAGS_PUT_ON = sentence("uid_tags_put_on", _("tags put on: %(tags)s"))
TAG_TAKEN_OFF = sentence("uid_tag_taken_off", _("tag taken off: %(tags)s"))
