"""The broker made of files: whole messages, one taker each, and no harm from what is broken."""

import threading
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection

from console.broker import Channel, Transport


@pytest.fixture
def channel(tmp_path: Path) -> Channel:
    for name in ("queue", "control"):
        (tmp_path / name).mkdir()
    options = {
        "data_folder_in": str(tmp_path / "queue"),
        "data_folder_out": str(tmp_path / "queue"),
        "control_folder": str(tmp_path / "control"),
    }
    connection = Connection("filesystem://localhost", transport=Transport, transport_options=options)
    return connection.channel()


def test_messages_come_out_in_the_order_in_which_they_went_in(channel: Channel) -> None:
    for n in range(20):
        channel._put("mass", {"n": n})
    assert [channel._get("mass")["n"] for _ in range(20)] == list(range(20))
    with pytest.raises(Empty):
        channel._get("mass")


def test_a_queue_gives_only_its_own_messages(channel: Channel) -> None:
    channel._put("mass", {"n": 1})
    with pytest.raises(Empty):
        channel._get("auth")
    assert channel._get("mass") == {"n": 1}


def test_an_empty_or_torn_message_is_left_out(channel: Channel) -> None:
    folder = Path(channel.data_folder_in)
    (folder / "00_a.mass.msg").write_text("")
    (folder / "00_b.mass.msg").write_text('{"n": ')
    channel._put("mass", {"n": 3})
    assert channel._get("mass") == {"n": 3}
    assert list(folder.iterdir()) == []


def test_a_torn_table_is_as_good_as_none_and_is_mended_by_the_next_binding(channel: Channel) -> None:
    (channel.control_folder / "mass.exchange").write_text("")
    assert channel.get_table("mass") == []
    channel._queue_bind("mass", "mass", "", "mass")
    assert [row.queue for row in channel.get_table("mass")] == ["mass"]


def test_a_binding_is_kept_once_and_can_be_taken_back(channel: Channel) -> None:
    for _ in range(2):
        channel._queue_bind("all", "", "", "one")
    channel._queue_bind("all", "", "", "two")
    assert sorted(row.queue for row in channel.get_table("all")) == ["one", "two"]
    channel._delete("one", "all", "", "")
    assert [row.queue for row in channel.get_table("all")] == ["two"]


def test_each_message_has_one_taker(channel: Channel) -> None:
    for n in range(300):
        channel._put("mass", {"n": n})
    taken: list[int] = []

    def take() -> None:
        while True:
            try:
                taken.append(channel._get("mass")["n"])
            except Empty:
                return

    takers = [threading.Thread(target=take) for _ in range(4)]
    for taker in takers:
        taker.start()
    for taker in takers:
        taker.join()
    assert sorted(taken) == list(range(300))
