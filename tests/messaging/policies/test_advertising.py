import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from messaging.policies.advertising import (
    CLOSING,
    ENGLISH_OPENING,
    LATE_OPENING,
    NO_CLOSING,
    NO_NUMBER,
    NO_OPENING,
    OPENING,
    OTHER_NUMBER,
    apply_statements,
    names_number,
    problem_sentence,
    says_advertising,
    statement_problems,
)

LINE = "0801234567"
OTHER = "08098765432"

pieces = st.sampled_from(
    [
        OPENING,
        "(광고",
        "(Ad)",
        "무료거부",
        "[무료 수신거부]",
        "무료",
        "거부",
        "080-123-4567",
        LINE,
        OTHER,
        "080",
        " ",
        "\n",
        "-",
        "9",
        "##name##",
        "\u200b",
        "\u3164",
        "[",
        "]",
        "Sale!",
    ]
)
bodies = st.one_of(st.lists(pieces, max_size=8).map("".join), st.text(max_size=60))
line_numbers = st.sampled_from([LINE, OTHER])


@pytest.mark.parametrize(
    "body",
    [
        "(광고)\n\n[무료 수신거부]0801234567",
        "(광고)\n\n무료거부 0801234567",
        "(광고)\n\n무료거부 080-123-4567",
        "(광고) 테스트\n [무료 수신 거부]0801234567",
        "(광고)Sale\n무료수신거부 0801234567",
        "(광고)Sale\n무료수신거부0801234567",
        "(광고)Sale\n무 료 수 신 거 부 080 123 4567",
        "(광고)Sale\n[ 무료거부 ] 080-1234567",
        "(광고)Sale\n무\u00a0료\u3000수\t신거부 0801234567",
        "(광고)Sale 무료거부\n0801234567",
        "(광고)Sale 무료거부 0801234567 \n\n",
    ],
)
def test_the_forms_that_the_guide_allows(body: str) -> None:
    assert statement_problems(body, LINE) == []
    assert apply_statements(body, LINE) == body


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ("", [NO_OPENING, NO_CLOSING]),
        ("Sale", [NO_OPENING, NO_CLOSING]),
        ("Sale (광고) 무료거부 0801234567", [NO_OPENING]),
        ("(광 고) 무료거부 0801234567", [NO_OPENING]),
        ("[광고] 무료거부 0801234567", [NO_OPENING]),
        (" (광고) 무료거부 0801234567", [LATE_OPENING]),
        ("\u200b(광고) 무료거부 0801234567", [LATE_OPENING]),
        ("\ufeff\n\u3164(광고) 무료거부 0801234567", [LATE_OPENING]),
        ("\x07(광고) 무료거부 0801234567", [LATE_OPENING]),
        ("##name##(광고) 무료거부 0801234567", [NO_OPENING]),
        ("(\u200b광고) 무료거부 0801234567", [NO_OPENING]),
        ("(Ad) 무료거부 0801234567", [ENGLISH_OPENING]),
        ("(ads) 무료거부 0801234567", [ENGLISH_OPENING]),
        ("(광고) Deny for free 0801234567", [NO_CLOSING]),
        ("(광고) 무료거부 0801234567 !", [NO_CLOSING]),
        ("(광고) 0801234567", [NO_CLOSING]),
        ("(광고) 무료거부 080", [NO_CLOSING]),
        ("(광고) 무료거부 080-123-456", [NO_CLOSING]),
        ("(광고) 무료거부 080-123-456789", [NO_CLOSING]),
        ("(광고) 무료거부 080--123-4567", [NO_CLOSING]),
        ("(광고) 무료거부 ##line##", [NO_CLOSING]),
        ("(광고) 수신거부 0801234567", [NO_CLOSING]),
        ("(광고) [무료거부 0801234567", []),
        ("(광고) 무료거부", [NO_NUMBER]),
        ("(광고) [무료 수신거부]", [NO_NUMBER]),
        ("(광고) 무료거부 08098765432", [OTHER_NUMBER]),
        ("(광고) 무료거부 080-123-45678", [OTHER_NUMBER]),
    ],
)
def test_what_a_body_lacks(body: str, problems: list[str]) -> None:
    assert statement_problems(body, LINE) == problems


@pytest.mark.parametrize("blank", "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe00\ufe0f")
def test_a_letter_that_draws_nothing_is_not_seen(blank: str) -> None:
    body = f"(광고){blank} 무료거부 0801234567"
    assert statement_problems(blank + body, LINE) == [LATE_OPENING]
    assert apply_statements(blank + body, LINE) == body
    assert says_advertising(f"({blank}광고) Sale") is True


@pytest.mark.parametrize(
    ("body", "is_said"),
    [
        ("(광고) Sale", True),
        (" \n(광고) Sale", True),
        ("\u200b(광고) Sale", True),
        ("\ufeff\u3164\ufe0f(광고) Sale", True),
        ("(광\u200d고\u00ad) Sale", True),
        ("##name##(광고) Sale", True),
        (" ##name## \u200b##other## (광고) Sale", True),
        ("##name##(광고", False),
        ("Sale (광고)", False),
        ("## name ##(광고)", False),
        ("안녕 (광고)", False),
        ("", False),
        ("\u200b", False),
    ],
)
def test_a_body_calls_itself_advertising_as_people_read_it(body: str, is_said: bool) -> None:
    assert says_advertising(body) is is_said


@pytest.mark.parametrize(
    ("body", "applied"),
    [
        ("", "(광고)\n\n무료거부 0801234567"),
        (" \n", "(광고)\n\n무료거부 0801234567"),
        ("Sale", "(광고) Sale\n무료거부 0801234567"),
        ("Sale\n", "(광고) Sale\n무료거부 0801234567"),
        ("(광고)Sale", "(광고)Sale\n무료거부 0801234567"),
        ("Sale\n무료거부 080-123-4567", "(광고) Sale\n무료거부 080-123-4567"),
        ("\n(광고)Sale", "(광고)Sale\n무료거부 0801234567"),
        ("\n(광고)Sale \n", "(광고)Sale \n무료거부 0801234567"),
        ("\u200b \u2060(광고)Sale", "(광고)Sale\n무료거부 0801234567"),
        ("##name##(광고)Sale", "(광고) ##name##(광고)Sale\n무료거부 0801234567"),
        ("(광고)Sale [무료수신거부]080-9876-5432\n", "(광고)Sale [무료수신거부]0801234567\n"),
        ("(광고)Sale 무료수신거부 ", "(광고)Sale 무료수신거부 0801234567"),
        ("(Ad) Sale", "(광고) (Ad) Sale\n무료거부 0801234567"),
        ("(광고) 무료거부 0801234567 99", "(광고) 무료거부 0801234567 99\n무료거부 0801234567"),
    ],
)
def test_what_is_missing_is_written_and_nothing_else_changed(body: str, applied: str) -> None:
    assert apply_statements(body, LINE) == applied


@given(bodies, line_numbers)
@example("(광고)\n무료거부", LINE)
def test_a_body_with_the_statements_lacks_nothing(body: str, line_number: str) -> None:
    assert statement_problems(apply_statements(body, line_number), line_number) == []


@given(bodies, line_numbers, line_numbers)
def test_doing_it_again_changes_nothing_and_another_line_only_its_number(
    body: str, first: str, second: str
) -> None:
    applied = apply_statements(body, first)
    assert apply_statements(applied, first) == applied
    moved = apply_statements(applied, second)
    assert apply_statements(moved, first).replace("-", "").replace(" ", "") == applied.replace(
        "-", ""
    ).replace(" ", "")


@given(st.text(alphabet="ab 가나\n##080-", min_size=1).filter(str.strip), line_numbers)
def test_what_was_written_is_kept(body: str, line_number: str) -> None:
    applied = apply_statements(body, line_number)
    assert applied.startswith(f"{OPENING} {body}")
    assert applied[len(f"{OPENING} {body}") :].strip() == f"{CLOSING} {line_number}"


def test_each_problem_is_said_with_the_number_to_write() -> None:
    codes = (NO_OPENING, ENGLISH_OPENING, LATE_OPENING, NO_CLOSING, OTHER_NUMBER, NO_NUMBER)
    said = {code: str(problem_sentence(code, LINE)) for code in codes}
    assert said[NO_OPENING] == "Advertising must begin with (광고)."
    assert said[ENGLISH_OPENING] == "The law asks for (광고) in Korean at the beginning; “(Ad)” does not do."
    assert said[NO_CLOSING] == (
        "Advertising must end with 무료거부 080-123-4567, so that it can be refused for free."
    )
    assert all("080-123-4567" in said[code] for code in (OTHER_NUMBER, NO_NUMBER))


@pytest.mark.parametrize(
    "text",
    [
        "무료거부 0801234567",
        "[Free call block]0801234567",
        "무료거부0801234567번",
        "080-123-4567",
        "080 123 4567",
        "080.123.4567",
        "080)123-4567",
        "(080) 123 - 4567",
        "080‑123–4567",
        "080\n1234567",
        "1588 0801234567",
        "(2026)0801234567",
        "0801234567 1234",
        "0801234567.",
        "00801234567, 0801234567",
    ],
)
def test_a_number_is_named(text: str) -> None:
    assert names_number(text, LINE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00801234567",
        "08012345678",
        "10801234567",
        "1-080-123-4567",
        "080-123-4567-8",
        "080-123-45678",
        "080-123-456",
        "080, 123, 4567",
        "080 원 123 4567",
        "８0801234567",
        "0801234568 0801234566",
    ],
)
def test_digits_that_only_hold_a_number_do_not_name_it(text: str) -> None:
    assert not names_number(text, LINE)
