"""What a longer prefix costs: the long-sequence penalty and the order of the curves.

Rows are measured one after the other and share no rounds, so they are compared by the worst case of
both intervals.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from specprof.analysis.findings.evidence import Points, Series, direction, side
from specprof.analysis.findings.finding import Certainty, Finding, Numbers, weakest
from specprof.analysis.findings.words import change, counted, listed, times
from specprof.run.statistics import Estimate, over


def long_sequence(series: Series) -> list[Finding]:
    """The best speedup at the longest sequence length against that at the shortest."""
    rows = [row for row in series.rows if row.size > 1]
    if len(rows) < 2:
        return []
    short, long = rows[0], rows[-1]
    if short.candidates[short.best] == long.candidates[long.best] == 1:
        return []  # 1.0 against 1.0: nothing pays at either
    ratio = over(long.value(long.best), short.value(short.best))
    where = f"from {times(short.speedup[short.best])} at seq_len {short.seq_len} "
    where += f"to {times(long.speedup[long.best])} at {long.seq_len}, {change(ratio)}"
    numbers: Numbers = {
        "seq_len_short": float(short.seq_len),
        "seq_len_long": float(long.seq_len),
        "ratio": ratio.median,
        "ratio_low": ratio.low,
        "ratio_high": ratio.high,
    }
    certainty: Certainty = weakest(short.certainty(0, short.best), long.certainty(0, long.best))
    if side(ratio) == 0 or certainty == "within noise":
        certainty = "within noise"
        text = f"No long-sequence penalty beyond {series.noise} at batch {series.batch_size}: "
        text += f"the best speedup goes {where}"
    elif side(ratio) < 0:
        text = f"Long-sequence penalty at batch {series.batch_size}: the best speedup falls {where}"
    else:
        text = f"Longer sequences gain at batch {series.batch_size}: the best speedup rises {where}"
    best = short.candidates[short.best]
    if best in long.candidates and best != long.candidates[long.best]:
        same = over(long.value(long.candidates.index(best)), short.value(short.best))
        text += f"; with {counted(best, 'candidate')} at both, {change(same)}"
        numbers = {**numbers, "same_k": float(best), "same_k_ratio": same.median}
    return [
        Finding(
            "long-sequence",
            series.batch_size,
            None,
            text,
            numbers,
            certainty,
            series.basis(unpaired=True),
        )
    ]


class Step(NamedTuple):
    """One candidate count at two neighbouring sequence lengths."""

    candidates: int
    seq_len: int
    longer: int
    ratio: Estimate
    certainty: Certainty

    @property
    def clear(self) -> bool:
        return side(self.ratio) != 0 and self.certainty != "within noise"

    def __str__(self) -> str:
        return f"{self.candidates} candidates from seq_len {self.seq_len} to {self.longer}"


def order(series: Series) -> list[Finding]:
    """Whether the speedup falls with the sequence length at every K beyond 1."""
    steps = _steps(series)
    if not steps:
        return []
    falls = [step for step in steps if direction(step.ratio) < 0]
    rises = [step for step in steps if direction(step.ratio) > 0]
    verb, exceptions = ("falls", rises) if len(falls) >= len(rises) else ("rises", falls)
    with_it = len(falls) if verb == "falls" else len(rises)
    clear = [step for step in steps if step.clear]
    contrary = [step for step in exceptions if step.clear]
    pairs = f"{with_it} of {len(steps)} neighbouring pairs"
    if with_it == len(steps):
        text = f"The speedup {verb} with sequence length at every candidate count (batch "
        text += f"{series.batch_size}, {pairs}); {_how_many(len(clear), len(steps))} clear of {series.noise}"
    elif not clear:
        text = (
            f"No clear order by sequence length at batch {series.batch_size}: of {len(steps)} neighbouring "
        )
        text += f"pairs {len(falls)} fall and {len(rises)} rise, all within {series.noise}"
    else:
        text = f"The speedup {verb} with sequence length in {pairs} at batch {series.batch_size}"
        if exceptions:
            text += f"; not so: {listed(exceptions, 3)}"
            text += f" ({_how_many(len(contrary), len(exceptions))} clear of {series.noise})"
        if with_it + len(exceptions) < len(steps):
            text += f"; {len(steps) - with_it - len(exceptions)} do not change"
    certainty: Certainty = "within noise"
    if len(clear) == len(steps) or contrary:
        certainty = weakest(*(step.certainty for step in clear))
    elif with_it == len(steps) and clear:
        certainty = "suggestive"
    numbers: Numbers = {
        "pairs": float(len(steps)),
        "falling": float(len(falls)),
        "rising": float(len(rises)),
        "clear": float(len(clear)),
    }
    return [
        Finding(
            "order", series.batch_size, None, text, numbers, certainty, series.basis(unpaired=True)
        )
    ]  # fmt: skip


def _steps(series: Series) -> list[Step]:
    counts = sorted({count for row in series.rows for count in row.candidates if count > 1})
    found = []
    for count in counts:
        holding = [row for row in series.rows if count in row.candidates]
        found += [_step(count, a, b) for a, b in pairwise(holding)]
    return found


def _step(count: int, short: Points, long: Points) -> Step:
    i, j = short.candidates.index(count), long.candidates.index(count)
    sure = weakest(short.certainty(0, i), long.certainty(0, j))
    return Step(count, short.seq_len, long.seq_len, over(long.value(j), short.value(i)), sure)


def _how_many(part: int, whole: int) -> str:
    return "all" if part == whole else "none" if part == 0 else str(part)
