"""How long the check of a recipient file takes, and how much memory, beside the bare readers.

The check is the whole of it: the child process with its start, every rule for every row, both files written.
Memory is the largest that any child so far has needed, so the smaller files are checked first.
"""

import csv
import random
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import python_calamine as calamine
import xlsxwriter

from messaging.recipients.reader import check_file
from messaging.recipients.results import CheckJob, CheckResult
from tests.benchmarks.table import Row, against, at_most

HEADER = ["recipient_no", "name", "order", "amount"]
BODY = "##name##님, 주문 ##order## ##amount## 결제되었습니다"
SYLLABLES = "김이박최정강조윤장임민준서연도지우하은"
CSV_GOAL, MEMORY_GOAL, XLSX_MB_GOAL, ANY_MB_GOAL = 15.0, 1.2, 700.0, 300.0


def run(rows: int, folder: Path) -> list[Row]:
    """Measure with files of `rows` rows made in `folder`; entries as the table of benchmarks keeps them."""
    tenth, whole, workbook = folder / "tenth.csv", folder / "whole.csv", folder / "whole.xlsx"
    write_csv(tenth, max(rows // 10, 1))
    write_csv(whole, rows)
    write_xlsx(workbook, rows)
    check(tenth)
    small_mb = children_mb()
    floor = timed(lambda: read_csv(whole))
    seconds = timed(lambda: check(whole))
    large_mb = children_mb()
    xlsx_floor = timed(lambda: read_xlsx(workbook))
    xlsx_seconds = timed(lambda: check(workbook))
    return [
        against("check every row of a CSV", seconds, "s", floor=floor, goal=CSV_GOAL),
        against("check every row of an XLSX", xlsx_seconds, "s", floor=xlsx_floor, goal=None),
        against(
            "memory of the CSV check, against a tenth of the rows",
            large_mb,
            "MB",
            floor=small_mb,
            goal=MEMORY_GOAL,
        ),
        at_most("memory of the CSV check", large_mb, "MB", ANY_MB_GOAL),
        at_most("memory of the XLSX check", children_mb(), "MB", XLSX_MB_GOAL),
    ]


def made_rows(rows: int) -> Iterator[list[str]]:
    """Rows as companies have them: a mobile number, a name, an order, an amount."""
    chosen = random.Random(1)
    for number in range(rows):
        name = "".join(chosen.choices(SYLLABLES, k=3))
        amount = f"{chosen.randrange(1, 999)},000원"
        # 999 in its place would be one of the simulator's own numbers, some of which report a minute late.
        phone = f"010{chosen.randrange(10**8):08}"
        yield [phone.replace("999", "998"), name, f"ORD-{number:07}", amount]


def write_csv(path: Path, rows: int) -> None:
    with open(path, "w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(made_rows(rows))


def write_xlsx(path: Path, rows: int) -> None:
    workbook = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = workbook.add_worksheet()
    sheet.write_row(0, 0, HEADER)
    for at, row in enumerate(made_rows(rows), 1):
        for column, text in enumerate(row):
            sheet.write_string(at, column, text)
    workbook.close()


def read_csv(path: Path) -> None:
    with open(path, newline="", encoding="utf-8-sig") as file:
        for _ in csv.reader(file):
            pass


def read_xlsx(path: Path) -> None:
    for _ in calamine.load_workbook(str(path)).get_sheet_by_index(0).iter_rows():
        pass


def check(path: Path) -> None:
    """Check a file as a worker does. Raises RuntimeError where it was refused: nothing was measured then."""
    job = CheckJob(
        path=str(path), staging_path=f"{path}.staging", problems_path=f"{path}.problems", body=BODY
    )
    outcome = check_file(job)
    if not isinstance(outcome, CheckResult):
        raise RuntimeError(outcome)


def timed(work: Callable[[], None]) -> float:
    """Seconds that a piece of work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def children_mb() -> float:
    """The largest resident memory of any child so far, in MB."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
