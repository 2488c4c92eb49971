import io

import openpyxl
import pytest

from messaging.content.rendering import compile_template
from messaging.recipients.reader import check_file
from messaging.recipients.results import CheckJob, FileProblem
from messaging.recipients.template_file import template_csv, template_xlsx

KEYS = ["name", "주문", 'q"u,o']


def test_the_csv_opens_in_excel_as_korean():
    assert template_csv(KEYS) == '\ufeffrecipient_no,name,주문,"q""u,o"\r\n'.encode()


def test_every_column_of_the_workbook_is_text_and_the_header_is_exact():
    sheet = openpyxl.load_workbook(io.BytesIO(template_xlsx(KEYS))).active
    assert [cell.value for cell in sheet[1]] == ["recipient_no", *KEYS]
    assert [sheet.column_dimensions[letter].number_format for letter in "ABCD"] == ["@"] * 4
    assert sheet.max_row == 1
    assert sheet.freeze_panes == "A2"


@pytest.mark.parametrize("make", [template_csv, template_xlsx])
def test_the_template_as_it_is_has_no_data_and_filled_in_is_read(tmp_path, make):
    body = '##name## ##주문## ##q"u,o##'
    keys = compile_template("", body).keys
    path = tmp_path / "upload"
    job = CheckJob(
        path=str(path), staging_path=str(tmp_path / "s"), problems_path=str(tmp_path / "p"), body=body
    )
    path.write_bytes(make(keys))
    assert check_file(job) == FileProblem("no_data")
    if make is template_csv:
        path.write_bytes(make(keys) + b"01012345678,a,b,c\r\n")
    else:
        workbook = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
        workbook.active.append(["01012345678", "a", "b", "c"])
        workbook.save(path)
    assert check_file(job).sample[0].values == ["a", "b", "c"]
