"""Every row is tested, and the table in docs/ is that of these rows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .rows import ROWS, rows_of

HERE = Path(__file__).resolve().parent
TABLE = HERE.parents[1] / "docs" / "faults.md"


def by_row() -> dict[int, list[str]]:
    found: dict[int, list[str]] = {row: [] for row in ROWS}
    for path in HERE.glob("test_*.py"):
        for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE):
            for row in rows_of(name):
                found[row].append(name)
    return found


@pytest.mark.parametrize("row", ROWS)
def test_every_row_has_a_test_named_after_it(row: int):
    assert by_row()[row]


def test_a_name_gives_its_rows():
    assert rows_of("test_row_09_a_full_disk") == (9,)
    assert rows_of("test_rows_42_43_nothing_is_obeyed") == (42, 43)
    assert rows_of("test_rows_49_to_51_what_no_plan_can_hold") == (49, 50, 51)
    assert rows_of("test_a_row_09_in_the_middle") == ()


def test_the_table_in_docs_is_that_of_these_rows_and_none_has_failed():
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    rows = {int(line.split("|")[1]): line for line in lines if re.match(r"\| \d", line)}
    assert rows.keys() == ROWS.keys()
    assert [line for line in rows.values() if "failed" in line.split("|")[-2] or "not run" in line] == []
    for row, (fault, expected) in ROWS.items():
        assert fault.replace("|", "\\|") in rows[row]
        assert expected in rows[row]
