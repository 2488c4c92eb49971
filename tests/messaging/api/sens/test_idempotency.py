"""Idempotency-Key: whatever is repeated, a wish is carried out once and its first answer given again."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from console.accounts.models import Project
from messaging.models import Message, SeenSignature, SendRequest
from senders.models import SenderNumber
from senders.states import NumberState
from tests.factories import AccessKeyFactory
from tests.messaging.api.sens.client import SensClient
from tests.messaging.api.sens.pictures import upload
from tests.sends import make_project

NOON = datetime(2026, 11, 2, 3, tzinfo=UTC)
KEY = {"Idempotency-Key": "order 4711"}
OTHER_BODY = "This Idempotency-Key was used with another body."


def said(answer) -> tuple[int, list[str]]:
    return answer.status_code, answer.json()["errors"]


@pytest.mark.django_db
class TestRepeated:
    def test_the_same_call_has_the_first_answer(self, sens, sending):
        first = sens.post("/messages", sending(), headers=KEY)
        again = sens.post("/messages", sending(), headers=KEY)
        assert (first.status_code, again.status_code) == (202, 202)
        assert again.json() == first.json()
        assert [str(each.pk) for each in SendRequest.objects.all()] == [first.json()["requestId"]]
        assert Message.objects.count() == 1

    def test_what_it_names_may_be_gone_meanwhile(self, sens, sending, project) -> None:
        """The file has expired, the sender number was withdrawn: the first answer stays."""
        with time_machine.travel(NOON, tick=False) as clock:
            wish = sending(type="MMS", subject="s", files=[{"fileId": upload(sens).json()["fileId"]}])
            first = sens.post("/messages", wish, headers=KEY)
            assert first.status_code == 202, first.content
            clock.shift(timedelta(days=6))
            assert said(sens.post("/messages", wish))[1][0][:4] == "S007"
            SenderNumber.objects.filter(project=project).update(state=NumberState.WITHDRAWN)
            again = sens.post("/messages", wish, headers=KEY)
            other = sens.post("/messages", {**wish, "content": "other"}, headers=KEY)
        assert (again.status_code, again.json()) == (202, first.json())
        assert said(other) == (400, [OTHER_BODY])
        assert (SendRequest.objects.count(), Message.objects.count()) == (1, 1)

    def test_another_key_of_the_project_is_the_same_program(self, sens, sending, project):
        other = SensClient(project, AccessKeyFactory(project=project))
        first = sens.post("/messages", sending(), headers=KEY)
        assert other.post("/messages", sending(), headers=KEY).json() == first.json()
        assert SendRequest.objects.count() == 1

    @pytest.mark.parametrize("change", [{"content": "other"}, {"type": "LMS"}, {"reserveTime": None}])
    def test_another_body_is_refused(self, sens, sending, change):
        first = sens.post("/messages", sending(), headers=KEY)
        assert said(sens.post("/messages", sending(**change), headers=KEY)) == (400, [OTHER_BODY])
        assert sens.post("/messages", sending(), headers=KEY).json() == first.json()
        assert (SendRequest.objects.count(), Message.objects.count()) == (1, 1)

    def test_another_projects_key_is_another(self, sens, sending):
        project = make_project()
        other = SensClient(project, AccessKeyFactory(project=project))
        first, second = (each.post("/messages", sending(), headers=KEY) for each in (sens, other))
        assert (first.status_code, second.status_code) == (202, 202)
        assert first.json()["requestId"] != second.json()["requestId"]
        assert set(SendRequest.objects.values_list("project", flat=True)) == {sens.project.pk, project.pk}

    @pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": ""}])
    def test_without_one_each_call_is_a_wish_of_its_own(self, sens, sending, headers):
        for _twice in range(2):
            assert sens.post("/messages", sending(), headers=headers).status_code == 202
        assert SendRequest.objects.count() == 2

    def test_keys_are_told_apart_to_the_letter(self, sens, sending):
        for key in ("a", "A", "a ", "é", "x" * 255, "x" * 254):
            answer = sens.post("/messages", sending(content=key), headers={"Idempotency-Key": key})
            assert answer.status_code == 202
        assert SendRequest.objects.count() == 6

    def test_one_that_is_too_long_is_refused(self, sens, sending):
        answer = sens.post("/messages", sending(), headers={"Idempotency-Key": "x" * 256})
        assert said(answer) == (400, ["An Idempotency-Key has at most 255 characters."])
        assert not SendRequest.objects.exists()

    def test_what_was_refused_is_no_first_answer(self, sens, sending):
        assert sens.post("/messages", sending(**{"from": "0299999999"}), headers=KEY).status_code == 400
        assert sens.post("/messages", sending(), headers=KEY).status_code == 202
        assert SendRequest.objects.count() == 1

    def test_the_very_same_call_has_it_too(self, sens, sending):
        """A proxy that repeats a call repeats its signature: under a key that is no forgery."""
        headers = sens.signer.headers("POST", sens.target("/messages")) | KEY
        first = sens.post("/messages", sending(), headers=headers)
        assert sens.post("/messages", sending(), headers=headers).json() == first.json()
        assert (SendRequest.objects.count(), SeenSignature.objects.count()) == (1, 2)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same_body", [True, False])
def test_of_many_at_once_one_is_carried_out(sending, same_body):
    project: Project = make_project()
    key = AccessKeyFactory(project=project)
    barrier, answers = threading.Barrier(4), []

    def call(n: int) -> None:
        body = sending(content="same" if same_body else f"body {n}")
        try:
            barrier.wait()
            answers.append(SensClient(project, key).post("/messages", body, headers=KEY))
        finally:
            connection.close()

    threads = [threading.Thread(target=call, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = [answer.json()["requestId"] for answer in answers if answer.status_code == 202]
    refused = [said(answer) for answer in answers if answer.status_code != 202]
    assert set(taken) == {str(SendRequest.objects.get().pk)}
    assert (len(taken), refused) == ((4, []) if same_body else (1, [(400, [OTHER_BODY])] * 3))
    assert Message.objects.count() == 1
