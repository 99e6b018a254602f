"""Two attentions of one run: how much slower one of them is, and its part in the long-sequence penalty.

A cell's two times are paired, round by round. The penalties are each taken from rows that share no rounds,
and compared by the worst case of both intervals. Both speedups are taken against T(1) under the run's own
attention: against its own, one that is slow with one candidate too would seem to lose little. A penalty is a
factor, so that shares are those of its logarithm: of a speedup that falls to 0.76 under one attention and to
0.91 under the other, 1 − ln 0.91 / ln 0.76 goes with the kernel of the first.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from specprof.analysis.beside import Beside, Slower
from specprof.analysis.findings.evidence import TOLERANCE, Points, Series, carried, series_of, side
from specprof.analysis.findings.finding import Certainty, Finding, Numbers, weakest
from specprof.analysis.findings.words import change, counted, percent_with_bounds, with_bounds
from specprof.plan.plan import Cell
from specprof.run.statistics import Estimate, over, quotient


def slower_attention(series: Series) -> list[Finding]:
    """At the longest sequence length, how much longer a step takes under the slower attention: with the best
    K of the run's own curve, and with one candidate."""
    beside = series.curves.beside
    rows = [row for row in series.rows if row.size > 1]
    if beside is None or not rows:
        return []
    row = rows[-1]
    best = row.candidates[row.best]
    at_best, at_one = (beside.slower(Cell(series.batch_size, row.seq_len, k)) for k in (best, 1))
    if at_best is None:
        return []
    names, numbers = _names(beside), _ratio_numbers("ratio", at_best.ratio)
    ratio, certainty = at_best.ratio, _certainty(at_best)
    if ratio.median < 1:  # the run's own is the slower one
        names, ratio = names[::-1], _inverse(ratio)
    with_best = "one candidate, the best K" if best == 1 else f"{counted(best, 'candidate')}, the best K"
    text = f"At batch {series.batch_size}, seq_len {row.seq_len}, "
    if certainty == "within noise":
        text += f"{names[0]} and {names[1]} are not told apart with {with_best}: {with_bounds(ratio)}"
    else:
        text += f"{names[0]} takes {with_bounds(ratio)} as long as {names[1]} with {with_best}"
    if best != 1 and at_one is not None:
        one = at_one.ratio if at_best.ratio.median >= 1 else _inverse(at_one.ratio)
        text += f", and {with_bounds(one)} with one"
        if _certainty(at_one) == "within noise":
            text += f", within {series.noise}"
        numbers = {**numbers, **_ratio_numbers("one_ratio", at_one.ratio)}
    basis = series.basis(behind=[one.rounds for one in (at_best, at_one) if one is not None])
    numbers = {"candidates": float(best), **numbers}
    return [Finding("attention", series.batch_size, row.seq_len, text, numbers, certainty, basis)]


def _certainty(slower: Slower) -> Certainty:
    return carried(slower.rounds) if side(slower.ratio) else "within noise"


class Penalty(NamedTuple):
    """The best speedup at the longest sequence length over that at the shortest, under one attention, each
    against T(1) under the run's own."""

    name: str
    plain: str
    """Its name alone."""
    ratio: Estimate
    certainty: Certainty
    pays: bool

    @property
    def loss(self) -> Estimate:
        """−ln of the ratio: 0 where nothing is lost."""
        return Estimate(*(-_log(bound) for bound in (self.ratio.median, self.ratio.high, self.ratio.low)))


def attention_penalty(series: Series) -> list[Finding]:
    """What part of the long-sequence penalty goes with the attention that has the greater one."""
    beside = series.curves.beside
    if beside is None:
        return []
    own, second = (
        {row.seq_len: row for row in one.rows if row.size > 1}
        for one in (series, series_of(beside.curves, series.batch_size))
    )
    lengths = sorted(own.keys() & second.keys())
    if len(lengths) < 2:
        return []
    short, long = lengths[0], lengths[-1]
    at_short, at_long = (beside.slower(Cell(series.batch_size, seq_len, 1)) for seq_len in (short, long))
    if at_short is None or at_long is None:
        return []
    names = _names(beside)
    penalties = [
        _penalty(names[1], beside.own, own[short], own[long]),
        _rebased(_penalty(names[0], beside.second, second[short], second[long]), at_short, at_long),
    ]
    if not any(penalty.pays for penalty in penalties):
        return []
    lesser, greater = sorted(penalties, key=lambda penalty: penalty.loss.median)
    text = f"batch {series.batch_size}: from seq_len {short} to {long} the best speedup changes by "
    text += f"{change(greater.ratio)} under {greater.name} and by {change(lesser.ratio)} under {lesser.name}"
    text += f", both against T(1) under {beside.own}"
    numbers: Numbers = {
        "seq_len_short": float(short),
        "seq_len_long": float(long),
        **_ratio_numbers("own", penalties[0].ratio),
        **_ratio_numbers("beside", penalties[1].ratio),
    }
    certainty = weakest(lesser.certainty, greater.certainty)
    share = _share(greater, lesser)
    if side(greater.ratio) >= 0 or greater.certainty == "within noise":
        certainty = "within noise"
        text = f"No long-sequence penalty beyond {series.noise} under either attention at {text}"
    elif share is None or share.low <= TOLERANCE or certainty == "within noise":
        certainty = "within noise"
        text = f"Long-sequence penalty of two attentions at {text}; how much of it goes with "
        text += f"{greater.plain}'s kernel is not told apart"
    else:
        text = f"Long-sequence penalty of two attentions at {text}: {percent_with_bounds(share)} of "
        text += f"{greater.plain}'s goes with its kernel"
        numbers = {**numbers, **_ratio_numbers("share", share)}
    basis = series.basis(unpaired=True)
    return [Finding("attention-penalty", series.batch_size, None, text, numbers, certainty, basis)]


def _penalty(name: str, plain: str, short: Points, long: Points) -> Penalty:
    ratio = over(long.value(long.best), short.value(short.best))
    sure = weakest(short.certainty(0, short.best), long.certainty(0, long.best))
    pays = not short.candidates[short.best] == long.candidates[long.best] == 1
    return Penalty(name, plain, ratio, sure, pays)


def _rebased(penalty: Penalty, short: Slower, long: Slower) -> Penalty:
    """The second attention's penalty, taken against its own T(1), taken against that of the run's own.

    E·T₂(1)/T₂(K) of each length, divided by its T₂(1)/T₁(1), is E·T₁(1)/T₂(K).
    """
    ratio = over(penalty.ratio, over(long.ratio, short.ratio))
    sure = weakest(penalty.certainty, carried(short.rounds), carried(long.rounds))
    return penalty._replace(ratio=ratio, certainty=sure)


def _share(greater: Penalty, lesser: Penalty) -> Estimate | None:
    """1 − the lesser loss over the greater, at most 1; None where the greater may be no loss at all."""
    whole, rest = greater.loss, lesser.loss
    if whole.low <= TOLERANCE:
        return None
    left = (
        rest.median / whole.median,
        rest.high / (whole.low if rest.high > 0 else whole.high),
        rest.low / (whole.high if rest.low > 0 else whole.low),
    )
    return Estimate(*(min(1 - part, 1.0) for part in left))


def _names(beside: Beside) -> tuple[str, str]:
    """The second attention and the run's own."""
    return beside.second, f"{beside.own} (the run's own)"


def _ratio_numbers(name: str, ratio: Estimate) -> Numbers:
    return {name: ratio.median, f"{name}_low": ratio.low, f"{name}_high": ratio.high}


def _inverse(ratio: Estimate) -> Estimate:
    return Estimate(*(quotient(1.0, bound) for bound in (ratio.median, ratio.high, ratio.low)))


def _log(value: float) -> float:
    return math.log(min(max(value, 1e-300), 1e300))
