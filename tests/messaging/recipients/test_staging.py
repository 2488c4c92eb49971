from hypothesis import given
from hypothesis import strategies as st

from messaging.recipients.staging import array_literal, parse_line, read_staging, staging_line

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")) | st.sampled_from(
    [
        "NULL",
        "null",
        "",
        "{}",
        "{",
        '"',
        "\\",
        '\\"',
        "\\N",
        "\\.",
        "\t",
        "\n",
        "\r\n",
        ",",
        "a,b",
        '","',
        "\u2028\x85",
    ]
)


@given(st.integers(1, 10**7), st.lists(TEXT, max_size=5), st.booleans())
def test_a_line_reads_back_as_it_was_written(row, values, duplicate):
    line = staging_line(row, 82, "01012345678", values, duplicate=duplicate)
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert line.count("\t") == 4
    assert parse_line(line.encode()) == (row, 82, "01012345678", values, duplicate)


def test_the_exact_form_of_a_line():
    line = staging_line(7, 82, "01012345678", ["김", 'a"b', "c\\d", "e\tf\ng"])
    assert line == '\t7\t82\t01012345678\t{"김","a\\\\"b","c\\\\\\\\d","e\\tf\\ng"}\n'
    assert array_literal([]) == "{}"
    assert array_literal(["NULL", ""]) == '{"NULL",""}'


def test_pages_of_lines_with_and_without_duplicates(tmp_path):
    path = tmp_path / "staging"
    rows = [(n, n % 3 == 0) for n in range(1, 10)]
    path.write_text(
        "".join(staging_line(n, 82, f"0101234567{n}", ["v"], duplicate=d) for n, d in rows), encoding="utf-8"
    )

    def numbers(*args, **kwargs):
        return [parse_line(line).row_number for line in read_staging(path, *args, **kwargs)]

    assert numbers() == [1, 2, 4, 5, 7, 8]
    assert numbers(2, 3) == [4, 5, 7]
    assert numbers(5, 3) == [8]
    assert numbers(6, 3) == []
    assert numbers(include_duplicates=True) == list(range(1, 10))
    assert numbers(1, 3, include_duplicates=True) == [2, 3, 4]
    assert all(line.startswith(b"\t") for line in read_staging(path, include_duplicates=True))
