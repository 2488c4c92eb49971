import pytest

from messaging.content.limits import GSM_7BIT, LIMITS, UCS2, Surface, TextType, text_limits


def test_console_limits_are_those_of_the_guide():
    limits = LIMITS[Surface.CONSOLE]
    assert {kind: text.body_bytes for kind, text in limits.texts.items()} == {
        TextType.SMS: 90,
        TextType.LMS: 2000,
        TextType.MMS: 2000,
    }
    assert [limits.texts[kind].subject_bytes for kind in TextType] == [0, 40, 40]
    images = limits.images
    assert (images.max_width, images.max_height, images.max_count) == (1000, 1000, 3)
    assert (images.max_bytes, images.max_total_bytes) == (307_200, 819_200)
    assert limits.scheduled_days == 60


def test_sens_pictures_have_their_own_limits():
    images = LIMITS[Surface.SENS].images
    assert (images.max_width, images.max_height, images.max_name_length) == (1500, 1440, 40)


def test_international_limits_are_those_of_the_guide():
    assert (GSM_7BIT.max_characters, UCS2.max_characters) == (765, 335)


def test_every_surface_has_every_type():
    for surface in Surface:
        assert set(LIMITS[surface].texts) == set(TextType)


def test_an_unknown_type_is_refused():
    with pytest.raises(ValueError, match="FAX"):
        text_limits("FAX")
