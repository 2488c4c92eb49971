from datetime import UTC, datetime

import pytest
import time_machine
from django.db import models
from django.template import Context, Template
from django.test import RequestFactory
from django.utils.translation import gettext_lazy as _

from console.accounts.roles import ProjectRole
from console.accounts.scoping import NOBODY, scope_for
from console.choices import ColouredChoices, coloured
from console.paging import KeysetPage
from messaging.models import SendRequest
from messaging.states import RequestState
from tests.factories import MembershipFactory


class Light(ColouredChoices):
    STOP = "STOP", _("Stop"), "red"
    GO = "GO", _("Go"), "green"


def draw(source: str, **context: object) -> str:
    return Template("{% load console %}" + source).render(Context(context))


def test_coloured_choices_are_djangos_choices_with_a_colour() -> None:
    assert Light.choices == [("STOP", "Stop"), ("GO", "Go")]
    assert (Light("GO").colour, Light.STOP.label, Light.STOP == "STOP") == ("green", "Stop", True)
    field = models.CharField(max_length=8, choices=Light.choices, default=Light.STOP)
    assert field.deconstruct()[3]["choices"] == [("STOP", "Stop"), ("GO", "Go")]


def test_a_chip_is_a_word_and_a_colour() -> None:
    drawn = draw("{% chip light %}", light=Light.GO)
    assert drawn == '<span class="b-chip b-chip-green"><span class="b-dot"></span>Go</span>'


def test_a_chip_finds_the_state_of_an_object() -> None:
    assert coloured(SendRequest(state="HELD")) is RequestState.HELD
    drawn = draw("{% chip request %}", request=SendRequest(state="FAILED"))
    assert "b-chip-red" in drawn
    assert "Delivery Failed" in drawn
    with pytest.raises(TypeError):
        coloured(SendRequest(kind="MASS"), "kind")


def test_words_are_escaped_and_colours_are_the_palettes() -> None:
    assert "&lt;b&gt;" in draw("{% word_chip word 'amber' %}", word="<b>")
    with pytest.raises(ValueError, match="palette"):
        draw("{% word_chip 'x' 'pink' %}")


@pytest.mark.django_db
def test_phone_numbers_are_masked_for_those_who_may_not_read_them() -> None:
    request = RequestFactory().get("/")
    source = "{% phone_number '01012345678' %}"
    member = MembershipFactory(role=ProjectRole.SENDER)
    request.scope = scope_for(member.user, None)
    assert "010-1234-5678" in draw(source, request=request)
    viewer = MembershipFactory(role=ProjectRole.VIEWER)
    for scope in (scope_for(viewer.user, None), NOBODY):
        request.scope = scope
        assert "010-****-5678" in draw(source, request=request)
        assert "1234" not in draw(source, request=request)


@time_machine.travel(datetime(2026, 11, 22, 5, 10, tzinfo=UTC), tick=False)
def test_times_are_absolute_and_relative() -> None:
    drawn = draw("{% when moment %}", moment=datetime(2026, 11, 22, 5, 7, tzinfo=UTC))
    assert "2026-11-22 14:07:00" in drawn
    assert "3 minutes ago" in drawn
    assert draw("{% when moment %}", moment=None) == "–"


def test_the_pager_links_both_ways_and_keeps_filters() -> None:
    request = RequestFactory().get("/?state=DONE&cursor=-9")
    page = KeysetPage(rows=[], newer="+7", older=None)
    drawn = draw("{% pager page %}", page=page, request=request)
    assert 'href="?state=DONE&amp;cursor=%2B7"' in drawn
    assert drawn.count("<a ") == 1


@pytest.mark.parametrize(
    ("template", "context", "words"),
    [
        (
            "progress",
            {"part": 71204, "whole": 99812, "label": "sent"},
            ["71,204 / 99,812", "71%", 'max="99812"'],
        ),
        (
            "empty",
            {"sentence": "Nothing yet", "url": "/x/", "action": "Make one"},
            ["Nothing yet", 'href="/x/"'],
        ),
        ("stat", {"label": "Sent", "value": 1234567}, ["1,234,567"]),
        ("notice", {"words": "<x>", "colour": "amber"}, ["&lt;x&gt;", "b-notice-amber"]),
        (
            "phone",
            {"number": "021234567", "bubbles": [{"text": "<script>", "subject": "Hello"}]},
            ["02-123-4567", "&lt;script&gt;", "Hello"],
        ),
        (
            "timeline",
            {"steps": [{"title": "Accepted", "moment": None, "colour": "green"}]},
            ["Accepted", "b-mark-green"],
        ),
        (
            "confirm",
            {"sentence": "99 messages", "url": "/go/", "action": "Send", "fields": [("a", "<")]},
            ['value="&lt;"'],
        ),
    ],
)
def test_components_draw_what_they_are_given(template: str, context: dict, words: list[str]) -> None:
    drawn = draw("{% include 'console/components/" + template + ".html' %}", **context)
    for word in words:
        assert word in drawn
