"""A session ends twelve hours after its person was last active, at the price of one write an hour."""

import datetime
import json
import os
import subprocess
import sys

import pytest
import time_machine
from django.conf import settings as django_settings
from django.contrib.auth import SESSION_KEY as PERSON
from django.test import Client

from console.accounts import sessions
from console.accounts.models import Session

START = datetime.datetime(2026, 11, 22, 3, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)
SECOND = datetime.timedelta(seconds=1)
MIDDLEWARE = "console.accounts.middleware.SessionInUseMiddleware"


@pytest.fixture
def clock(settings):
    settings.SESSION_COOKIE_AGE = 12 * 3600
    settings.BONGSU_SESSION_HOURS = 24
    place = settings.MIDDLEWARE.index("django.contrib.sessions.middleware.SessionMiddleware") + 1
    settings.MIDDLEWARE = [*settings.MIDDLEWARE[:place], MIDDLEWARE, *settings.MIDDLEWARE[place:]]
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.mark.django_db
def test_it_ends_twelve_hours_after_the_last_page(clock, manager, sign_in) -> None:
    client, ends = sign_in(manager.user), []
    for minutes in (0, 59, 60, 90):
        clock.move_to(START + minutes * HOUR / 60)
        assert client.get("/me/").status_code == 200
        ends.append(Session.objects.get().expire_date - START)
    assert ends == [12 * HOUR, 12 * HOUR, 13 * HOUR, 13 * HOUR]
    clock.move_to(START + 12 * HOUR)
    assert client.get("/badges/", headers={"HX-Request": "true"}).status_code == 200
    assert Session.objects.get().expire_date == START + 13 * HOUR
    clock.move_to(START + 13 * HOUR)
    assert client.get("/me/").status_code == 302


@pytest.mark.django_db
def test_whoever_works_on_signs_in_once_a_day(clock, manager, sign_in) -> None:
    client = sign_in(manager.user)
    for hour in (8, 16, 23):
        clock.move_to(START + hour * HOUR)
        assert client.get("/me/").status_code == 200
    assert Session.objects.get().expire_date == START + 24 * HOUR
    clock.move_to(START + 24 * HOUR)
    assert client.get("/me/").status_code == 302


def a_request(rf, **headers: str):
    request = rf.get("/", headers=headers)
    request.session = sessions.SessionStore()
    return request


def test_a_password_is_fresh_for_four_hours_wherever_it_was_given(rf) -> None:
    request = a_request(rf)
    with time_machine.travel(START, tick=False) as clock:
        assert not sessions.is_fresh(request), "nobody signed in"
        request.session[PERSON] = "1"
        clock.shift(4 * HOUR - SECOND)
        assert sessions.is_fresh(request)
        clock.shift(SECOND)
        assert not sessions.is_fresh(request)
        sessions.confirm(request)
        assert sessions.is_fresh(request)
        assert request.session[sessions.SIGNED_IN_AT] == START.timestamp(), "that was no sign-in"


def test_what_a_browser_says_is_cut_and_can_be_kept(rf) -> None:
    request = a_request(rf, user_agent="a\x00" + "b" * 400)
    sessions.describe(request, "203.0.113.7")
    assert request.session[sessions.BROWSER] == "a" + "b" * 299


@pytest.mark.django_db
def test_signing_somebody_out_leaves_others_in(manager, viewer, sign_in) -> None:
    own, lost, other = sign_in(manager.user), sign_in(manager.user), sign_in(viewer.user)
    assert sessions.end_sessions(user=manager.user, but=own.session.session_key) == 1
    assert [each.get("/me/").status_code for each in (own, lost, other)] == [200, 302, 200]
    assert sessions.end_sessions(user=manager.user) == 1
    assert [each.get("/me/").status_code for each in (own, other)] == [302, 200]


@pytest.mark.django_db
def test_who_is_not_signed_in_gets_no_session(clock) -> None:
    assert Client().get("/login/").status_code == 200
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, [None, False, False]),
        ({"BONGSU_TRUSTED_PROXIES": "1"}, [["HTTP_X_FORWARDED_PROTO", "https"], False, False]),
        (
            {"SECURE_HSTS_INCLUDE_SUBDOMAINS": "1", "SECURE_HSTS_PRELOAD": "1"},
            [None, True, True],
        ),
    ],
)
def test_production_believes_no_header_unasked(given, expected) -> None:
    names = ("SECURE_PROXY_SSL_HEADER", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD")
    names += ("SESSION_COOKIE_AGE", "SESSION_COOKIE_NAME", "BONGSU_SESSION_HOURS", "BONGSU_URL", "MIDDLEWARE")
    code = "import json; from console.settings import production as p; "
    code += f"print(json.dumps([getattr(p, name) for name in {names!r}]))"
    environment = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "x",
        "BONGSU_FIELD_KEYS": "x",
        "DATABASE_URL": "postgresql://u@127.0.0.1/n",
        "CELERY_BROKER_URL": "amqp://127.0.0.1",
        "CACHE_URL": "rediscache://127.0.0.1/0",
        "EMAIL_URL": "smtp+tls://127.0.0.1:587",
        "DEFAULT_FROM_EMAIL": "console@example.com",
        "ALLOWED_HOSTS": "console.example.com",
        "CSRF_TRUSTED_ORIGINS": "https://console.example.com",
        **given,
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=django_settings.BASE_DIR,
        env=environment,
        capture_output=True,
        check=True,
    )
    *security, age, cookie, hours, url, middleware = json.loads(done.stdout)
    assert (security, age, hours, cookie) == (expected, 12 * 3600, 24, "__Host-sessionid")
    assert url == "https://console.example.com"
    place = middleware.index(MIDDLEWARE)
    assert middleware[place - 1] == "django.contrib.sessions.middleware.SessionMiddleware"
    assert len(middleware) == len(django_settings.MIDDLEWARE) + 1
