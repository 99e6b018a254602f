"""What one mean length says: the chain of independent drafts that yields it.

E(α, γ) = 1 + α + … + α^γ with γ draft tokens a step (Leviathan et al., arXiv 2211.17192, eq. 1).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

MAX_DRAFT_TOKENS = 256

_HALVINGS = 60


def chain_alpha(mean_length: float, draft_tokens: int | None) -> float:
    """The α whose chain of `draft_tokens` yields `mean_length` ≥ 1, or 1 where even that yields less.

    Without a number of draft tokens the chain is endless: E = 1/(1 − α), which is the least α there is.
    """
    if draft_tokens is None:
        return 1 - 1 / mean_length
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        alpha = (low + high) / 2
        # Horner's rule: the closed form loses its digits near α = 1
        tokens = 1.0
        for _ in range(draft_tokens):
            tokens = 1 + alpha * tokens
        low, high = (alpha, high) if tokens < mean_length else (low, alpha)
    return (low + high) / 2


class RateReading(NamedTuple):
    """How many draft tokens a step SGLang's accept rate tells of, and by which of its two formulas."""

    draft_tokens: int
    before_2026_04: bool
    others: tuple[int, ...]
    """What else the older formula could tell, where both fit."""


def draft_tokens_of_rates(
    lengths_and_rates: Sequence[tuple[float, float]], rounding: float
) -> RateReading | None:
    """The one γ for which every accept rate fits its accept length, each off by up to `rounding`.

    SGLang divides accepted by proposed drafts: rate = (length − 1)/γ. Before April 2026 it counted the bonus
    token in both: rate = length/(γ + 1). None where no γ fits, or several do.
    """
    present = _fitting(lengths_and_rates, rounding, lambda length, rate, count: length - 1 - rate * count)
    former = _fitting(lengths_and_rates, rounding, lambda length, rate, count: length - rate * (count + 1))
    if len(present) == 1:
        return RateReading(present[0], False, tuple(count for count in former if count != present[0]))
    if not present and len(former) == 1:
        return RateReading(former[0], True, ())
    return None


def _fitting(
    pairs: Sequence[tuple[float, float]], rounding: float, missed_by: Callable[[float, float, int], float]
) -> list[int]:
    return [
        count
        for count in range(1, MAX_DRAFT_TOKENS + 1)
        if pairs
        and all(
            abs(missed_by(length, rate, count)) <= rounding * (count + 2) + 1e-9
            and length <= count + 1 + rounding
            for length, rate in pairs
        )
    ]
