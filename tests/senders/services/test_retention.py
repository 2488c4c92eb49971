"""How long documents are kept: as long as the person was told, to the minute, and no file without its row."""

import datetime
import threading

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from senders import tasks
from senders.models import Document, IdentityVerification, Review, SenderNumber
from senders.requirements import DocumentKind
from senders.services import registration, retention
from senders.services.registration import Registration
from senders.services.retention import remove_old_documents
from senders.states import NumberState
from tests.factories import (
    DocumentFactory,
    IdentityVerificationFactory,
    MembershipFactory,
    ReviewFactory,
    SenderNumberFactory,
)

pytestmark = pytest.mark.django_db
NOW = datetime.datetime(2026, 11, 22, 3, tzinfo=datetime.UTC)
MONTH = datetime.timedelta(days=30)
SECOND = datetime.timedelta(seconds=1)


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW, tick=False):
        yield NOW


@pytest.fixture
def sweep(django_capture_on_commit_callbacks):
    def done():
        with django_capture_on_commit_callbacks(execute=True):
            return remove_old_documents()

    return done


def aged(row, age):
    """The row, with every moment that it keeps set that long ago."""
    model, moment = type(row), timezone.now() - age
    names = ("created_at", "consented_at", "decided_at", "phone_verified_at", "uploaded_at")
    known = {name for name in names if getattr(row, name, None) is not None}
    model.objects.filter(pk=row.pk).update(**dict.fromkeys(known, moment))
    row.refresh_from_db()
    return row


def with_file(age, **fields):
    row = aged(DocumentFactory(**fields), age)
    default_storage.save(row.storage_name, ContentFile(b"x"))
    return row


def test_a_number_that_nobody_went_on_with_is_forgotten_after_thirty_days(sweep, stored_files):
    over, young = (SenderNumberFactory(draft=True, consented_at=NOW) for _ in range(2))
    aged(over, MONTH + SECOND)
    aged(young, MONTH)
    with_file(MONTH + SECOND, sender_number=over)
    kept = with_file(MONTH, sender_number=young)
    assert sweep() == 1
    assert list(SenderNumber.objects.all()) == [young]
    assert stored_files() == [kept.storage_name]
    assert sweep() == 0


def test_so_is_an_identity_with_or_without_documents(sweep, stored_files):
    over = [aged(IdentityVerificationFactory(ready=ready), MONTH + SECOND) for ready in (True, False)]
    young = aged(IdentityVerificationFactory(ready=True), MONTH)
    with_file(MONTH + SECOND, verification=over[0], kind=DocumentKind.PROOF_OF_EMPLOYMENT)
    assert sweep() == 1
    assert list(IdentityVerification.objects.all()) == [young]
    assert stored_files() == []


@pytest.mark.parametrize("touch", ["created_at", "consented_at", "phone_verified_at", "document"])
def test_whatever_was_done_within_thirty_days_keeps_all_of_it(sweep, touch):
    row = aged(IdentityVerificationFactory(ready=True), 3 * MONTH)
    old = with_file(3 * MONTH, verification=row)
    if touch == "document":
        with_file(MONTH, verification=row)
    else:
        IdentityVerification.objects.filter(pk=row.pk).update(**{touch: NOW - MONTH})
    assert sweep() == 0
    assert Document.objects.filter(pk=old.pk).exists()


def test_a_form_that_is_sent_again_counts_as_touched(sweep):
    draft = aged(SenderNumberFactory(draft=True, consented_at=NOW), 2 * MONTH)
    typed = Registration(number="02-123-4567", number_type=draft.number_type, has_agreed=True)
    registration.keep_choices(sender_number=draft, registration=typed)
    assert sweep() == 0
    draft.refresh_from_db()
    assert (draft.number, draft.consented_at) == ("021234567", NOW)


def test_after_a_rejection_only_what_was_not_submitted_goes(sweep, stored_files):
    number = aged(SenderNumberFactory(rejected=True, round=2), 2 * MONTH)
    review = ReviewFactory(sender_number=number, round=2)
    kept = [with_file(2 * MONTH, sender_number=number, round=round_) for round_ in (1, 2)]
    with_file(2 * MONTH, sender_number=number, round=3)
    assert sweep() == 1
    assert list(Document.objects.order_by("pk")) == kept
    assert stored_files() == sorted(row.storage_name for row in kept)
    assert (Review.objects.get(), SenderNumber.objects.get().state) == (review, NumberState.REJECTED)


def test_a_rejection_of_this_month_leaves_time(sweep):
    number = aged(SenderNumberFactory(rejected=True), 2 * MONTH)
    SenderNumber.objects.filter(pk=number.pk).update(decided_at=NOW - MONTH)
    with_file(2 * MONTH, sender_number=number, round=2)
    assert sweep() == 0


@pytest.mark.parametrize("trait", ["reviewing", "approved"])
def test_what_is_reviewed_or_approved_stays_for_years(sweep, trait):
    row = aged(IdentityVerificationFactory(**{trait: True}), 40 * MONTH)
    with_file(40 * MONTH, verification=row)
    number = aged(SenderNumberFactory(**({"approved": True} if trait == "approved" else {})), 40 * MONTH)
    with_file(40 * MONTH, sender_number=number)
    assert sweep() == 0
    assert Document.objects.count() == 2


def test_a_withdrawn_numbers_documents_go_a_year_after_it(sweep, stored_files):
    year_ago = NOW.replace(year=2025)
    over, young = (
        SenderNumberFactory(state=NumberState.WITHDRAWN, withdrawn_at=moment)
        for moment in (year_ago - SECOND, year_ago)
    )
    review = ReviewFactory(sender_number=over)
    for round_ in (1, 2):
        with_file(datetime.timedelta(0), sender_number=over, round=round_)
    kept = [with_file(20 * MONTH, sender_number=young, round=round_) for round_ in (1, 2)]
    assert sweep() == 2
    assert list(Document.objects.order_by("pk")) == kept
    assert stored_files() == sorted(row.storage_name for row in kept)
    assert Review.objects.get() == review
    assert set(SenderNumber.objects.values_list("pk", flat=True)) == {over.pk, young.pk}


def test_more_than_one_portion(sweep, monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    for _ in range(5):
        with_file(2 * MONTH, sender_number=aged(SenderNumberFactory(draft=True), 2 * MONTH))
    assert sweep() == 5
    assert not SenderNumber.objects.exists()


def test_files_go_after_the_commit_only(stored_files):
    row = aged(SenderNumberFactory(draft=True), 2 * MONTH)
    name = with_file(2 * MONTH, sender_number=row).storage_name
    try:
        with transaction.atomic():
            assert remove_old_documents() == 1
            raise InterruptedError
    except InterruptedError:
        pass
    assert stored_files() == [name]
    assert Document.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_that_somebody_holds_is_left_and_the_task_comes_again(stored_files):
    held = aged(SenderNumberFactory(draft=True), 2 * MONTH)
    free = aged(SenderNumberFactory(draft=True), 2 * MONTH)
    for row in (held, free):
        with_file(2 * MONTH, sender_number=row)

    def other_beat():
        tasks.remove_old_documents()
        connection.close()

    with transaction.atomic():
        SenderNumber.objects.select_for_update().get(pk=held.pk)
        beats = [threading.Thread(target=other_beat) for _ in range(2)]
        for beat in beats:
            beat.start()
        for beat in beats:
            beat.join(20)
            assert not beat.is_alive()
    assert list(SenderNumber.objects.all()) == [held]
    assert len(stored_files()) == 1
    tasks.remove_old_documents()
    assert not SenderNumber.objects.exists()
    assert stored_files() == []


@pytest.mark.django_db(transaction=True)
def test_an_upload_that_comes_in_just_then_is_kept(monkeypatch):
    """It commits between the look and the lock."""
    row = aged(SenderNumberFactory(draft=True), 2 * MONTH)
    as_it_is = retention._locked

    def upload_first(rows):
        DocumentFactory(sender_number=row)
        return as_it_is(SenderNumber.objects.filter(pk=row.pk))  # as a snapshot from before would say

    monkeypatch.setattr(retention, "_locked", upload_first)
    with transaction.atomic():
        assert retention._of_forsaken_numbers(NOW) == (1, 0)
    assert (SenderNumber.objects.get(), Document.objects.count()) == (row, 1)


def test_documents_of_who_left_go_a_year_after_it_was_seen(sweep, stored_files):
    verification = IdentityVerificationFactory(approved=True)
    membership = MembershipFactory(
        user=verification.user, project__organization=verification.organization, role="VIEWER"
    )
    kept = with_file(20 * MONTH, verification=verification)
    sweep()
    verification.refresh_from_db()
    assert verification.left_at is None
    membership.delete()
    sweep()
    verification.refresh_from_db()
    assert verification.left_at == NOW
    year = datetime.timedelta(days=365)
    with time_machine.travel(NOW + year, tick=False):
        assert (sweep(), stored_files()) == (0, [kept.storage_name])
    with time_machine.travel(NOW + year + SECOND, tick=False):
        assert (sweep(), stored_files()) == (1, [])
    verification.refresh_from_db()
    assert verification.state == "APPROVED"


def test_who_comes_back_or_is_closed(sweep):
    verification = IdentityVerificationFactory(approved=True)
    person, organization = verification.user, verification.organization
    sweep()
    membership = MembershipFactory(user=person, project__organization=organization)
    sweep()
    verification.refresh_from_db()
    assert verification.left_at is None
    person.is_active = False
    person.save()
    sweep()
    verification.refresh_from_db()
    assert (verification.left_at, membership.project.organization) == (NOW, organization)


@pytest.mark.parametrize("factory", [IdentityVerificationFactory, SenderNumberFactory])
def test_documents_of_what_was_rejected_and_given_up_go_after_a_month_and_a_year(
    sweep, stored_files, factory
):
    row = factory(rejected=True)
    field = "verification" if factory is IdentityVerificationFactory else "sender_number"
    kept = with_file(MONTH, **{field: row})
    over = datetime.timedelta(days=365) + MONTH
    with time_machine.travel(NOW + over, tick=False):
        assert (sweep(), stored_files()) == (0, [kept.storage_name])
    with time_machine.travel(NOW + over + SECOND, tick=False):
        assert (sweep(), stored_files()) == (1, [])
    row.refresh_from_db()
    assert row.state == "REJECTED"
