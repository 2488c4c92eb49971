"""Of random texts: what reaches the carrier is never too long, always decodes, and is what was asked for."""

import unicodedata
from itertools import count

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from messaging.models import InternationalSettings, Message
from messaging.result_codes import TOO_LONG, UNSENDABLE_CHARACTER
from messaging.sending.submitting import drain
from messaging.states import Lane, MessageState
from tests.sends import simulator_of

pytestmark = pytest.mark.django_db

SINGAPORE = 65
# Ever new numbers, so that each message is found again at the carrier.
NUMBERS = count(10_000_000)
CHARACTERS = st.one_of(
    st.characters(codec="ascii"),
    st.sampled_from("가힣각뷁똠방각하①「」…—ㄱㅎ漢字ЖΩ"),
    st.sampled_from("😀👨‍👩‍👧é\u1100\u1161\u11a8\r\n\t\x00\x7f\ufeff§€￦"),
    st.characters(exclude_categories=["Cs"]),
)
TEXTS = st.one_of(
    st.text(st.sampled_from("가나다ab \n"), min_size=1, max_size=1200),
    st.text(CHARACTERS, min_size=1, max_size=130),
    st.builds(lambda a, n: (a * n)[:2500], st.text(CHARACTERS, min_size=1, max_size=3), st.integers(1, 2500)),
)
QUICK = settings(
    max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
)


def at_carrier(sens, request_id: str) -> dict[str, tuple[str, str]]:
    """(subject, text) by number, of all that was handed over of a request."""
    while drain(Lane.SINGLE):
        pass
    wanted = set(Message.objects.filter(request=request_id).values_list("recipient", flat=True))
    with simulator_of(sens.project).ledger.reading() as database:
        rows = database.execute("SELECT recipient, subject, text FROM message").fetchall()
    return {number: (subject or "", text) for number, subject, text in rows if number in wanted}


def normal(text: str) -> str:
    """As it is kept: one kind of newline, no NUL."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "�")


def sendable(character: str) -> bool:
    """By the carriers' own rule, written anew: one or two bytes of EUC-KR, and no control character."""
    if unicodedata.category(character) == "Cc" and character not in "\n\t":
        return False
    try:
        return len(character.encode("euc_kr")) <= 2
    except UnicodeEncodeError:
        return False


def check_home(asked: str, sent: str, limit: int) -> None:
    """One text beside what the carrier has of it."""
    whole = sent.encode("euc_kr")
    assert whole.decode("euc_kr") == sent
    assert len(whole) <= limit
    assert all(map(sendable, sent))
    kept = normal(asked)
    kept = kept if kept.startswith(sent) else unicodedata.normalize("NFC", kept)
    assert kept.startswith(sent)
    rest = kept[len(sent) :]
    if rest:  # the next character would not have fit
        assert len(whole) + (2 if sendable(rest[0]) and not rest[0].isascii() else 1) > limit


@QUICK
@example(texts=["가" * 46, "a" * 91, "가" * 45 + "a", "😀", "각" * 90], type_="SMS")
@example(texts=["가" * 1001, "a" * 2001, "a" + "가" * 1000], type_="LMS")
@given(texts=st.lists(TEXTS, min_size=1, max_size=40), type_=st.sampled_from(["SMS", "LMS"]))
def test_at_home_texts_fit_and_decode(sens, sending, texts, type_):
    numbers = [f"010{next(NUMBERS)}" for _text in texts]
    many = [
        {"to": number, "content": text, "subject": text[:60]}
        for number, text in zip(numbers, texts, strict=True)
    ]
    answer = sens.post("/messages", sending(type=type_, messages=many))
    assert answer.status_code == 202, answer.content
    found = at_carrier(sens, answer.json()["requestId"])
    rows = dict(Message.objects.filter(recipient__in=numbers).values_list("recipient", "result_code"))
    limit = 90 if type_ == "SMS" else 2000
    for number, text in zip(numbers, texts, strict=True):
        if number in found:
            subject, sent = found[number]
            assert rows[number] is None
            check_home(text, sent, limit)
            check_home(text[:60] if type_ == "LMS" else "", subject, 40)
        else:  # and for no other reason
            assert rows[number] == UNSENDABLE_CHARACTER
            assert not all(map(sendable, unicodedata.normalize("NFC", normal(text)[:limit])))


@pytest.fixture
def abroad(sens) -> None:
    InternationalSettings.objects.create(project=sens.project, countries=[SINGAPORE], monthly_limit=100_000)


GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = set("^{}\\[~]|€")


def parts_of(text: str) -> int:
    """How many parts a text takes, by putting its characters in one by one (3GPP TS 23.038, 23.040)."""
    is_gsm = all(each in GSM or each in EXTENDED for each in text)
    sizes = [1 + (each in EXTENDED) if is_gsm else 1 + (each > "\uffff") for each in text]
    single, part = (160, 153) if is_gsm else (70, 67)
    if sum(sizes) <= single:
        return 1
    parts, room = 1, part
    for size in sizes:
        parts, room = (parts, room - size) if size <= room else (parts + 1, part - size)
    return parts


@QUICK
@example(texts=["a" * 160, "a" * 765, "a" * 766, "가" * 335, "가" * 336, "😀" * 165, "😀" * 166, "€" * 380])
@given(texts=st.lists(TEXTS, min_size=1, max_size=40))
def test_abroad_texts_go_whole_in_at_most_five_parts(sens, sending, abroad, texts):
    numbers = [f"8{next(NUMBERS) % 100_000 + 1_200_000:07}" for _text in texts]
    many = [{"to": number, "content": text} for number, text in zip(numbers, texts, strict=True)]
    answer = sens.post("/messages", sending(countryCode=str(SINGAPORE), messages=many))
    assert answer.status_code == 202, answer.content
    found = at_carrier(sens, answer.json()["requestId"])
    rows = Message.objects.filter(request=answer.json()["requestId"]).order_by("pk")
    for row, text in zip(rows, texts, strict=True):
        kept = unicodedata.normalize("NFC", normal(text))
        if row.recipient in found:
            _subject, sent = found[row.recipient]
            assert (row.state, sent in (normal(text), kept)) == (MessageState.SENT, True)
            assert parts_of(sent) <= 5
        else:
            assert (row.state, row.result_code) == (MessageState.FAILED, TOO_LONG)
            assert parts_of(kept) > 5
