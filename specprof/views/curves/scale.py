"""From values to rows and columns of a plot: nice ticks that fall on whole rows, and where points go.

Positions are in character cells, whole numbers at a cell's centre; rows count upwards from the bottom.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

MIN_ROWS = 6
_ROWS_PER_TICK = range(2, 13)
_WITHIN_A_CELL = 0.4
"""How far beyond a row's centre a value still is drawn in that row."""
_LEAST_HIGH = 1.2
"""Noise around 1.0 is not blown up to fill the plot."""
_LEAST_SPAN = 0.1
"""Nor is other noise: an axis shows at least so much of its highest value."""
_LEAST_STEP = 1e-6
_LONG = 1e9
"""Ticks closer than the one, or higher than the other, are written with an exponent."""


REFERENCE = 1.0
"""The speedup of one candidate: the line that everything is judged against."""


class VerticalAxis(Protocol):
    """Where values stand, in rows above the bottom one."""

    @property
    def rows(self) -> int: ...

    def row(self, value: float) -> float:
        """Rows above the bottom one, fractions included."""

    @property
    def ticks(self) -> list[tuple[int, str]]:
        """Row and label of each tick, upwards."""


@dataclass(frozen=True)
class Scale:
    """A vertical axis: `low` lies at the centre of the bottom row, each row is `per_row` more.

    Ticks lie at `origin` and every `step` from there, which is a whole number of rows.
    """

    low: float
    per_row: float
    rows: int
    step: float
    origin: float
    least_decimals: int = 1

    def row(self, value: float) -> float:
        """Rows above the bottom one, fractions included."""
        return (value - self.low) / self.per_row

    @property
    def reference_row(self) -> int:
        """The row of the line at 1.0."""
        return nearest_row(self, REFERENCE)

    @property
    def ticks(self) -> list[tuple[int, str]]:
        """Row and label of each tick, upwards."""
        apart = round(self.step / self.per_row)
        first = round(self.row(self.origin))
        values = [
            (row, self.origin + (row - first) // apart * self.step)
            for row in range(first % apart, self.rows, apart)
        ]
        if self.step < _LEAST_STEP or values[-1][1] >= _LONG:
            return [(row, f"{value:.3e}") for row, value in values]
        decimals = next(
            n
            for n in range(self.least_decimals, 15)
            if math.isclose(self.step * 10**n, round(self.step * 10**n))
        )
        return [(row, f"{value:.{decimals}f}") for row, value in values]


@dataclass(frozen=True)
class LogScale:
    """A logarithmic vertical axis: the bottom row is at 10^`low`, each row is `per_row` decades more."""

    low: float
    per_row: float
    rows: int

    def row(self, value: float) -> float:
        """Rows above the bottom one, fractions included; a value of 0 lies far below."""
        return (math.log10(value) - self.low) / self.per_row if value > 0 else -1e9

    @property
    def ticks(self) -> list[tuple[int, str]]:
        """1, 2 and 5 times powers of ten, as many as stand clear of each other; the powers first."""
        high = self.low + self.per_row * (self.rows - 1)
        powers = range(math.floor(self.low), math.ceil(high) + 1)
        found: dict[int, str] = {}
        for digit in (1, 5, 2):
            for power in powers:
                # by its logarithm: the power itself may be beyond what a float holds
                row = math.floor((math.log10(digit) + power - self.low) / self.per_row + 0.5)
                if 0 <= row < self.rows and all(abs(row - other) > 1 for other in found):
                    found[row] = _power_label(digit, power)
        return sorted(found.items())


def _power_label(digit: int, power: int) -> str:
    """`digit` · 10^`power`, written out as long as that is short."""
    if -6 <= power <= 6:
        return f"{digit * 10.0**power:.{max(0, -power)}f}"
    return f"{digit}e{power:+03d}"


LOG_FROM = 20.0
"""Where the greatest value is so many times the least, the axis is logarithmic."""


def nearest_row(scale: VerticalAxis, value: float) -> int:
    """The row that a value is drawn in."""
    return math.floor(scale.row(value) + 0.5)


def free_scale(low: float, high: float, rows: int) -> VerticalAxis:
    """The axis that shows `low` … `high` > 0 where no value is to be judged against.

    Raises ValueError for fewer than 6 rows.
    """
    _check_rows(rows)
    if high / low > LOG_FROM:
        bottom, top = math.log10(low), math.log10(high)
        # both ends stand inside their cells, clear of where one row ends and the next begins
        per_row = (top - bottom) / (rows - 1 - 2 * _WITHIN_A_CELL)
        return LogScale(bottom - _WITHIN_A_CELL * per_row, per_row, rows)
    if high - low < _LEAST_SPAN * high:
        middle, half = (low + high) / 2, _LEAST_SPAN / 2 * high
        low, high = middle - half, middle + half
    best: tuple[float, Scale] | None = None
    for step, price in _nice_steps(high - low):
        for apart in _ROWS_PER_TICK:
            per_row = step / apart
            lowest = math.floor(low / per_row + _WITHIN_A_CELL)
            used = math.ceil(high / per_row - _WITHIN_A_CELL) - lowest + 1
            first = -lowest % apart  # the row of the first tick
            if used > rows or first + apart >= rows:  # a single tick tells no distance
                continue
            ticks = used / apart
            cost = price + 3 * (rows - used) / rows + abs(math.log(max(ticks, 0.5) / _wanted_ticks(rows)))
            if best is None or cost < best[0]:
                origin = math.ceil(lowest / apart) * step
                best = cost, Scale(lowest * per_row, per_row, rows, step, origin, least_decimals=0)
    assert best is not None  # the largest step always fits
    return best[1]


def _wanted_ticks(rows: int) -> float:
    """About one to three rows, nine at most."""
    return min(max(rows / 2.6, 4.0), 9.0)


def _check_rows(rows: int) -> None:
    if rows < MIN_ROWS:
        raise ValueError(f"an axis needs at least {MIN_ROWS} rows")


def _nice_steps(span: float) -> Iterator[tuple[float, float]]:
    """1, 2, 2.5 and 5 times powers of ten, from far below `span` to above it, each with what it costs."""
    first = math.floor(math.log10(span)) - 3
    for exponent in range(first, first + 6):
        for digit, cost in ((1, 0.0), (2, 0.0), (2.5, 0.15), (5, 0.0)):
            yield digit * 10.0**exponent, cost


def vertical_scale(low: float, high: float, rows: int) -> Scale:
    """The axis that shows `low` … `high` and 1.0 in `rows` rows, with a row to spare around 1.0.

    Among the axes with a nice step and a whole number of rows to each, the one is taken that uses the
    rows best at about one tick to three rows, nine at most. 1.0 is a tick at the centre of a row, so that
    its line and the points on it stand exactly there; where steps are larger than 1, the ticks start at 0.
    Raises ValueError for fewer than 6 rows.
    """
    _check_rows(rows)
    low, high = min(low, REFERENCE), max(high, _LEAST_HIGH)
    span = high - low
    wanted = _wanted_ticks(rows)
    best: tuple[float, Scale] | None = None
    for step, price in _nice_steps(span):
        divides = math.isclose(REFERENCE / step, round(REFERENCE / step), abs_tol=1e-9)
        origin = REFERENCE if divides and step <= REFERENCE else 0.0
        for apart in _ROWS_PER_TICK:
            per_row = step / apart
            below = max(1 if origin else 0, math.ceil((origin - low) / per_row - _WITHIN_A_CELL))
            above = max(1, math.ceil((high - origin) / per_row - _WITHIN_A_CELL))
            used = below + above + 1
            if used > rows:
                continue
            cost = price + 3 * (rows - used) / rows + abs(math.log(used / apart / wanted))
            if best is None or cost < best[0]:
                best = cost, Scale(origin - below * per_row, per_row, rows, step, origin)
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
    """Which labels, centred at ascending columns, stand clear of each other, by index.

    Every n-th, for the smallest n that gives them room; where that leaves out much because they crowd in
    one place, each that has room beside the one before it.
    """

    def clear(left: int, right: int) -> bool:
        return _reach(centres, labels, left, width)[1] < _reach(centres, labels, right, width)[0]

    everywhere: list[int] = []
    for index in range(len(labels)):
        if not everywhere or clear(everywhere[-1], index):
            everywhere.append(index)
    for stride in range(1, len(labels) + 1):
        kept = list(range(0, len(labels), stride))
        if all(clear(*pair) for pair in pairwise(kept)):
            return kept if 3 * len(kept) >= 2 * len(everywhere) else everywhere
    return everywhere


def _reach(centres: Sequence[int], labels: Sequence[str], index: int, width: int) -> tuple[int, int]:
    """First column of a label, and the one after its last."""
    size = len(labels[index])
    first = min(max(0, centres[index] - size // 2), width - size)
    return first, first + size
