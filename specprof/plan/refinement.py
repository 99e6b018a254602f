"""Which candidate count of a row to measure next: the cliff to one token, the peak, what the grid hides.

From what is known of one row to the next count, or to None where no further one is worth its time.
Latencies may be in any unit, ms or times that of K = 1: only proportions count. In this order:

1. The cliff. A gap between two measured neighbours over which latency rises by a tenth or more, clear of
   noise and beyond what the gentler of the gaps beside it would give, is split until its ends are K and
   K + 1. Where the rise stays spread over the gap it is a slope, and left.
2. The peak. With E(K) = 1 + c ln K expected tokens and a latency that does not fall as K grows, no count
   inside a gap (a, b) is worth more than E(b - 1) / T(a). The gap with the highest such bound is split
   while the bound is clearly above the best speedup known.
3. What the grid hides: one count past each edge of 16, 32, 64 … rows or candidates, where the tiles of
   matrix products and of attention begin, then the middles of the widest gaps.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from specprof.plan.grid import LARGEST_COUNT

CLIFF_RISE = 0.10
"""Relative rise of latency that is followed up: that of a speedup falling by a tenth."""
SPREAD_DENSITY = 1.5
"""A part of a gap that holds less than this times its share of the rise is part of a slope."""
MOST_OF_IT = 0.9
"""A part that holds so much of the rise is none, however wide."""
PEAK_GAIN = 0.03
"""Gain over the best known speedup below which a higher peak is not looked for."""
PROBED_GAP = 8
"""Gaps of at most so many tokens are not probed for what they hide."""
SMALLEST_EDGE = 16
BISECTED_GAP = 4
"""Gaps of at most so many tokens are halved, whatever edge lies in them."""


class Refinement(BaseModel):
    """How a run refines its grid."""

    model_config = ConfigDict(frozen=True)

    budget_s: float | None = Field(
        default=None, gt=0, le=1e6, description="Seconds of the run's budget that are kept for it, all rows"
    )
    most_added: int = Field(default=24, ge=1, le=1000, strict=True, description="Counts added to one row")
    tokens_per_log: float = Field(
        default=0.477, ge=0, le=100, description="c of the expected tokens E(K) = 1 + c ln K"
    )

    def tokens(self, candidates: int) -> float:
        """E(K), by default the log fit of the published figure."""
        return 1 + self.tokens_per_log * math.log(candidates)


class Added(BaseModel):
    """A candidate count that refinement added to one row of the grid."""

    model_config = ConfigDict(frozen=True)

    batch_size: Annotated[int, Field(ge=1, le=LARGEST_COUNT, strict=True)]
    seq_len: Annotated[int, Field(ge=1, le=LARGEST_COUNT, strict=True)]
    candidates: Annotated[int, Field(gt=1, le=LARGEST_COUNT, strict=True)]
    why: str = Field(default="", max_length=4096)

    @property
    def place(self) -> tuple[int, int, int]:
        """Equal to its cell."""
        return self.batch_size, self.seq_len, self.candidates


class Known(NamedTuple):
    """A measured count: its latency with the bounds of its interval."""

    candidates: int
    latency: float
    low: float
    high: float


class Proposal(NamedTuple):
    """A count to measure, together with its measured neighbours `lower` and `upper`."""

    candidates: int
    lower: int
    upper: int
    why: str


class _Gap(NamedTuple):
    left: Known
    right: Known

    @property
    def width(self) -> int:
        return self.right.candidates - self.left.candidates

    @property
    def rise(self) -> float:
        return self.right.latency - self.left.latency

    @property
    def steepness(self) -> float:
        return max(0.0, self.rise) / self.width

    @property
    def clear(self) -> bool:
        """Whether latency rises over it by so much that it is followed up, and beyond noise."""
        return self.right.low > self.left.high and self.rise >= CLIFF_RISE * self.left.latency

    def holds(self, count: int) -> bool:
        return self.left.candidates < count < self.right.candidates

    def propose(self, count: int, why: str) -> Proposal:
        return Proposal(count, self.left.candidates, self.right.candidates, why)

    def __str__(self) -> str:
        return f"{self.left.candidates} and {self.right.candidates}"


def next_candidates(
    known: Sequence[Known],
    rule: Refinement,
    *,
    grid: Collection[int],
    batch_size: int = 1,
    barred: Collection[int] = (),
) -> Proposal | None:
    """The next count of one row, strictly between two measured ones, or None.

    `grid` holds the counts that were asked for. `barred` ones were tried without a result: no gap that
    holds one is split. At most `rule.most_added` counts are ever proposed for a row.
    """
    found = sorted(one for one in known if one.latency > 0)
    added = {one.candidates for one in found} | set(barred)
    if len(found) < 2 or len(added - set(grid)) >= rule.most_added:
        return None
    gaps = [_Gap(left, right) for left, right in pairwise(found)]
    open_gaps = [gap for gap in gaps if gap.width > 1 and not any(map(gap.holds, barred))]
    return (
        _cliff(gaps, open_gaps, grid, batch_size)
        or _peak(found, open_gaps, rule)
        or _edge(open_gaps, batch_size)
        or _widest(open_gaps)
    )


def edges(batch_size: int, most: int) -> list[int]:
    """Counts up to `most` that fill a power of two from 16, of rows B·K or of candidates, ascending."""
    found = set[int]()
    edge = SMALLEST_EDGE
    while edge <= most * batch_size:
        found |= {edge, edge // batch_size}
        edge *= 2
    return sorted(count for count in found if 1 < count <= most)


def _cliff(
    gaps: list[_Gap], open_gaps: list[_Gap], grid: Collection[int], batch_size: int
) -> Proposal | None:
    followed = [(_excess(gaps, gap), gap) for gap in open_gaps if gap.clear]
    followed = [
        (excess, gap)
        for excess, gap in followed
        if excess >= CLIFF_RISE * gap.left.latency and not _spread(gaps, gap, grid)
    ]
    if not followed:
        return None
    _, gap = max(followed, key=lambda one: (one[0] / one[1].left.latency, -one[1].left.candidates))
    rise = gap.rise / gap.left.latency
    return gap.propose(_split(gap, batch_size), f"latency rises by {rise:.0%} between {gap}")


def _excess(gaps: list[_Gap], gap: _Gap) -> float:
    """The rise over a gap beyond what the gentler of its neighbours would give."""
    at = gaps.index(gap)
    beside = [gaps[i].steepness for i in (at - 1, at + 1) if 0 <= i < len(gaps)]
    return gap.rise - min(beside, default=0.0) * gap.width


def _spread(gaps: list[_Gap], gap: _Gap, grid: Collection[int]) -> bool:
    """Whether the rise of the grid's gap around it is a slope, as far as its parts tell.

    Cliffs that were found there already, and single tokens, say nothing of the rest. Two parts that share
    the rise evenly may still hold a step each: only from three on it is called spread.
    """
    first = max((k for k in grid if k <= gap.left.candidates), default=gap.left.candidates)
    last = min((k for k in grid if k >= gap.right.candidates), default=gap.right.candidates)
    inside = [one for one in gaps if first <= one.left.candidates and one.right.candidates <= last]
    parts = [one for one in inside if one.width > 1]
    if len(parts) < 3 and not any(one.width == 1 and one.clear for one in inside):
        return False
    rise = sum(max(0.0, one.rise) for one in parts)
    share_of_width = gap.width / sum(one.width for one in parts)
    return len(parts) > 1 and gap.rise < min(SPREAD_DENSITY * share_of_width, MOST_OF_IT) * rise


def _split(gap: _Gap, batch_size: int) -> int:
    """Where to split a cliff's gap: on either side of an edge in it, else in its middle."""
    middle = (gap.left.candidates + gap.right.candidates) // 2
    if gap.width <= BISECTED_GAP:
        return middle
    sides = (k + past for k in edges(batch_size, gap.right.candidates) for past in (0, 1))
    return min(filter(gap.holds, sides), key=lambda k: (abs(k - middle), k), default=middle)


def _peak(known: list[Known], open_gaps: list[_Gap], rule: Refinement) -> Proposal | None:
    best = max(known, key=lambda one: rule.tokens(one.candidates) / one.latency)
    highest = rule.tokens(best.candidates) / best.latency
    bounds = [(rule.tokens(gap.right.candidates - 1) / gap.left.latency, gap) for gap in open_gaps]
    hopeful = [
        (bound, gap)
        for bound, gap in bounds
        if bound > highest * (1 + max(PEAK_GAIN, _noise(best), _noise(gap.left)))
    ]
    if not hopeful:
        return None
    bound, gap = max(hopeful, key=lambda one: (one[0], -one[1].left.candidates))
    middle = (gap.left.candidates + gap.right.candidates) // 2
    gain = bound / highest - 1
    return gap.propose(middle, f"up to {gain:.0%} more speedup than at {best.candidates} between {gap}")


def _noise(one: Known) -> float:
    """Relative half-width of its interval."""
    return (one.high - one.low) / 2 / one.latency


def _edge(open_gaps: list[_Gap], batch_size: int) -> Proposal | None:
    for gap in open_gaps:
        if gap.width <= BISECTED_GAP:
            continue
        for edge in edges(batch_size, gap.right.candidates):
            if gap.holds(edge + 1):
                return gap.propose(edge + 1, f"one past the edge at {edge}")
    return None


def _widest(open_gaps: list[_Gap]) -> Proposal | None:
    gap = max(open_gaps, key=lambda one: (one.width, -one.left.candidates), default=None)
    if gap is None or gap.width <= PROBED_GAP:
        return None
    middle = (gap.left.candidates + gap.right.candidates) // 2
    return gap.propose(middle, f"the middle of the widest gap, between {gap}")
