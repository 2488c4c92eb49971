"""Notices on their way: once to each, in each one's language, after every kind of failure."""

from datetime import UTC, datetime, timedelta
from smtplib import SMTPException

import pytest
import time_machine
from django.core import mail
from django.core.mail import EmailMessage
from django.template import engines
from django.test import override_settings

from console.accounts import notice_mail, tasks
from console.accounts.models import Notice, NoticeMail
from console.accounts.notices import notify_members, notify_person
from console.queues import TaskName
from tests.factories import MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
TEXT = """{% load console i18n %}{% translate "Members" %} {{ count|number }}

{{ user.name }} {{ project.name }} {{ ends_at|date:"Y-m-d H:i" }} {{ link }}"""
CONTEXT = {"count": 1234, "ends_at": "2026-11-22T03:30:00+00:00", "path": "/deliveries/"}


@pytest.fixture(autouse=True)
def text(monkeypatch):
    """A notice of the tests' own."""
    template = engines["django"].from_string(TEXT)
    real = notice_mail.render_to_string

    def rendered(name, context):
        return template.render(context) if name == "console/mail/notice_test.txt" else real(name, context)

    monkeypatch.setattr(notice_mail, "render_to_string", rendered)


@pytest.fixture
def project():
    return MembershipFactory(user__language="en", user__name="Ann", project__name="Shop").project


@override_settings(BONGSU_URL="https://console.example.com/")
def test_each_member_is_told_once_in_their_own_language(project) -> None:
    MembershipFactory(project=project, user__language="ko", user__name="이서연")
    with time_machine.travel(NOW, tick=False):
        assert notify_members(project_id=project.pk, kind="test", key="one", context=CONTEXT)
        assert not notify_members(project_id=project.pk, kind="test", key="one", context=CONTEXT)
        tasks.mail_notices()
        assert notice_mail.mail_notices() == 0
    first, second = mail.outbox
    assert (first.subject, second.subject) == ("Members 1,234", "멤버 1,234")
    assert first.body == "Ann Shop 2026-11-22 12:30 https://console.example.com/deliveries/\n"
    assert second.body == "이서연 Shop 2026-11-22 12:30 https://console.example.com/deliveries/\n"
    assert [set(NoticeMail.objects.values_list("mailed_at", "attempts"))] == [{(NOW, 1)}]


def test_each_project_has_its_own_occasions_and_each_is_of_its_members(project) -> None:
    closed = MembershipFactory(project=project, user__is_active=False).user
    other = MembershipFactory(user__language="en").project
    for _twice in range(2):
        for each in (project, other):
            notify_members(project_id=each.pk, kind="test", key="one", context=CONTEXT)
    told = NoticeMail.objects.order_by("pk").values_list("notice__project", "user")
    members = [each.memberships.exclude(user=closed).get().user_id for each in (project, other)]
    assert list(told) == [(project.pk, members[0]), (other.pk, members[1])]


def test_the_bell_is_rung_once_it_is_written(
    project, monkeypatch, django_capture_on_commit_callbacks
) -> None:
    rung = []
    monkeypatch.setattr("console.queues.ring", lambda task, *args: rung.append(task))
    for is_new in (True, False):
        with django_capture_on_commit_callbacks(execute=True):
            assert notify_members(project_id=project.pk, kind="test", key="one", context={}) is is_new
        assert rung == [TaskName.MAIL_NOTICES]
    with django_capture_on_commit_callbacks(execute=True):
        notify_person(user=UserFactory(), kind="second_factor_on")
    assert rung == [TaskName.MAIL_NOTICES] * 2


def test_who_left_is_not_told_for_being_a_member_elsewhere(project) -> None:
    left = MembershipFactory(project=project)
    notify_members(project_id=project.pk, kind="test", key="one", context=CONTEXT)
    MembershipFactory(user=left.user)
    left.delete()
    assert notice_mail.mail_notices() == 1
    assert [sent.to for sent in mail.outbox] == [[project.memberships.get().user.email]]


def test_the_oldest_go_first_and_no_more_at_once_than_a_sweep_takes(project, monkeypatch) -> None:
    monkeypatch.setattr(notice_mail, "SWEEP_LIMIT", 2)
    for number in range(3):
        context = {**CONTEXT, "count": number}
        notify_members(project_id=project.pk, kind="test", key=f"{number}", context=context)
    assert (notice_mail.mail_notices(), notice_mail.mail_notices()) == (2, 1)
    assert [sent.subject for sent in mail.outbox] == ["Members 0", "Members 1", "Members 2"]


def test_what_is_said_takes_the_place_of_nobodys_name(project) -> None:
    context = {
        **CONTEXT,
        "user": {"name": "Eve"},
        "project": {"name": "Fake"},
        "link": "https://evil.example",
    }
    notify_members(project_id=project.pk, kind="test", key="one", context=context)
    notice_mail.mail_notices()
    [sent] = mail.outbox
    assert sent.body.startswith("Ann Shop ")
    assert "evil" not in sent.body


def test_who_left_or_was_closed_meanwhile_is_not_told(project) -> None:
    left, closed = (MembershipFactory(project=project) for _each in range(2))
    notify_members(project_id=project.pk, kind="test", key="one", context=CONTEXT)
    left.delete()
    closed.user.is_active = False
    closed.user.save()
    assert notice_mail.mail_notices() == 1
    assert [sent.body.split()[0] for sent in mail.outbox] == ["Ann"]
    assert NoticeMail.objects.count() == 1


@pytest.mark.parametrize("error", [SMTPException("no"), ConnectionRefusedError()])
def test_what_was_not_taken_is_sent_again_under_the_same_id(project, monkeypatch, error) -> None:
    notify_members(project_id=project.pk, kind="test", key="one", context=CONTEXT)
    ids = []

    def refuse(self):
        ids.append(self.extra_headers["Message-ID"])
        raise error

    with time_machine.travel(NOW, tick=False) as clock:
        with monkeypatch.context() as patched:
            patched.setattr(EmailMessage, "send", refuse)
            assert notice_mail.mail_notices() == 0
        assert notice_mail.mail_notices() == 0, "somebody may be sending it"
        clock.shift(timedelta(minutes=10))
        assert notice_mail.mail_notices() == 0
        clock.shift(timedelta(seconds=1))
        assert notice_mail.mail_notices() == 1
    assert ids == [mail.outbox[0].extra_headers["Message-ID"]]
    assert NoticeMail.objects.get().attempts == 2


def test_a_crash_before_it_was_marked_repeats_it_under_the_same_id(project, monkeypatch) -> None:
    notify_members(project_id=project.pk, kind="test", key="one", context=CONTEXT)
    send = EmailMessage.send

    def send_and_die(self):
        send(self)
        raise KeyboardInterrupt

    with time_machine.travel(NOW, tick=False) as clock:
        with monkeypatch.context() as patched:
            patched.setattr(EmailMessage, "send", send_and_die)
            with pytest.raises(KeyboardInterrupt):
                notice_mail.mail_notices()
        clock.shift(notice_mail.CLAIM_LASTS + timedelta(seconds=1))
        assert notice_mail.mail_notices() == 1
    assert len({sent.extra_headers["Message-ID"] for sent in mail.outbox}) == 1
    assert len(mail.outbox) == 2


def test_a_text_that_is_not_there_keeps_no_other_waiting(project) -> None:
    notify_members(project_id=project.pk, kind="nowhere", key="one", context={})
    notify_members(project_id=project.pk, kind="test", key="two", context=CONTEXT)
    assert notice_mail.mail_notices() == 1
    assert [sent.subject for sent in mail.outbox] == ["Members 1,234"]


def test_it_is_given_up_after_fifty_times(project) -> None:
    notify_members(project_id=project.pk, kind="test", key="one", context=CONTEXT)
    NoticeMail.objects.update(attempts=50)
    assert notice_mail.mail_notices() == 0
    NoticeMail.objects.update(attempts=49)
    assert notice_mail.mail_notices() == 1
    assert NoticeMail.objects.get().attempts == 50


def test_a_person_is_told_of_their_own_account_each_time() -> None:
    user = UserFactory(email="new@example.com")
    for _time in range(2):
        notify_person(
            user=user,
            kind="address_changed",
            context={"before": "old@example.com"},
            addresses=("", "old@example.com"),
        )
    assert notice_mail.mail_notices() == 4
    assert sorted(sent.to[0] for sent in mail.outbox) == ["new@example.com"] * 2 + ["old@example.com"] * 2
    assert "from old@example.com to new@example.com" in mail.outbox[0].body
    assert Notice.objects.filter(project=None).count() == 2


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize(
    ("kind", "context"),
    [
        ("password_changed", {}),
        ("second_factor_on", {}),
        ("second_factor_off", {"by": ""}),
        ("second_factor_off", {"by": "Kim"}),
        ("recovery_codes_new", {}),
        ("recovery_code_used", {"left": 1}),
        ("address_changed", {"before": "old@example.com"}),
        ("codes_refused", {}),
    ],
)
def test_every_text_about_an_account_can_be_sent(kind, context, language) -> None:
    notify_person(user=UserFactory(language=language, name="<Ann> & Co"), kind=kind, context=context)
    assert notice_mail.mail_notices() == 1
    [sent] = mail.outbox
    assert "\n" not in sent.subject
    assert "<Ann> & Co" in sent.body
    assert "{" not in sent.subject + sent.body
