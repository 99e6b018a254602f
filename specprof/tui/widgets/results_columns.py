"""The columns of the results table: what each shows, how wide it is, and which go where it is tight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from specprof.run.statistics import Estimate
from specprof.tui.state.cell_facts import verdict_role
from specprof.tui.state.result_rows import ResultRow, Sort, Standings
from specprof.views.floor import FLOOR
from specprof.views.glyphs import Glyphs
from specprof.views.palette import Role
from specprof.views.quantities import decimals_for, number, plus_minus

GAP = 2
SIGN = 2
"""Columns kept in a header for the sign of the sort."""

_DISPENSABLE: tuple[Sort, ...] = ("floor", "tokens", "samples", "ratio", "latency", "beside")
"""What a narrow table does without, in this order."""

Shown = tuple[str, str, Role]
"""Value, its ±, and the role of the value."""


@dataclass(frozen=True)
class Column:
    sort: Sort
    header: str
    shown: Callable[[ResultRow], Shown]
    value_width: int = 0
    error_width: int = 0
    left: bool = False

    @property
    def width(self) -> int:
        error = self.error_width + (self.error_width > 0)
        return max(cell_len(self.header) + SIGN, self.value_width + error)


def columns_of(
    rows: Sequence[ResultRow],
    sorts: Sequence[Sort],
    standings: Standings,
    batch_size: int,
    glyphs: Glyphs,
    beside: str = "",
) -> list[Column]:
    """One column for each of `sorts`, as wide as its rows need. `beside` heads that of a second attention."""
    decimals = decimals_for(row.latency_ms.median for row in rows if row.latency_ms)

    def estimate(of: Estimate | None, digits: int, sign: str = "") -> Shown:
        if of is None:
            return glyphs.fit("-"), "", "muted"
        return sign + glyphs.fit(number(of.median, digits)), glyphs.fit(plus_minus(*of)), "text"

    def floor(row: ResultRow) -> Shown:
        value, _, role = estimate(row.above_floor, 2)
        return value, "", role

    def speedup(row: ResultRow) -> Shown:
        standing = standings.get((batch_size, row.seq_len, row.candidates))
        sign = {"best": glyphs.star, "near": glyphs.near_best, None: " "}[standing]
        value, error, role = estimate(row.speedup, 2, f"{sign} ")
        if row.speedup is not None and not row.trusted:
            role = "bad"
        elif standing == "best":
            role = "good"
        return value, error, role

    found = {
        "seq_len": Column("seq_len", "seq_len", lambda row: (f"{row.seq_len}", "", "text")),
        "candidates": Column("candidates", "K", lambda row: (f"{row.candidates}", "", "text")),
        "latency": Column("latency", "latency ms", lambda row: estimate(row.latency_ms, decimals)),
        "floor": Column("floor", FLOOR, floor),
        "beside": Column("beside", beside, lambda row: estimate(row.beside_over, 3)),
        "ratio": Column("ratio", "T(K)/T(1)", lambda row: estimate(row.ratio, 3)),
        "tokens": Column("tokens", "E(K)", lambda row: (number(row.tokens, 2), "", "text")),
        "speedup": Column("speedup", "speedup", speedup),
        "samples": Column(
            "samples", "n", lambda row: (f"{row.samples}", "", "text") if row.samples else ("-", "", "muted")
        ),
        "verdict": Column("verdict", "verdict", _verdict, left=True),
    }
    return [_measured(found[sort], rows) for sort in sorts]


def _verdict(row: ResultRow) -> Shown:
    return row.verdict.replace("_", " "), "", verdict_role(row.verdict)


def _measured(column: Column, rows: Sequence[ResultRow]) -> Column:
    """The column as wide as the widest of its rows."""
    value = error = 0
    for row in rows:
        shown = column.shown(row)
        value, error = max(value, cell_len(shown[0])), max(error, cell_len(shown[1]))
    return Column(column.sort, column.header, column.shown, value, error, column.left)


def fitting(columns: Sequence[Column], width: int) -> tuple[list[Column], int]:
    """The columns that fit in `width`, and the gap between them."""
    kept, gap = list(columns), GAP
    dispensable = [sort for sort in _DISPENSABLE if any(column.sort == sort for column in columns)]
    for sort in dispensable:
        if table_width(kept, gap) <= width:
            break
        if sort == dispensable[-1] and table_width(kept, 1) <= width:
            gap = 1
            break
        kept = [column for column in kept if column.sort != sort]
    if table_width(kept, gap) > width:
        gap = 1
    return kept, gap


def table_width(columns: Sequence[Column], gap: int) -> int:
    return sum(column.width + gap for column in columns) - gap
