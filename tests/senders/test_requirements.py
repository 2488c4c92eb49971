"""The tables of documents, as the guide prints them, and the age of a certificate."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from senders.requirements import (
    DOCUMENTS_OF_MEMBER,
    DOCUMENTS_OF_NUMBER,
    REQUIREMENTS,
    DocumentKind,
    MemberCategory,
    NumberType,
    issue_date_problem,
    months_before,
)

CERTIFICATE = DocumentKind.SERVICE_CERTIFICATE


def test_documents_of_each_number_type():
    assert DOCUMENTS_OF_NUMBER == {
        NumberType.REPRESENTATIVE: (CERTIFICATE,),
        NumberType.COMPANY: (CERTIFICATE,),
        NumberType.EMPLOYEE: (CERTIFICATE, DocumentKind.PROOF_OF_EMPLOYMENT),
        NumberType.THIRD_PARTY: (
            CERTIFICATE,
            DocumentKind.USAGE_AGREEMENT,
            DocumentKind.THIRD_PARTY_LICENSE,
            DocumentKind.RELATIONSHIP_PROOF,
        ),
        NumberType.OTHER: (CERTIFICATE, DocumentKind.USAGE_AGREEMENT),
    }


def test_documents_of_each_member():
    both = (DocumentKind.BUSINESS_REGISTRATION, DocumentKind.PROOF_OF_EMPLOYMENT)
    assert dict.fromkeys(MemberCategory, both) == DOCUMENTS_OF_MEMBER


def test_every_kind_has_a_requirement_with_checks():
    assert set(REQUIREMENTS) == set(DocumentKind)
    assert all(requirement.checks for requirement in REQUIREMENTS.values())


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 11, 22), date(2026, 8, 22)),
        (date(2026, 5, 31), date(2026, 2, 28)),
        (date(2024, 5, 31), date(2024, 2, 29)),
        (date(2026, 2, 10), date(2025, 11, 10)),
        (date(2026, 3, 31), date(2025, 12, 31)),
    ],
)
def test_three_months_before(day, expected):
    assert months_before(day, 3) == expected


TODAY = date(2026, 11, 22)
TOO_OLD = "This document was issued more than three months ago. Ask the carrier for a new one."
FUTURE = "The issue date lies in the future. Enter the date printed on the document."
MISSING = "Enter the issue date printed on this document."


@pytest.mark.parametrize(
    ("kind", "issued_on", "sentence"),
    [
        (CERTIFICATE, date(2026, 11, 22), None),
        (CERTIFICATE, date(2026, 8, 22), None),
        (CERTIFICATE, date(2026, 8, 21), TOO_OLD),
        (CERTIFICATE, date(2026, 11, 23), FUTURE),
        (CERTIFICATE, None, MISSING),
        (DocumentKind.PROOF_OF_EMPLOYMENT, date(2020, 1, 1), None),
        (DocumentKind.PROOF_OF_EMPLOYMENT, date(2026, 11, 23), FUTURE),
        (DocumentKind.PROOF_OF_EMPLOYMENT, None, MISSING),
        (DocumentKind.BUSINESS_REGISTRATION, None, None),
        (DocumentKind.USAGE_AGREEMENT, None, None),
    ],
)
def test_issue_dates(kind, issued_on, sentence):
    problem = issue_date_problem(kind, issued_on, TODAY)
    assert (None if problem is None else str(problem)) == sentence


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 36))
def test_months_before_goes_back_that_many_months(day, months):
    earlier = months_before(day, months)
    assert (day.year - earlier.year) * 12 + day.month - earlier.month == months
    assert earlier.day <= day.day
