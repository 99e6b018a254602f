"""The shape beyond K = 1: plateau, cliff, and what follows it.

A cliff is a drop of at least 10 % from one candidate count to the next, beyond K = 1, whose interval
lies below no change, and which is at least twice as steep as the steps next to it (on the logarithm):
latency that grows evenly with the candidates makes a slope. It may lie before the peak or after it. The
step from K = 1 is no cliff: where it goes down, speculation does not pay. Over several curves the cliff
is the step with the most drop in all; further steps are cliffs too where most curves drop there.

A plateau is an unbroken range of at least three counts around the best one, all within 10 % of it, in
every curve. The sizes are ours: no publication defines either word.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import NamedTuple

from specprof.analysis.findings.cause import cause_of_cliff
from specprof.analysis.findings.evidence import (
    SUGGESTIVE_P,
    Points,
    Series,
    direction,
    floats,
    side,
    sign_test,
)
from specprof.analysis.findings.finding import Certainty, Finding, Numbers, weakest
from specprof.analysis.findings.words import change, counted, percent, spread, spread_times, times
from specprof.run.statistics import Estimate

CLIFF_DROP = 0.10
CLIFF_STEEPNESS = 2.0
PLATEAU_LOSS = 0.10
PLATEAU_POINTS = 3
MOST_CLIFFS = 3


class Step(NamedTuple):
    """Two neighbouring counts of one row: points i and i + 1."""

    row: Points
    i: int
    ratio: Estimate

    @property
    def counts(self) -> tuple[int, int]:
        return self.row.candidates[self.i], self.row.candidates[self.i + 1]

    @property
    def certainty(self) -> Certainty:
        return self.row.certainty(self.i, self.i + 1)

    @property
    def side(self) -> int:
        """1 where it rises and −1 where it falls beyond noise, else 0."""
        return 0 if self.certainty == "within noise" else side(self.ratio)

    @property
    def drop(self) -> float:
        return 1 - self.ratio.median

    @property
    def depth(self) -> float:
        """How far it falls, on the logarithm: negative where it rises."""
        return _depth(self.ratio)

    @property
    def stands_out(self) -> bool:
        """Whether it falls much more than the steps before and after it."""
        i, row = self.i, self.row
        beside = [at for at in (i - 1, i + 1) if 0 <= at < row.size - 1]
        return all(self.depth >= CLIFF_STEEPNESS * _depth(row.compare(at, at + 1)) for at in beside)

    @property
    def drop_times(self) -> float:
        return self.row.speedup[self.i] - self.row.speedup[self.i + 1]


def shape(series: Series) -> list[Finding]:
    """Cliffs or their absence, the plateau, and what follows the first cliff."""
    steps = _steps(series)
    if not steps:
        return _plateau(series)
    falling = [step for step in steps if step.side < 0]
    groups: dict[tuple[int, int], list[Step]] = {}
    for step in falling:
        if step.drop >= CLIFF_DROP and step.stands_out:
            groups.setdefault(step.counts, []).append(step)
    if not groups:
        return [_no_cliff(series, steps, falling), *_plateau(series)]
    weight = {counts: -sum(step.depth for step in group) for counts, group in groups.items()}
    deepest, *others = sorted(groups, key=lambda counts: (weight[counts], counts))
    common = [c for c in others if 2 * len(groups[c]) > _having(steps, c)]
    found = []
    for counts in (deepest, *common)[:MOST_CLIFFS]:
        found.append(_cliff(series, steps, groups[counts]))
        if series.curves.setting is not None:
            lengths = [step.row.seq_len for step in groups[counts]]
            cause = cause_of_cliff(series.curves.setting, series.batch_size, lengths, *counts)
            found.append(replace(cause, basis=f"{series.basis()}; {cause.basis}"))
    return [*found, *_plateau(series), *_after(series, steps, deepest[1])]


def _steps(series: Series) -> list[Step]:
    """All neighbours beyond K = 1, each interval wide enough to pick the strongest of them."""
    places = [(row, i) for row in series.rows for i in range(row.size - 1) if row.candidates[i] > 1]
    return [Step(row, i, series.neighbours(row, i, len(places))) for row, i in places]


def _depth(ratio: Estimate) -> float:
    return -math.log(min(max(ratio.median, 1e-300), 1e300))


def _having(steps: list[Step], counts: tuple[int, int]) -> int:
    return sum(step.counts == counts for step in steps)


def _cliff(series: Series, steps: list[Step], group: list[Step]) -> Finding:
    before, after = group[0].counts
    having = _having(steps, (before, after))
    largest = max(group, key=lambda step: step.depth)
    drops = [step.drop for step in group]
    text = f"Cliff between {before} and {after} candidates at batch {series.batch_size}: "
    fall = f"{times(largest.row.speedup[largest.i])} to {times(largest.row.speedup[largest.i + 1])}"
    if having == 1:
        text += f"the speedup drops from {fall}, {change(largest.ratio)}, at seq_len {largest.row.seq_len}"
    else:
        lengths = f"all {having} curves" if len(group) == having else f"{len(group)} of {having} curves"
        text += f"the speedup drops by {spread(drops)} ({spread_times([s.drop_times for s in group])}) "
        text += f"in {lengths}, most at seq_len {largest.row.seq_len}: {fall}, {change(largest.ratio)}"
    if all(step.row.speedup[step.i] < 1 for step in group):
        text += "; speculation does not pay before it either"
    numbers: Numbers = {
        "from_candidates": float(before),
        "to_candidates": float(after),
        "curves": float(having),
        "seq_lens": floats([step.row.seq_len for step in group]),
        "drop": drops,
        "drop_low": [1 - step.ratio.high for step in group],
        "drop_high": [1 - step.ratio.low for step in group],
        "drop_times": [step.drop_times for step in group],
    }
    where = largest.row.seq_len if having == 1 else None
    # one sure curve is enough to say that there is a cliff
    certainty: Certainty = "suggestive"
    if any(step.certainty == "significant" for step in group):
        certainty = "significant"
    basis = series.basis(looked_at=len(steps))
    return Finding("cliff", series.batch_size, where, text, numbers, certainty, basis)


def _no_cliff(series: Series, steps: list[Step], falling: list[Step]) -> Finding:
    text = f"No cliff found at batch {series.batch_size}: "
    numbers: Numbers = {"neighbours": float(len(steps))}
    steep = [step for step in falling if step.drop >= CLIFF_DROP]
    if steep:
        text += "the speedup falls evenly, no step stands out from those next to it"
    else:
        text += (
            f"no drop of {percent(CLIFF_DROP)} or more between neighbouring counts is clear of {series.noise}"
        )
    if falling:
        largest = max(falling, key=lambda step: step.depth)
        before, after = largest.counts
        text += f"; the steepest {'' if steep else 'clear one '}is {change(largest.ratio)} from {before} to "
        text += f"{after} at seq_len {largest.row.seq_len}"
        numbers = {
            **numbers,
            "from_candidates": float(before),
            "to_candidates": float(after),
            "largest_drop": largest.drop,
        }
    # noise wide enough could hide a cliff: absence is sure where every interval excludes one
    sure = weakest(*(step.certainty for step in steps))
    if any(1 - step.ratio.low >= CLIFF_DROP for step in steps):
        sure = weakest(sure, "suggestive" if steep else "within noise")
    basis = series.basis(looked_at=len(steps))
    return Finding("no-cliff", series.batch_size, None, text, numbers, sure, basis)


def _plateau(series: Series) -> list[Finding]:
    rows = [row for row in series.rows if row.size > 1]
    ranges = [_flat_range(row) for row in rows]
    counts = sorted(set.intersection(*ranges)) if ranges else []
    if len(counts) < PLATEAU_POINTS:
        return []
    losses = [(row, row.compare(row.best, row.candidates.index(k))) for row in rows for k in counts]
    worst = max(1 - ratio.median for _, ratio in losses)
    at_most = max(1 - ratio.low for _, ratio in losses)
    where = "every sequence length" if len(rows) > 1 else f"seq_len {rows[0].seq_len}"
    text = f"Plateau from {counts[0]} to {counts[-1]} candidates at batch {series.batch_size}: "
    text += f"within {percent(worst)} of the best at {where}"
    certainty: Certainty = "within noise"
    if at_most <= PLATEAU_LOSS:
        text += f", {percent(at_most)} at the outside"
        certainty = weakest(
            *(row.certainty(row.best, row.candidates.index(k)) for row in rows for k in counts)
        )
    else:
        text += f", though {series.noise} allows {percent(at_most)}"
    numbers: Numbers = {"candidates": floats(counts), "loss": worst, "loss_high": at_most}
    seq_len = rows[0].seq_len if len(rows) == 1 else None
    return [
        Finding("plateau", series.batch_size, seq_len, text, numbers, certainty, series.basis())
    ]  # fmt: skip


def _flat_range(row: Points) -> set[int]:
    """The counts around the best that stay within the plateau's loss; none where the best is K = 1."""
    if row.candidates[row.best] == 1:
        return set()

    def flat(i: int) -> bool:
        return row.candidates[i] > 1 and row.compare(row.best, i).median >= 1 - PLATEAU_LOSS

    first = last = row.best
    while first > 0 and flat(first - 1):
        first -= 1
    while last + 1 < row.size and flat(last + 1):
        last += 1
    return set(row.candidates[first : last + 1])


def _after(series: Series, steps: list[Step], foot: int) -> list[Finding]:
    """The step that begins at the cliff's foot: does the speedup rise again?"""
    following = Counter(step.counts for step in steps if step.counts[0] == foot)
    if not following:
        return []
    counts = min(following, key=lambda c: (-following[c], c))
    group = [step for step in steps if step.counts == counts]
    up = [step for step in group if step.side > 0]
    down = [step for step in group if step.side < 0]
    rising = [step for step in group if direction(step.ratio) > 0]
    p = sign_test(direction(step.ratio) for step in group)
    basis = series.basis(looked_at=len(steps))
    numbers: Numbers = {
        "from_candidates": float(foot),
        "to_candidates": float(counts[1]),
        "curves": float(len(group)),
        "rising": float(len(rising)),
        "change": [step.ratio.median - 1 for step in group],
        "p_sign_test": p,
    }
    whole = f"from {foot} to {counts[1]} candidates at batch {series.batch_size}"
    of = (
        f"in {len(rising)} of {len(group)} curves" if len(group) > 1 else f"at seq_len {group[0].row.seq_len}"
    )
    rise = spread([step.ratio.median - 1 for step in rising]) if rising else ""
    # a majority, not one lucky curve; and no curve that contradicts it
    if 2 * len(up) > len(group) and not down:
        sure: Certainty = weakest(*(step.certainty for step in up))
        text = f"Recovery after the cliff {whole}: the speedup rises by {rise} {of}, "
        text += f"{'all' if len(up) == len(group) else len(up)} clear of {series.noise}"
    elif p <= SUGGESTIVE_P and 2 * len(rising) > len(group) and not down:
        sure = "suggestive"
        text = f"Slight recovery after the cliff {whole}: the speedup rises by {rise} {of} and falls in "
        falls = sum(direction(step.ratio) < 0 for step in group)
        text += f"{falls or 'none'}; single rises are mostly within {series.noise}, together p = {p:.2g}"
        basis += f"; exact sign test over {counted(sum(direction(s.ratio) != 0 for s in group), 'curve')}"
    else:
        return [_no_recovery(series, group, down, whole, numbers, basis)]
    return [Finding("recovery", series.batch_size, None, text, numbers, sure, basis)]


def _no_recovery(
    series: Series,
    group: list[Step],
    down: list[Step],
    whole: str,
    numbers: Numbers,
    basis: str,
) -> Finding:
    text = f"No recovery after the cliff {whole}: "
    sure: Certainty = "within noise"
    if 2 * len(down) > len(group):
        sure = weakest(*(step.certainty for step in down))
        text += f"the speedup goes on falling, by {spread([step.drop for step in down])}"
        text += f" in {len(down)} of {len(group)} curves" if len(group) > 1 else ""
    elif len(group) == 1:
        text += f"{change(group[0].ratio)}"
    else:
        rises = sum(direction(step.ratio) > 0 for step in group)
        text += f"{rises} of {len(group)} curves rise, {_clear(group)} clear of {series.noise}"
    return Finding("no-recovery", series.batch_size, None, text, numbers, sure, basis)


def _clear(group: list[Step]) -> str:
    clear = sum(step.side != 0 for step in group)
    return str(clear) if clear else "none"
