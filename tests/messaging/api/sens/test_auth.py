"""Who is let in: timestamp, key and signature over the call as it came on the wire."""

import json
from datetime import timedelta
from urllib.parse import quote

import pytest
import time_machine
from django.utils import timezone

from console.accounts.keys import end_rotation, revoke_key, rotate_key
from console.accounts.models import AccessKey
from messaging.models import CallRate, Message, SeenSignature, SendRequest
from messaging.sending.programs import prune_signatures
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def said(answer):
    return answer.status_code, answer.json()["errors"]


def refused(answer, status, reason):
    """Whether that was the answer, and nothing came of the call."""
    assert said(answer) == (status, [reason])
    assert not SendRequest.objects.exists()
    assert not SeenSignature.objects.exists()


TIMESTAMP = "The timestamp (x-ncp-apigw-timestamp) is missing, or more than 5 minutes from now."
KEY = "The access key (x-ncp-iam-access-key) is missing, or not to be used here."
SIGNATURE = "The signature (x-ncp-apigw-signature-v2) does not belong to this call."


@pytest.mark.parametrize("way", [1, -1])
def test_a_clock_may_be_wrong_by_five_minutes_and_no_more(sens, sending, way):
    with time_machine.travel(timezone.now().replace(microsecond=0), tick=False):
        sens.signer.ahead = way * 300.001
        refused(sens.post("/messages", sending()), 401, TIMESTAMP)
        sens.signer.ahead = way * 300
        assert sens.post("/messages", sending()).status_code == 202


@pytest.mark.parametrize("timestamp", ["", "now", "1e12", "-1", "9" * 400, "1782137600"])
def test_a_timestamp_that_is_none(sens, sending, timestamp):
    refused(sens.post("/messages", sending(), headers={"x-ncp-apigw-timestamp": timestamp}), 401, TIMESTAMP)


@pytest.mark.parametrize("name", ["", "UNKNOWN", "x" * 5000, "a\x7f"])
def test_a_key_that_is_none(sens, sending, name):
    refused(sens.post("/messages", sending(), headers={"x-ncp-iam-access-key": name}), 401, KEY)


def test_a_revoked_key_and_one_of_a_closed_project_sound_like_none(sens, sending, key, project):
    project.is_active = False
    project.save()
    refused(sens.post("/messages", sending()), 401, KEY)
    project.is_active = True
    project.save()
    revoke_key(key=key, user=UserFactory())
    refused(sens.post("/messages", sending()), 401, KEY)


def test_a_key_is_used_from_its_networks_alone(sens, sending, key):
    AccessKey.objects.filter(pk=key.pk).update(networks=["10.0.0.0/8"])
    refused(sens.post("/messages", sending()), 401, KEY)
    AccessKey.objects.filter(pk=key.pk).update(networks=["127.0.0.0/8"])
    assert sens.post("/messages", sending()).status_code == 202


@pytest.mark.parametrize("signature", ["", "AAAA", "!" * 44, "A" * 43 + "=", "A" * 10_000])
def test_a_signature_that_is_none(sens, sending, signature):
    refused(
        sens.post("/messages", sending(), headers={"x-ncp-apigw-signature-v2": signature}), 401, SIGNATURE
    )


def test_a_signature_is_of_its_method_target_and_secret(sens, sending):
    for headers in (
        sens.signer.headers("GET", sens.target("/messages")),
        sens.signer.headers("POST", sens.target("/messages?x=1")),
        sens.signer.headers("POST", sens.target("/files")),
    ):
        refused(sens.post("/messages", sending(), headers=headers), 401, SIGNATURE)
    sens.signer.secret += "x"
    refused(sens.post("/messages", sending()), 401, SIGNATURE)


def test_the_target_is_signed_as_it_came_on_the_wire(sens, sending, project):
    encoded = f"/sms/v2/services/{quote(project.service_id, safe='')}/messages"
    assert "%3A" in encoded
    assert sens.post("/messages", sending(), target=encoded).status_code == 202
    headers = sens.signer.headers("POST", sens.target("/messages"))
    assert said(sens.post("/messages", sending(), target=encoded, headers=headers)) == (401, [SIGNATURE])
    now = timezone.localtime().strftime("%Y-%m-%d")
    for space in ("+", "%20"):
        query = f"/messages?requestStartTime={now}{space}00:00:00&requestEndTime={now}{space}23%3A59:59"
        assert sens.get(query).status_code == 200


def test_a_key_opens_its_own_service_alone(sens, stranger, sending):
    target = stranger.target("/messages")
    refused(sens.post("/messages", sending(), target=target), 404, "This key has no such service.")
    assert sens.get("/messages", target=stranger.target("/messages?requestId=1")).status_code == 404


def test_a_call_is_made_once(sens, sending):
    headers = sens.signer.headers("POST", sens.target("/messages"))
    assert sens.post("/messages", sending(), headers=headers).status_code == 202
    again = sens.post("/messages", sending(), headers=headers)
    assert said(again) == (401, ["This call was made before: sign each call anew."])
    assert Message.objects.count() == 1


def test_two_calls_of_one_millisecond_have_one_signature(sens, sending):
    now = timezone.now().replace(microsecond=0)
    with time_machine.travel(now, tick=False) as clock:
        headers = sens.signer.headers("POST", sens.target("/messages"))
        assert sens.post("/messages", sending(), headers=headers).status_code == 202
        clock.shift(timedelta(seconds=1))
        assert sens.post("/messages", sending(content="other"), headers=headers).status_code == 202
        clock.shift(timedelta(milliseconds=1))
        forged = sens.post("/messages", sending(content="forged"), headers=headers)
        assert said(forged) == (401, ["This call was made before: sign each call anew."])
    assert Message.objects.count() == 2


def test_signatures_are_forgotten_when_nobody_believes_their_time(sens, sending):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sens.post("/messages", sending())
        clock.shift(timedelta(minutes=15))
        assert prune_signatures() == 0
        clock.shift(timedelta(seconds=1))
        assert prune_signatures() == 2
    assert not SeenSignature.objects.exists()


def test_a_call_that_was_refused_may_be_made_again(sens, sending):
    headers = sens.signer.headers("POST", sens.target("/messages"))
    assert sens.post("/messages", sending(messages=[]), headers=headers).status_code == 400
    assert sens.post("/messages", sending(), headers=headers).status_code == 202


def test_while_a_key_is_rotated_two_secrets_are_valid(sens, sending, key):
    old = sens.signer.secret
    rotated = rotate_key(key=key)
    for secret in (old, rotated.secret):
        sens.signer.secret = secret
        assert sens.post("/messages", sending()).status_code == 202
    rotated = rotate_key(key=key)
    sens.signer.secret = old  # the one before the last
    assert said(sens.post("/messages", sending())) == (401, [SIGNATURE])
    sens.signer.secret = rotated.previous_secret
    with time_machine.travel(rotated.previous_secret_until + timedelta(seconds=1)):
        assert said(sens.post("/messages", sending())) == (401, [SIGNATURE])
    assert end_rotation(key=key)
    assert said(sens.post("/messages", sending())) == (401, [SIGNATURE])


def test_a_project_makes_so_many_calls_a_second(sens, stranger, sending, settings):
    settings.BONGSU_API_RATE = 2
    with time_machine.travel(timezone.now().replace(microsecond=0), tick=False) as clock:
        assert [sens.post("/messages", sending()).status_code for _ in range(1)] == [202]
        clock.shift(timedelta(milliseconds=10))
        assert sens.post("/messages", sending()).status_code == 202
        clock.shift(timedelta(milliseconds=10))
        over = sens.post("/messages", sending())
        assert said(over) == (429, ["More calls a second than this service may make."])
        assert (over["Retry-After"], over.json()["error"]["errorCode"]) == ("1", "400")
        assert stranger.get("/messages?requestId=1").status_code != 429
        clock.shift(timedelta(seconds=1))
        assert sens.post("/messages", sending()).status_code == 202
    assert Message.objects.count() == 3
    assert CallRate.objects.get(project=sens.project).calls == 1


def test_a_forger_uses_up_nobodys_rate(sens, sending):
    sens.signer.secret = "wrong"
    sens.post("/messages", sending())
    assert not CallRate.objects.exists()


def test_the_use_of_a_key_is_noted(sens, sending, key):
    sens.post("/messages", sending())
    key.refresh_from_db()
    assert key.last_used_address == "127.0.0.1"
    assert timezone.now() - key.last_used_at < timedelta(minutes=1)


def test_a_refusal_reads_as_the_documents_write_it(sens, sending):
    answer = sens.post("/messages", sending(), headers={"x-ncp-iam-access-key": ""})
    assert json.loads(answer.content) == {
        "statusCode": "401",
        "statusName": "fail",
        "errorMessage": "Unauthorized",
        "errors": [KEY],
        "error": {"errorCode": "200", "message": "Authentication Failed", "details": KEY},
    }
