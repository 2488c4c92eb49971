import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.content.length import byte_length
from messaging.content.rendering import ReservedKey, compile_template, near_misses, placeholders


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("##name##님 ##order##", ["name", "order"]),
        ("##b## ##a## ##b##", ["b", "a"]),
        ("##이름##", ["이름"]),
        ("###name###", ["name"]),
        ("##a##b##c##", ["a", "c"]),
        ("##open", []),
        ("####", []),
        ("## name ##", []),
        ("##a\nb##", []),
        ("##" + "k" * 50 + "##", ["k" * 50]),
        ("##" + "k" * 51 + "##", []),
        ("##=1+1##", []),  # would be a formula as a column
        ("##@x##", []),
    ],
)
def test_keys_in_order_of_first_use(text, keys):
    assert placeholders(text) == keys


def test_near_misses_are_named():
    assert near_misses("## name ##님 ##ok## ## name ##") == [" name "]
    assert near_misses("##a## ##b##") == []


def test_a_text_is_rendered_with_its_values():
    template = compile_template("##a## 안내", "##b##님, ##a##\r\n##b##")
    assert template.keys == ("a", "b")
    assert template.render(["X", "김"]) == ("X 안내", "김님, X\n김")


def test_one_key_and_no_key():
    assert compile_template("", "##a##").render(["x"]) == ("", "x")
    assert compile_template("s", "b").render([]) == ("s", "b")


def test_a_value_is_never_looked_into():
    assert compile_template("", "##a##-##b##").render(["##b##", "2"]) == ("", "##b##-2")


def test_percent_signs_and_braces_are_plain():
    assert compile_template("", "100% {0} ##a## %s").render(["%d{}"]) == ("", "100% {0} %d{} %s")


@pytest.mark.parametrize("key", ["recipient_no", "Recipient_No", "RECIPIENT_NO"])
def test_the_column_of_numbers_is_no_key(key):
    with pytest.raises(ReservedKey):
        compile_template("", f"##{key}##")


VALUES = st.lists(st.text(alphabet="가a뷁#\n ", max_size=8), min_size=2, max_size=2)


@given(st.lists(st.sampled_from(["##a##", "##b##", "가", "x", "##", "\r\n"]), max_size=12), VALUES)
def test_the_size_of_a_row_is_known_without_rendering_it(pieces, values):
    text = compile_template("", "".join(pieces))
    values = [*values, *values][: len(text.keys)]
    _, body = text.render(values)
    assert text.body.size([byte_length(value) for value in values]) == byte_length(body)
