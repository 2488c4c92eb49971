"""The settings that a gateway describes to a form, and reads from what was stored."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from messaging.gateways.base import (
    Gateway,
    GatewaySettings,
    ReportBatch,
    SettingsError,
    Submission,
    SubmitResult,
    setting,
)


@dataclass(frozen=True, kw_only=True)
class Example(GatewaySettings):
    host: str = setting("Host")
    password: str = setting("Password", secret=True)
    window: int = setting("Window", default=10, minimum=1)
    ratio: float = setting("Ratio", default=0.5, minimum=0)
    tls: bool = setting("TLS", default=True)
    folder: Path | None = setting("Folder", default=None)  # noqa: RUF009 - a field


NEEDED = {"host": "h", "password": "p"}


def test_parse_reads_text_as_a_form_gives_it() -> None:
    values = {**NEEDED, "window": "3", "ratio": "1.5", "tls": "off", "folder": "a/b"}
    expected = Example(host="h", password="p", window=3, ratio=1.5, tls=False, folder=Path("a/b"))
    assert Example.parse(values) == expected


def test_parse_reads_json_values_and_leaves_defaults() -> None:
    assert Example.parse({**NEEDED, "window": 4, "tls": False}) == Example(
        host="h", password="p", window=4, tls=False
    )
    assert Example.parse({**NEEDED, "window": "", "tls": None}) == Example(host="h", password="p")


def test_parse_names_every_wrong_field_at_once() -> None:
    with pytest.raises(SettingsError) as error:
        Example.parse({"host": "", "password": "x", "window": "ten", "color": "red"})
    assert {name: str(text) for name, text in error.value.errors.items()} == {
        "color": "There is no such setting.",
        "host": "This setting is required.",
        "window": "This value does not fit.",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("window", 0),
        ("window", "-1"),
        ("window", float("inf")),
        ("ratio", "nan"),
        ("ratio", "inf"),
        ("tls", "maybe"),
        ("window", []),
    ],
)
def test_parse_refuses(name: str, value: Any) -> None:
    with pytest.raises(SettingsError) as error:
        Example.parse({**NEEDED, name: value})
    assert list(error.value.errors) == [name]


def test_describe_tells_a_form_what_it_needs() -> None:
    described = {each.name: each for each in Example.describe()}
    assert list(described) == ["host", "password", "window", "ratio", "tls", "folder"]
    assert [each.name for each in described.values() if each.secret] == ["password"]
    assert [each.name for each in described.values() if each.required] == ["host", "password"]
    assert described["folder"].kind is Path
    assert (described["window"].kind, described["window"].default, described["window"].minimum) == (
        int,
        10,
        1,
    )


def test_a_gateway_that_does_not_poll_has_no_reports() -> None:
    class Silent(Gateway):
        def submit(self, submission: Submission) -> SubmitResult:
            return SubmitResult()

    gateway = Silent(GatewaySettings())
    assert gateway.fetch_reports() == ReportBatch((), "")
    gateway.acknowledge("")
