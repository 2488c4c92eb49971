"""The send pages with a recurring schedule: chosen, said, added once; what does not go with it is refused."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from django.urls import reverse

from console.accounts.models import Project
from console.accounts.roles import ProjectRole
from messaging.models import Draft, RecurringSchedule, ScheduledMessage, SendRequest
from messaging.states import DeliveryKind, FileState
from tests.factories import RecurringScheduleFactory, TagFactory, UidFactory
from tests.messaging.admin.schedules.conftest import NOW
from tests.messaging.admin.schedules.reading import schedule_fields, words
from tests.messaging.admin.sending_people import Desk, desk, general_fields, mass_fields
from tests.messaging.sending.files import checked_file

GENERAL, MASS, TAG = "/send/general/", "/send/mass/", "/send/tag/"
SENTENCE = (
    "2 SMS messages from 02-1234-5678 at each run of WEEKLY, every Mon, Thu at 10:00 (Asia/Seoul):"
    " next at 2026-03-02 10:00, until 2026-06-30."
)


@pytest.fixture
def schedule(project: Project) -> RecurringSchedule:
    return RecurringScheduleFactory(  # type: ignore[no-any-return]
        project=project,
        code="WEEKLY",
        weekdays=0b0001001,
        sends_at=time(10, 0),
        ends_on=date(2026, 6, 30),
    )


def recurring(schedule: RecurringSchedule, **changes: Any) -> dict[str, Any]:
    return general_fields(when="recurring", schedule=str(schedule.pk), **changes)


def nothing_happened() -> bool:
    return not ScheduledMessage.objects.exists() and not SendRequest.objects.exists()


@pytest.mark.parametrize("url", [GENERAL, MASS, TAG])
def test_every_send_page_offers_the_schedules_that_still_run(
    sender: Desk, project: Project, schedule: RecurringSchedule, url: str
) -> None:
    RecurringScheduleFactory(project=project, code="OVER", next_at=None)
    RecurringScheduleFactory(project=project, code="GONE", removed_at=NOW)
    RecurringScheduleFactory(code="THEIRS")
    page = sender.client.get(url)
    assert "WEEKLY · every Mon, Thu at 10:00 (Asia/Seoul)" in words(page)
    assert 'value="recurring"' in page.content.decode()
    for code in ("OVER", "GONE", "THEIRS"):
        assert code not in words(page)


def test_what_will_happen_is_said_while_it_is_typed_and_before_it_is_added(
    sender: Desk, schedule: RecurringSchedule
) -> None:
    assert SENTENCE in words(sender.post(GENERAL, recurring(schedule), step="look"))
    asked = words(sender.post(GENERAL, recurring(schedule), step="confirm"))
    assert f"Add this to schedule WEEKLY? {SENTENCE}" in asked
    assert "Add to WEEKLY" in asked
    assert nothing_happened()


def test_a_message_is_added_to_the_schedule_and_not_sent(sender: Desk, schedule: RecurringSchedule) -> None:
    sender.post(GENERAL, recurring(schedule), step="look")
    response = sender.post(GENERAL, recurring(schedule, name="News"), step="send", htmx=False)
    assert response["Location"] == reverse("admin:schedule", args=[schedule.pk])
    message = ScheduledMessage.objects.get()
    assert (message.schedule, message.created_by, message.name) == (schedule, sender.user, "News")
    assert (message.kind, message.body) == (DeliveryKind.GENERAL, "가을 세일 안내입니다.")
    assert [each["number"] for each in message.recipients] == ["01012345678", "01087654321"]
    assert SendRequest.objects.count() == 0
    assert Draft.objects.get().fields == {}
    said = words(sender.client.get(response["Location"]))
    assert "Added to WEEKLY: it goes every Mon, Thu at 10:00 (Asia/Seoul), first at 2026-03-02 10:00." in said


def test_a_double_click_adds_once(sender: Desk, schedule: RecurringSchedule) -> None:
    for _time in range(2):
        sender.post(GENERAL, recurring(schedule), step="send", htmx=False)
    assert ScheduledMessage.objects.count() == 1


def test_the_only_schedule_is_chosen_and_of_several_one_must_be(
    sender: Desk, project: Project, schedule: RecurringSchedule
) -> None:
    fields = recurring(schedule) | {"schedule": ""}
    assert SENTENCE in words(sender.post(GENERAL, fields, step="look"))
    RecurringScheduleFactory(project=project, code="DAILY")
    assert "WEEKLY, every" not in words(sender.post(GENERAL, fields, step="look"))
    refused = sender.post(GENERAL, fields, step="send")
    assert "Choose a schedule, or make one." in words(refused)
    assert nothing_happened()


@pytest.mark.parametrize("what", ["over", "deleted", "theirs"])
def test_a_schedule_that_runs_no_more_or_is_anothers_is_refused_and_nothing_typed_is_lost(
    sender: Desk, schedule: RecurringSchedule, what: str
) -> None:
    changes = {"over": {"next_at": None}, "deleted": {"removed_at": NOW}, "theirs": {}}[what]
    if what == "theirs":
        schedule = RecurringScheduleFactory()
    RecurringSchedule.objects.filter(pk=schedule.pk).update(**changes)
    refused = sender.post(GENERAL, recurring(schedule), step="send")
    assert "This schedule runs no more. Choose another one, or make a new one." in words(refused)
    assert "가을 세일 안내입니다." in refused.content.decode()
    assert nothing_happened()


def test_what_is_wrong_with_the_message_is_said_as_for_a_send(
    sender: Desk, schedule: RecurringSchedule
) -> None:
    refused = sender.post(GENERAL, recurring(schedule, body="가" * 46), step="send")
    assert "92 bytes are too long" in words(refused)
    assert nothing_happened()


def test_a_schedule_that_is_not_asked_for_does_not_matter(sender: Desk, schedule: RecurringSchedule) -> None:
    fields = general_fields(schedule="987654")
    assert sender.post(GENERAL, fields, step="send", htmx=False).status_code == 302
    assert (SendRequest.objects.count(), ScheduledMessage.objects.count()) == (1, 0)


# --- a file and tags -----------------------------------------------------------------------------


def test_a_file_is_added_whole_and_a_split_is_refused(
    sender: Desk, project: Project, schedule: RecurringSchedule
) -> None:
    file = checked_file(project, ["01012345678", "01087654321"], body="##name##님, 안녕하세요")
    fields = mass_fields(
        recipient_file=str(file.pk),
        when="recurring",
        schedule=str(schedule.pk),
        parts="2",
        interval="30",
    )
    refused = sender.post(MASS, fields | {"is_split": "on"}, step="send")
    assert "A schedule sends in one go. Do not split it, or send it in another way." in words(refused)
    assert nothing_happened()
    assert SENTENCE in words(sender.post(MASS, fields, step="confirm"))
    assert sender.post(MASS, fields, step="send", htmx=False).status_code == 302
    message = ScheduledMessage.objects.get()
    assert (message.kind, message.recipient_file, file.state) == (DeliveryKind.MASS, file, FileState.CHECKED)


def test_tags_are_looked_up_at_each_run(sender: Desk, project: Project, schedule: RecurringSchedule) -> None:
    uids = [UidFactory(project=project, numbers=[number]) for number in ("01012345678", "01087654321")]
    tag = TagFactory(project=project, name="tea", uids=uids)
    fields = recurring(schedule, condition=f'{{"all": [{tag.pk}]}}')
    del fields["recipients"]
    said = words(sender.post(TAG, fields, step="confirm"))
    assert f"{SENTENCE} Recipients are looked up at each run: “tea”." in said
    assert sender.post(TAG, fields, step="send", htmx=False).status_code == 302
    message = ScheduledMessage.objects.get()
    assert (message.kind, message.tag_condition) == (
        DeliveryKind.TAG,
        {"all": [tag.pk], "any": [], "none": []},
    )


# --- making one in between -----------------------------------------------------------------------


def test_a_schedule_is_made_in_between_and_the_draft_comes_back_with_it(sender: Desk) -> None:
    fields = general_fields(when="recurring")
    led = sender.post(GENERAL, fields, step="schedule", htmx=False)
    assert led["Location"] == "/deliveries/recurring/add/?for=send_general"
    assert "Your message is kept." in words(sender.client.get(led["Location"]))
    made = sender.client.post(led["Location"], schedule_fields())
    schedule = RecurringSchedule.objects.get()
    assert made["Location"] == f"/send/general/?schedule={schedule.pk}"
    page = sender.client.get(made["Location"])
    form = page.context["form"]
    assert (form.raw("when"), form.chosen_schedule) == ("recurring", schedule)
    assert form.raw("body") == "가을 세일 안내입니다."
    assert SENTENCE in words(page)
    assert nothing_happened()


def test_another_page_than_a_send_page_is_not_led_to(sender: Desk) -> None:
    made = sender.client.post("/deliveries/recurring/add/?for=accounts", schedule_fields())
    assert made["Location"] == reverse("admin:schedule", args=[RecurringSchedule.objects.get().pk])


def test_an_address_with_a_schedule_that_is_not_there_says_so(
    sender: Desk, schedule: RecurringSchedule
) -> None:
    theirs = RecurringScheduleFactory()
    for asked in (str(theirs.pk), "nonsense"):
        page = sender.client.get(f"{GENERAL}?schedule={asked}")
        assert "This schedule runs no more. Choose another one." in words(page)
        assert page.context["form"].chosen_schedule is None


def test_the_address_follows_what_is_chosen(sender: Desk, schedule: RecurringSchedule) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{GENERAL}?schedule={schedule.pk}"}
    response = sender.client.post(GENERAL, {**general_fields(), "step": "look"}, headers=headers)
    assert response["HX-Replace-Url"] == GENERAL


def test_a_viewer_adds_nothing(project: Project, schedule: RecurringSchedule) -> None:
    viewer = desk(ProjectRole.VIEWER, project)
    assert viewer.post(GENERAL, recurring(schedule), step="send").status_code == 403
    assert nothing_happened()


def test_advertising_is_told_the_hours_of_the_next_run(sender: Desk, schedule: RecurringSchedule) -> None:
    RecurringSchedule.objects.update(sends_at=time(22, 0), next_at=datetime(2026, 3, 2, 13, tzinfo=UTC))
    said = words(sender.post(GENERAL, recurring(schedule, purpose="AD"), step="look"))
    assert "From 21:00 to 08:00 the law asks for a consent of its own to advertising" in said
