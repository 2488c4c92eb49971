"""The text that a person agrees to before personal information is collected, by version.

A new wording is a new version: what somebody agreed to stays on record as it was.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


@dataclass(frozen=True)
class ConsentText:
    """What is collected, what for, for how long, and what a refusal means."""

    version: str
    paragraphs: tuple[tuple[Promise, Promise], ...]


_KEPT = _(
    "As long as the registration stands, and one year after it ends, so that we can answer the authorities."
)
_REFUSAL = _("You may refuse. Without your consent the service cannot be used.")

IDENTITY_CONSENT = ConsentText(
    version="identity-1",
    paragraphs=(
        (
            _("What we collect"),
            _("Your name, mobile phone number, email address, organization, and the documents you upload."),
        ),
        (
            pgettext_lazy("consent", "What for"),
            _("To verify who uses the service, as the Telecommunications Business Act asks of us."),
        ),
        (_("How long we keep it"), _KEPT),
        (_("If you refuse"), _REFUSAL),
    ),
)

NUMBER_CONSENT = ConsentText(
    version="number-1",
    paragraphs=(
        (
            _("What we collect"),
            _("The sender number, the name of its owner, and the documents you upload."),
        ),
        (
            pgettext_lazy("consent", "What for"),
            _("To verify the owner of the number, as the Telecommunications Business Act asks of us."),
        ),
        (_("How long we keep it"), _KEPT),
        (_("If you refuse"), _REFUSAL),
    ),
)
