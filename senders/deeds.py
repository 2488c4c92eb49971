"""What the audit trail says was done to sender numbers and 080 lines where no form changed a row."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from console.accounts.sentences import sentence

PHONE_REGISTERED = sentence("number_by_phone", _("registered and approved by a code to the phone"))
LIMIT_SET = sentence(
    "number_limit_set",
    ngettext_lazy("%(n)s sender number allowed: %(reason)s", "%(n)s sender numbers allowed: %(reason)s", "n"),
)

EVIDENCE_ASKED = sentence("evidence_asked", _("evidence asked for until %(due)s: %(reason)s"))
EVIDENCE_HANDED_IN = sentence(
    "evidence_handed_in",
    ngettext_lazy("evidence handed in: %(n)s document", "evidence handed in: %(n)s documents", "n"),
)
EVIDENCE_CLOSED = sentence("evidence_closed", _("not asked for any more: the number is withdrawn"))
NUMBER_SUSPENDED = sentence(
    "number_suspended", _("suspended: the evidence asked for was due %(due)s and not there")
)
NUMBER_RESUMED = sentence("number_resumed", _("may be sent from again: the evidence is accepted"))

LINE_CANCELED = sentence("line_canceled", _("application canceled"))
LINE_STOPPED = sentence("line_stopped", _("stopped; its numbers are deleted from %(purge)s on"))
LINE_PURGED = sentence(
    "line_purged",
    ngettext_lazy(
        "%(n)s opt-out of the stopped line deleted", "%(n)s opt-outs of the stopped line deleted", "n"
    ),
)
