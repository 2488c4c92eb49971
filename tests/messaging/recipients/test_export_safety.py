import pytest

from messaging.recipients.export_safety import safe_cell


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1+1",
        "-1+1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "＝1",
        "-",
        "+",
        "-2-3",
        "+82-10-1234-5678",
        "-cmd|' /C calc'!A0",
    ],
)
def test_what_a_program_could_run_becomes_text(text):
    assert safe_cell(text) == "'" + text


@pytest.mark.parametrize(
    "text", ["", "가", "01012345678", "-3", "-1,200.5", "+821012345678", "+82 10 1234 5678", "a=1", "'=1"]
)
def test_ordinary_cells_stay_as_they_are(text):
    assert safe_cell(text) == text
