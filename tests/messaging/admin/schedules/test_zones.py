"""Time zones as people find them."""

from datetime import UTC, datetime

import pytest
from django.test import override_settings

from messaging.admin.schedules.zones import find_zone, offered_zones, offset_words

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("Asia/Seoul", "Asia/Seoul"),
        (" asia/seoul ", "Asia/Seoul"),
        ("seoul", "Asia/Seoul"),
        ("New  York", "America/New_York"),
        ("utc", "UTC"),
        ("Louisville", "Louisville"),  # there are two of them
        ("Atlantis", "Atlantis"),
        ("", ""),
    ],
)
def test_a_zone_is_found_by_its_name_or_by_its_city(written: str, found: str) -> None:
    assert find_zone(written) == found


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("Asia/Seoul", "UTC+09:00"),
        ("America/New_York", "UTC-05:00"),
        ("Asia/Kolkata", "UTC+05:30"),
        ("America/St_Johns", "UTC-03:30"),
        ("UTC", "UTC+00:00"),
    ],
)
def test_how_far_a_zone_is_from_utc(zone: str, said: str) -> None:
    assert offset_words(NOW, zone) == said


@override_settings(TIME_ZONE="Asia/Seoul")
def test_the_consoles_zone_and_those_in_use_come_first_and_each_once() -> None:
    names = [name for name, _offset in offered_zones(["Europe/Paris", "Asia/Seoul"], NOW)]
    assert names[:3] == ["Asia/Seoul", "Europe/Paris", "Africa/Abidjan"]
    assert len(names) == len(set(names))
    assert not any(name.startswith("Etc/") for name in names)
