"""Where speculation does not pay: a speedup below 1."""

from __future__ import annotations

from specprof.analysis.findings.evidence import Points, Series, direction, floats, side
from specprof.analysis.findings.finding import Certainty, Finding, Numbers, weakest
from specprof.analysis.findings.words import bounds, counted, listed, spread_times, times, with_bounds


def does_not_pay(series: Series) -> list[Finding]:
    """Rows where no K beyond 1 is faster than one candidate: the best K is 1 there.

    That the speedup falls from K = 1 to the next count is this finding and never a cliff.
    """
    rows = [row for row in series.rows if losing(row)]
    if not rows:
        return []
    beyond = [(row, i) for row in rows for i in _beyond_one(row)]
    values = [row.speedup[i] for row, i in beyond]
    level = sorted({row.candidates[i] for row, i in beyond if not _clear(row, i)})
    everywhere = len(rows) == len([row for row in series.rows if _beyond_one(row)])
    at = f"seq_len {listed([row.seq_len for row in rows])}"
    if everywhere and len(rows) > 1:
        at = "any sequence length"
    text = f"Speculation does not pay at batch {series.batch_size}, {at}: best K is 1 there"
    others = counted(len({row.candidates[i] for row, i in beyond}), "other count")
    text += f", the {others} reach{'es' if len(values) == 1 else ''} only {spread_times(values)}"
    if level:
        text += f"; within {series.noise}, {listed(level)} could break even"
    numbers: Numbers = {
        "seq_lens": floats([row.seq_len for row in rows]),
        "speedup_least": min(values),
        "speedup_most": max(values),
        "could_break_even": floats(level),
    }
    certainty: Certainty = "within noise"
    if not level:
        certainty = weakest(*(row.certainty(0, i) for row, i in beyond))
    return [
        Finding(
            "does-not-pay",
            series.batch_size,
            rows[0].seq_len if len(rows) == 1 else None,
            text,
            numbers,
            certainty,
            series.basis(),
        )
    ]


def below_one(series: Series) -> list[Finding]:
    """Counts below 1.0 in rows where other counts do pay: one finding per row and certainty."""
    return [
        finding
        for row in series.rows
        if not losing(row)
        for clear in (True, False)
        for finding in _below_one(series, row, clear)
    ]


def _below_one(series: Series, row: Points, clear: bool) -> list[Finding]:
    below = [i for i in _beyond_one(row) if direction(row.value(i)) < 0 and _clear(row, i) == clear]
    if not below:
        return []
    lowest = min(below, key=row.speedup.__getitem__)
    value = row.value(lowest)
    counts = [row.candidates[i] for i in below]
    text = f"Below 1.0 at batch {series.batch_size}, seq_len {row.seq_len} with "
    if len(below) == 1:
        text += f"{counted(counts[0], 'candidate')}: {with_bounds(value)}"
    else:
        text += f"{listed(counts)} candidates: down to {times(value.median)} "
        text += f"{bounds(value.low, value.high)} at {row.candidates[lowest]}"
    if not clear:
        text += f", within {series.noise}"
    numbers: Numbers = {
        "candidates": floats(counts),
        "speedup": [row.speedup[i] for i in below],
        "speedup_low": [row.value(i).low for i in below],
        "speedup_high": [row.value(i).high for i in below],
    }
    certainty = weakest(*(row.certainty(0, i) for i in below)) if clear else "within noise"
    return [
        Finding(
            "below-one",
            series.batch_size,
            row.seq_len,
            text,
            numbers,
            certainty,
            series.basis(),
        )
    ]


def losing(row: Points) -> bool:
    """Whether no count beyond 1 has a speedup above 1."""
    beyond = _beyond_one(row)
    return bool(beyond) and all(direction(row.value(i)) <= 0 for i in beyond)


def _beyond_one(row: Points) -> list[int]:
    return [i for i, count in enumerate(row.candidates) if count > 1]


def _clear(row: Points, i: int) -> bool:
    """Whether the point's interval lies below 1, with rounds enough to have an interval."""
    return side(row.value(i)) < 0 and row.certainty(0, i) != "within noise"
