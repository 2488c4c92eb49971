"""The signature beside ones of another program: `openssl dgst -sha256 -hmac SECRET -binary | base64`."""

import pytest

from messaging.api.sens.signature import read, sign

MADE_ELSEWHERE = [
    ("POST", "/sms/v2/services/ncp:sms:kr:1:shop/messages", "+sGTczo7j/KDSJBMztc/9OhSbAhgZFYmERGafenlkts="),
    (
        "GET",
        "/sms/v2/services/ncp%3Asms%3Akr%3A1%3Ashop/messages?requestStartTime=2026-11-22+00:00:00",
        "bhvFgsTrgy2njTNkTcM6RcTiLnVUc2AXgzyOUzE+ncY=",
    ),
]


@pytest.mark.parametrize(("method", "target", "made"), MADE_ELSEWHERE)
def test_it_is_what_any_other_program_makes(method: str, target: str, made: str) -> None:
    signed = sign("SECRET", method=method, target=target, timestamp="1763776800000", access_key="ACCESSKEY")
    assert read(made) == signed
    assert len(signed) == 32


@pytest.mark.parametrize(
    "written",
    ["", "=", "+sGTczo7", "+sGTczo7j/KDSJBMztc_9OhSbAhgZFYmERGafenlkts=", "A" * 44, "A" * 88, "한글"],
)
def test_what_is_none(written: str) -> None:
    assert read(written) is None
