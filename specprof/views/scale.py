"""From values to rows and columns of a plot: nice ticks that fall on whole rows, and where points go.

Positions are in character cells, whole numbers at a cell's centre; rows count upwards from the bottom.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_ROWS_PER_TICK = range(2, 13)


@dataclass(frozen=True)
class Scale:
    """The vertical axis: `low` lies at the centre of the bottom row, each row is `per_row` more."""

    low: float
    per_row: float
    rows: int
    step: float
    anchor: float

    def row(self, value: float) -> float:
        """Rows above the bottom one, fractions included."""
        return (value - self.low) / self.per_row

    @property
    def high(self) -> float:
        """The value at the centre of the top row."""
        return self.low + self.per_row * (self.rows - 1)

    @property
    def ticks(self) -> list[tuple[int, str]]:
        """Row and label of each tick, upwards. Their rows are whole and evenly spaced."""
        apart = round(self.step / self.per_row)
        anchor_row = round(self.row(self.anchor))
        decimals = max(1, -math.floor(math.log10(self.step) + 1e-9))
        return [
            (row, f"{self.anchor + (row - anchor_row) // apart * self.step:.{decimals}f}")
            for row in range(anchor_row % apart, self.rows, apart)
        ]


def _nice_steps(span: float) -> Iterator[float]:
    """1, 2 and 5 times powers of ten, from far below `span` to above it."""
    first = math.floor(math.log10(span)) - 3
    for exponent in range(first, first + 6):
        for digit in (1, 2, 5):
            yield digit * 10.0**exponent


def vertical_scale(low: float, high: float, rows: int, anchor: float = 1.0) -> Scale:
    """The axis that shows `low` … `high` and `anchor` in `rows` rows, one row or more on
    either side of the anchor.

    The anchor is a tick, at the centre of a row: the line that everything is judged against, and the
    points on it, stand exactly there. Among the axes with a nice step and a whole number of rows to each,
    the one is taken that uses the rows best at about one tick to three rows, nine
    at most.
    """
    if rows < 6:
        raise ValueError("an axis needs at least 6 rows")
    low, high = min(low, anchor), max(high, anchor)
    span = max(high - low, 0.02 * max(abs(anchor), 1e-6))
    wanted = min(max(rows / 2.6, 4.0), 9.0)
    best: tuple[float, Scale] | None = None
    for step in _nice_steps(span):
        for apart in _ROWS_PER_TICK:
            per_row = step / apart
            below = max(1, math.ceil((anchor - low) / per_row - 1e-9))
            above = max(1, math.ceil((high - anchor) / per_row - 1e-9))
            used = below + above + 1
            if used > rows:
                continue
            ticks = used / apart
            cost = 1.5 * (rows - used) / rows + abs(math.log(ticks / wanted))
            if ticks < 2 or not math.isclose(anchor / step, round(anchor / step), abs_tol=1e-9):
                cost += 10
            if best is None or cost < best[0]:
                best = cost, Scale(anchor - below * per_row, per_row, rows, step, anchor)
    assert best is not None  # the largest step always fits
    return best[1]


def columns(counts: Sequence[int], width: int, left: int, right: int) -> dict[int, int]:
    """The column of each candidate count, to scale, with `left` and `right` columns kept free."""
    first, last = min(counts), max(counts)
    room = max(1, width - 1 - left - right)
    if last == first:
        return {first: left + room // 2}
    return {k: left + math.floor(0.5 + (k - first) / (last - first) * room) for k in counts}


def shown_labels(centres: Sequence[int], labels: Sequence[str], width: int) -> list[int]:
    """Which labels, centred at ascending columns, stand clear of each other; the first and last always.

    The one before the last gives way to it, as each gives way to the one before it.
    """
    if not labels:
        return []

    def reach(index: int) -> tuple[int, int]:
        size = len(labels[index])
        start = min(max(0, centres[index] - size // 2), width - size)
        return start, start + size

    kept = [0]
    last = len(labels) - 1
    for index in range(1, last):
        start, end = reach(index)
        if start > reach(kept[-1])[1] and end < reach(last)[0]:
            kept.append(index)
    if last and reach(last)[0] > reach(kept[-1])[1]:
        kept.append(last)
    return kept
