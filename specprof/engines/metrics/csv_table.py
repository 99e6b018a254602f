"""Acceptance as a CSV file with a header: comma-separated, lines that begin with # passed over.

- `position,accepted,drafts`: accepted tokens at each draft position, of the same drafts in every row;
- `position,rate`: unconditional rates;
- `candidates,expected_tokens`: a table; candidates K count the root.
Positions count from 0, rows may stand in any order, further columns are ignored.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Mapping

from specprof.engines.metrics.measured import (
    MAX_COUNT,
    MeasuredAcceptance,
    bad_data,
    from_counts,
    from_rates,
    from_table,
)
from specprof.errors import RunFileProblem

_HEADERS = (("position", "accepted", "drafts"), ("position", "rate"), ("candidates", "expected_tokens"))
_MAX_ROWS = 10_000
_NUMBER = re.compile(r"[+-]?(?:\d{1,20}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,3})?", re.ASCII)

Row = tuple[str, Mapping[str, float]]
"""Where it stands, and its numbers by column."""


def is_csv(text: str) -> bool:
    """Whether the first line that is no comment holds one of the headers."""
    return _header(_titles(next(_lines(text), (0, ""))[1])) is not None


def read_csv(text: str, where: str) -> MeasuredAcceptance:
    """Raises RunFileProblem."""
    lines = _lines(text)
    titles = _titles(next(lines, (0, ""))[1])
    header = _header(titles)
    if header is None:
        listed = " or ".join(",".join(columns) for columns in _HEADERS)
        raise bad_data(where, "a CSV file without a header that is known", f"its first line is {listed}")
    rows = list(_rows(lines, titles, header, where))
    if not rows:
        raise bad_data(where, "the file has a header and no rows")
    if header[0] == "candidates":
        return from_table(
            where,
            "CSV table",
            [(_whole(row["candidates"], "candidates", at), row["expected_tokens"]) for at, row in rows],
        )
    by_position: dict[int, Row] = {}
    for at, row in rows:
        position = _whole(row["position"], "position", at)
        if by_position.setdefault(position, (at, row))[0] != at:
            raise bad_data(at, f"position {position} is given twice")
    ordered = [by_position[position] for position in sorted(by_position)]
    for expected, position in enumerate(sorted(by_position)):
        if position != expected:
            raise bad_data(where, f"position {expected} is missing", "positions count from 0 without gaps")
    if "rate" in header:
        return from_rates(where, "CSV file", [row["rate"] for _, row in ordered])
    counts = [
        (_whole(row["accepted"], "accepted", at), _whole(row["drafts"], "drafts", at)) for at, row in ordered
    ]
    drafts = {count for _, count in counts}
    if len(drafts) > 1:
        raise bad_data(
            where,
            "drafts differ between positions",
            "rates must be unconditional: write the number of all drafts in every row",
        )
    total = drafts.pop()
    return from_counts(where, f"CSV file, {total:,} drafts", [accepted for accepted, _ in counts], total)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and not line.startswith("#"):
            yield number, line.rstrip("\r")


def _header(titles: list[str]) -> tuple[str, ...] | None:
    return next((columns for columns in _HEADERS if set(columns).issubset(titles)), None)


def _titles(line: str) -> list[str]:
    """The cells of a header; none where it is no line of a CSV file."""
    try:
        return [cell.lower() for cell in _cells(line, "")]
    except RunFileProblem:
        return []


def _cells(line: str, where: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], strict=True), [])]
    except csv.Error as error:
        raise bad_data(where, f"not a line of a CSV file: {error}") from None


def _rows(
    lines: Iterator[tuple[int, str]], titles: list[str], header: tuple[str, ...], where: str
) -> Iterator[Row]:
    for column in header:
        if titles.count(column) > 1:
            raise bad_data(where, f"the column {column} is given twice")
    places = {column: titles.index(column) for column in header}
    for count, (number, line) in enumerate(lines):
        at = f"{where}, line {number}"
        if count >= _MAX_ROWS:
            raise bad_data(at, f"more than {_MAX_ROWS:,} rows")
        cells = _cells(line, at)
        if len(cells) != len(titles):
            raise bad_data(at, f"{len(cells)} cells under a header of {len(titles)}")
        yield at, {column: _number(cells[place], column, at) for column, place in places.items()}


def _number(word: str, column: str, at: str) -> float:
    value = float(word) if _NUMBER.fullmatch(word) else math.nan
    if not math.isfinite(value):
        raise bad_data(at, f"{column} is '{word[:24]}', not a finite number")
    return value


def _whole(value: float, column: str, at: str) -> int:
    if not 0 <= value <= MAX_COUNT or not value.is_integer():
        raise bad_data(at, f"{column} is {value:g}, not a count")
    return int(value)
