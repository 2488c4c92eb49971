"""What the audit trail says of invitations, sessions and recovery codes, in the words of `sentences`."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from console.accounts.sentences import sentence

INVITED = sentence("invited", _("%(email)s invited."))
INVITED_AGAIN = sentence("invited_again", _("%(email)s mailed another link."))
INVITATION_WITHDRAWN = sentence("invitation_withdrawn", _("Invitation of %(email)s withdrawn."))
INVITATION_ACCEPTED = sentence("invitation_accepted", _("Invitation of %(email)s accepted."))
SESSIONS_ENDED = sentence(
    "sessions_ended", ngettext_lazy("%(n)s sign-in ended.", "%(n)s sign-ins ended.", "n")
)
CODES_RENEWED = sentence("recovery_codes_renewed", _("New recovery codes made."))
CODE_USED = sentence("recovery_code_used", _("Signed in with a recovery code."))
