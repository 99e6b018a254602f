"""The best number of candidates: at each sequence length, over all of them, and the peak."""

from __future__ import annotations

from itertools import groupby

from specprof.analysis.findings.evidence import (
    SUGGESTIVE_P,
    TOLERANCE,
    Points,
    Series,
    direction,
    floats,
    sign_test,
)
from specprof.analysis.findings.finding import Certainty, Finding, Numbers, weakest
from specprof.analysis.findings.words import counted, listed, with_bounds
from specprof.run.statistics import Estimate


def best_of_each(series: Series) -> list[Finding]:
    """The best K of each row, with the counts that cannot be told apart from it."""
    return [_best_of(series, row) for row in series.rows if row.size > 1]


def _best_of(series: Series, row: Points) -> Finding:
    best, value = row.candidates[row.best], row.value(row.best)
    rivals = [row.candidates[i] for i in row.rivals]
    text = f"Best K at batch {series.batch_size}, seq_len {row.seq_len}: "
    if best == 1:
        second = max(range(1, row.size), key=row.speedup.__getitem__)
        text += (
            f"1 candidate, no speculation; next is {row.candidates[second]} "
            f"with {with_bounds(row.value(second))}"
        )
    else:
        text += f"{counted(best, 'candidate')}, {with_bounds(value)}"
    if rivals:
        text += f"; {listed(rivals)} cannot be told apart"
    numbers: Numbers = {
        "candidates": float(best),
        "speedup": value.median,
        "speedup_low": value.low,
        "speedup_high": value.high,
        "not_told_apart": floats(rivals),
    }
    return Finding(
        "best-k",
        series.batch_size,
        row.seq_len,
        text,
        numbers,
        row.best_certainty,
        series.basis(),
    )


def best_by_length(series: Series) -> list[Finding]:
    """The best K of all rows in one sentence, where there are several rows."""
    rows = [row for row in series.rows if row.size > 1]
    if len(rows) < 2:
        return []
    best = [row.candidates[row.best] for row in rows]
    if len(set(best)) == 1:
        text, certainty, basis = _same_everywhere(series, rows)
    else:
        text, certainty, basis = _differs(series, rows)
    numbers: Numbers = {"seq_lens": floats([row.seq_len for row in rows]), "candidates": floats(best)}
    return [Finding("best-k-by-length", series.batch_size, None, text, numbers, certainty, basis)]


def _same_everywhere(series: Series, rows: list[Points]) -> tuple[str, Certainty, str]:
    best = rows[0].candidates[rows[0].best]
    verb = "is" if best == 1 else "are"
    text = f"{counted(best, 'candidate')} {verb} best at every sequence length (batch {series.batch_size})"
    unsure = [row for row in rows if row.rivals]
    if not unsure:
        return text, weakest(*(row.best_certainty for row in rows)), series.basis()
    rivals = sorted({row.candidates[i] for row in unsure for i in row.rivals})
    text += f"; at seq_len {listed([row.seq_len for row in unsure])} others cannot be told apart from it"
    # no single length may decide, but the best beats each rival at nearly every length
    p = max(_sign_over_rows(rows, best, rival) for rival in rivals)
    if p <= SUGGESTIVE_P:
        return text, "suggestive", f"{series.basis()}; over the lengths sign test p = {p:.2g}"
    return text, "within noise", series.basis()


def _sign_over_rows(rows: list[Points], best: int, rival: int) -> float:
    holding = [row for row in rows if rival in row.candidates]
    return sign_test(
        direction(row.compare(row.candidates.index(rival), row.candidates.index(best))) for row in holding
    )


def _differs(series: Series, rows: list[Points]) -> tuple[str, Certainty, str]:
    parts = []
    for best, group in groupby(rows, key=lambda row: row.candidates[row.best]):
        lengths = [row.seq_len for row in group]
        at = listed(lengths) if len(lengths) < 3 else f"{lengths[0]} to {lengths[-1]}"
        parts.append(f"{best} at seq_len {at}")
    text = f"The best K depends on the sequence length (batch {series.batch_size}): {listed(parts)}"
    among_best = [{row.candidates[i] for i in (row.best, *row.rivals)} for row in rows]
    everywhere = sorted(set.intersection(*among_best))
    if everywhere:
        text += f"; within {series.noise}, {listed(everywhere)} would do at all of them"
        return text, "within noise", series.basis()
    ranks = [row.certainty(row.best, i) for row in rows for i in range(row.size) if i != row.best]
    return text, weakest(*ranks), series.basis()


def peak(series: Series) -> list[Finding]:
    """The largest speedup of all, where it is, and what may be as high."""
    places = [(row, i) for row in series.rows for i in range(row.size) if row.candidates[i] > 1]
    if not places:
        return []
    top, at = max(places, key=lambda place: place[0].speedup[place[1]])
    value = top.value(at)
    if value.median <= 1:
        return []  # said by what does not pay
    rivals = [
        (row, i)
        for row, i in places
        if (row, i) != (top, at) and _as_high(top, at, row, i, value)
    ]  # fmt: skip
    where = f"{counted(top.candidates[at], 'candidate')} at seq_len {top.seq_len}"
    text = f"Peak at batch {series.batch_size}: {with_bounds(value)} with {where}"
    if rivals:
        others = [f"{row.candidates[i]} at seq_len {row.seq_len}" for row, i in rivals]
        text += f"; {listed(others, 3)} may be as high within {series.noise}"
    numbers: Numbers = {
        "speedup": value.median,
        "speedup_low": value.low,
        "speedup_high": value.high,
        "candidates": float(top.candidates[at]),
        "seq_len": float(top.seq_len),
        "as_high": float(len(rivals)),
    }
    certainty = "within noise" if rivals else top.certainty(0, at)
    return [Finding("peak", series.batch_size, top.seq_len, text, numbers, certainty, series.basis())]


def _as_high(top: Points, at: int, row: Points, i: int, value: Estimate) -> bool:
    """Within the peak's row the comparison is paired; with another row the intervals must be apart."""
    if row is top:
        return not row.told_apart(at, i)
    return row.value(i).high >= value.low - TOLERANCE
