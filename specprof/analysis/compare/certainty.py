"""How sure it is that a ratio is not 1, where many ratios are looked at.

Of N cells that did not change, 5 % lie outside their own 95 % interval by chance. A change is therefore
called significant only by Holm's step-down method (Holm 1979), which keeps the chance of even one false
claim among all cells at 5 %: the strongest change must hold against all N, the next against N − 1, and so
on. For this the interval on the logarithm is widened to the level needed, with Student's t (see
`findings.evidence.widened`), since a bootstrap of few rounds is too narrow in its tails. What lies outside
its own interval alone is suggestive.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from specprof.analysis.findings.evidence import MIN_ROUNDS, side, widened
from specprof.analysis.findings.finding import Certainty
from specprof.run.statistics import LEVEL, Estimate
from specprof.run.verdict import MIN_SAMPLES_FOR_95

METHOD = "Holm's method on 95 % intervals: at most a 5 % chance of one false claim among all cells"


class Looked(NamedTuple):
    """A ratio, and the rounds behind it on the side that has fewer; None where they are not known."""

    ratio: Estimate
    rounds: int | None


def certainties(looked: Sequence[Looked]) -> list[Certainty]:
    """The certainty of each, in the order given: that its ratio is not 1.

    With fewer than 6 rounds on a side no interval holds 95 %: such a ratio is suggestive at most, as is one
    whose rounds are not known; with fewer than 3 it says nothing. They count among those looked at.
    """
    found: list[Certainty] = ["within noise"] * len(looked)
    left = len(looked)
    waiting = {i: one.rounds for i, one in enumerate(looked) if (one.rounds or 0) >= MIN_SAMPLES_FOR_95}
    while True:
        sure = [i for i, rounds in waiting.items() if side(widened(looked[i].ratio, left, rounds or 0))]
        if not sure:
            break
        for i in sure:
            found[i] = "significant"
            del waiting[i]
        left -= len(sure)
    for i, (ratio, rounds) in enumerate(looked):
        if found[i] == "within noise" and (rounds is None or rounds >= MIN_ROUNDS) and side(ratio):
            found[i] = "suggestive"
    return found


def by_chance(count: int) -> float:
    """How many of `count` unchanged ratios lie outside their own 95 % interval, on average."""
    return (1 - LEVEL) * count
