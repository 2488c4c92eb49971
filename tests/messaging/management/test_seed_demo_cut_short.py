"""A seeding of the demo that was killed: the next one makes what is missing."""

from pathlib import Path
from typing import Any

import pytest

from messaging.management.commands.seed_demo import seed
from messaging.models import SendRequest

pytestmark = pytest.mark.django_db


def test_a_seeding_that_was_cut_short_is_made_whole(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.BONGSU_HOME = tmp_path

    def fail(*_args: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr("messaging.management.demo.history._deltas", fail)
        with pytest.raises(RuntimeError):
            seed()
    assert SendRequest.objects.count() == 0
    seed()
    assert SendRequest.objects.filter(name="주말 행사").exists()
