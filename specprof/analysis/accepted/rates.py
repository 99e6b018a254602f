"""Rates of acceptance by position and their intervals, from counts per prompt.

The steps of one text are not independent, the prompts are: so prompts are drawn, with all their steps, and
the interval is the percentile bootstrap of the ratio of their sums (Davison and Hinkley 1997, section 3.8).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from specprof.run.statistics import LEVEL, RESAMPLES

FEW_PROMPTS = 10
"""With fewer the bootstrap's interval is too narrow."""

_AT_ONCE = 4_000_000
"""Numbers drawn at once: ten thousand prompts take no more memory than ten."""

Matrix = NDArray[np.float64]


class Rate(NamedTuple):
    """A mean and its 95 % interval; None where one prompt alone gives none."""

    value: float
    interval: tuple[float, float] | None


class AcceptedRates(NamedTuple):
    """Of drafts of depth n. Positions count from 0."""

    steps: int
    accepted: tuple[int, ...]
    """`[n]`: steps that accepted the drafts at positions 0 … j."""
    unconditional: tuple[Rate, ...]
    """`[n]`: the part of all steps that accepted the drafts at positions 0 … j."""
    conditional: tuple[float | None, ...]
    """`[n]`: of the steps that came to position j, the part that accepted it; None where none came."""
    mean_length: Rate
    """Tokens a step yields, the target's own included."""


def accepted_rates(counts: Sequence[Sequence[int]], seed: int) -> AcceptedRates:
    """Rates from `counts` `[prompts, n + 1]`: of each prompt the steps that accepted 0, 1, … n drafts.

    At least one step is among them. The same counts and seed give the same intervals.
    """
    by_accepted = np.asarray(counts, dtype=np.int64)
    # column j: steps that accepted j drafts or more; the first is all steps
    reached = by_accepted[:, ::-1].cumsum(axis=1)[:, ::-1].astype(np.float64)
    total = reached.sum(axis=0)
    rates = total[1:] / total[0]
    drawn = _resampled(reached, seed) if len(reached) > 1 else None
    spans = [None] * len(rates) if drawn is None else [_interval(column) for column in drawn.T]
    lengths = None if drawn is None else _interval(1 + drawn.sum(axis=1))
    return AcceptedRates(
        steps=int(total[0]),
        accepted=tuple(int(count) for count in total[1:]),
        unconditional=tuple(Rate(float(rate), span) for rate, span in zip(rates, spans, strict=True)),
        conditional=tuple(here / before if before else None for before, here in pairwise(total.tolist())),
        mean_length=Rate(float(1 + rates.sum()), lengths),
    )


def _resampled(reached: Matrix, seed: int) -> Matrix:
    """Rates of resampled prompts, `[RESAMPLES, n]`."""
    prompts = len(reached)
    random = np.random.default_rng([seed, prompts])
    parts = []
    for size in _portions(max(1, _AT_ONCE // prompts)):
        weights = random.multinomial(prompts, np.full(prompts, 1 / prompts), size=size)
        sums = weights @ reached
        parts.append(sums[:, 1:] / sums[:, :1])
    return np.concatenate(parts)


def _portions(most: int) -> list[int]:
    whole, rest = divmod(RESAMPLES, most)
    return [most] * whole + ([rest] if rest else [])


def _interval(values: Matrix) -> tuple[float, float]:
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
