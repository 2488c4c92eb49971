"""What must be shown for what: the documents of each member type and each sender number type, as one table.

Source: the console guide, "Required Documentation by Member Type" and "Owner verification method by calling
number". Pure data; `senders.services` enforces it and the pages print it.
"""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MAX_CERTIFICATE_AGE_MONTHS = 3


class MemberCategory(TextChoices):
    """In what capacity a business member verifies their identity."""

    REPRESENTATIVE = "REPRESENTATIVE", _("Representative of the business")
    EMPLOYEE = "EMPLOYEE", _("Executive or employee in charge")
    IAM = "IAM", _("Invited (IAM) member")


class NumberType(TextChoices):
    """Whose a sender number is."""

    REPRESENTATIVE = "REPRESENTATIVE", _("Representative number")
    COMPANY = "COMPANY", _("Company number")
    EMPLOYEE = "EMPLOYEE", _("Employee number")
    THIRD_PARTY = "THIRD_PARTY", _("Third-party number")
    OTHER = "OTHER", _("Other’s number")


class DocumentKind(TextChoices):
    """What a document is."""

    SERVICE_CERTIFICATE = "SERVICE_CERTIFICATE", _("Communication service use certificate")
    PROOF_OF_EMPLOYMENT = "PROOF_OF_EMPLOYMENT", _("Proof of employment")
    BUSINESS_REGISTRATION = "BUSINESS_REGISTRATION", _("Business registration certificate")
    USAGE_AGREEMENT = "USAGE_AGREEMENT", _("Usage agreement")
    THIRD_PARTY_LICENSE = "THIRD_PARTY_LICENSE", _("Third party’s business license")
    RELATIONSHIP_PROOF = "RELATIONSHIP_PROOF", _("Proof of the relationship with the third party")
    EVIDENCE = "EVIDENCE", _("Evidence that was asked for")


class Check(TextChoices):
    """What a reviewer looks at on a document; each must hold before an approval."""

    NAME = "NAME", _("The name matches the registrant or the organization")
    NUMBER = "NUMBER", _("The number is the one to be registered")
    RECENT = "RECENT", _("The issue date on it is the one given, at most three months ago")
    UNMASKED = "UNMASKED", _("No part of it is masked")
    STAMP = "STAMP", _("It bears its issue date and a stamp")
    RESIDENT_NUMBER = "RESIDENT_NUMBER", _("The last six digits of a resident number are masked")
    BUSINESS_NUMBER = "BUSINESS_NUMBER", _("The business registration number is valid and the name matches")
    SIGNED = "SIGNED", _("It is signed or sealed by the owner of the number, who matches the certificate")
    ANSWERS = "ANSWERS", _("It answers what was asked for, and is about this number")
    PARTIES = "PARTIES", _("It names both companies and shows how they are related")


@dataclass(frozen=True)
class Requirement:
    """What holds for every document of one kind.

    `max_age_months`: how old its issue date may be, None where the guide sets no limit.
    """

    hint: Promise
    checks: tuple[Check, ...]
    needs_issue_date: bool = False
    max_age_months: int | None = None


REQUIREMENTS: Mapping[DocumentKind, Requirement] = {
    DocumentKind.SERVICE_CERTIFICATE: Requirement(
        hint=_(
            "Issued by the carrier within the last three months, with no part masked. Carriers also call it"
            " a subscription confirmation, a proof of subscription or a proof of contract registration."
        ),
        checks=(Check.NAME, Check.NUMBER, Check.RECENT, Check.UNMASKED),
        needs_issue_date=True,
        max_age_months=MAX_CERTIFICATE_AGE_MONTHS,
    ),
    DocumentKind.PROOF_OF_EMPLOYMENT: Requirement(
        hint=_(
            "With its issue date and a stamp. Mask the last six digits of the resident registration number:"
            " 000000-0******"
        ),
        checks=(Check.NAME, Check.STAMP, Check.RESIDENT_NUMBER),
        needs_issue_date=True,
    ),
    DocumentKind.BUSINESS_REGISTRATION: Requirement(
        hint=_("The business registration certificate of your organization."),
        checks=(Check.BUSINESS_NUMBER,),
    ),
    DocumentKind.USAGE_AGREEMENT: Requirement(
        hint=_("Our form, filled in, and signed or sealed by the owner of the number."),
        checks=(Check.SIGNED, Check.NUMBER),
    ),
    DocumentKind.THIRD_PARTY_LICENSE: Requirement(
        hint=_("The business registration certificate of the company whose number it is."),
        checks=(Check.BUSINESS_NUMBER,),
    ),
    DocumentKind.RELATIONSHIP_PROOF: Requirement(
        hint=_("A consignment agreement, or a proof of headquarters and branch office, for example."),
        checks=(Check.PARTIES,),
    ),
    DocumentKind.EVIDENCE: Requirement(
        hint=_("Whatever shows that the number is yours and how you use it, as the request above says."),
        checks=(Check.ANSWERS,),
    ),
}

_IDENTITY_DOCUMENTS = (DocumentKind.BUSINESS_REGISTRATION, DocumentKind.PROOF_OF_EMPLOYMENT)
DOCUMENTS_OF_MEMBER: Mapping[MemberCategory, tuple[DocumentKind, ...]] = {
    MemberCategory.REPRESENTATIVE: _IDENTITY_DOCUMENTS,
    MemberCategory.EMPLOYEE: _IDENTITY_DOCUMENTS,
    MemberCategory.IAM: _IDENTITY_DOCUMENTS,
}

DOCUMENTS_OF_NUMBER: Mapping[NumberType, tuple[DocumentKind, ...]] = {
    NumberType.REPRESENTATIVE: (DocumentKind.SERVICE_CERTIFICATE,),
    NumberType.COMPANY: (DocumentKind.SERVICE_CERTIFICATE,),
    NumberType.EMPLOYEE: (DocumentKind.SERVICE_CERTIFICATE, DocumentKind.PROOF_OF_EMPLOYMENT),
    NumberType.THIRD_PARTY: (
        DocumentKind.SERVICE_CERTIFICATE,
        DocumentKind.USAGE_AGREEMENT,
        DocumentKind.THIRD_PARTY_LICENSE,
        DocumentKind.RELATIONSHIP_PROOF,
    ),
    NumberType.OTHER: (DocumentKind.SERVICE_CERTIFICATE, DocumentKind.USAGE_AGREEMENT),
}

DOCUMENTS_OF_EVIDENCE = (DocumentKind.EVIDENCE,)


def months_before(day: date, months: int) -> date:
    """The same day that many months earlier, or that month's last day where it has no such day."""
    year, month0 = divmod(day.year * 12 + day.month - 1 - months, 12)
    last = calendar.monthrange(year, month0 + 1)[1]
    return date(year, month0 + 1, min(day.day, last))


def issue_date_problem(kind: DocumentKind, issued_on: date | None, today: date) -> Promise | None:
    """What is wrong with a document's issue date, as a sentence; None where nothing is."""
    requirement = REQUIREMENTS[kind]
    if issued_on is None:
        return _("Enter the issue date printed on this document.") if requirement.needs_issue_date else None
    if issued_on > today:
        return _("The issue date lies in the future. Enter the date printed on the document.")
    months = requirement.max_age_months
    if months is not None and issued_on < months_before(today, months):
        return _("This document was issued more than three months ago. Ask the carrier for a new one.")
    return None
