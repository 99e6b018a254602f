"""Expected tokens given as a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from specprof.analysis.acceptance.fixed import Fixed
from specprof.analysis.acceptance.model import Vector
from specprof.errors import UsageProblem

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Table(Fixed):
    """E(K) at some K, linear between two of them, not known beyond the last."""

    points: tuple[tuple[int, float], ...]
    """(K, E) by rising K, from K = 1 on."""
    source: str
    text: str

    name = "table"

    @property
    def formula(self) -> str:
        shown = ", ".join(f"{k}: {tokens:.4g}" for k, tokens in self.points[:5])
        return f"table {shown}{', …' if len(self.points) > 5 else ''}"

    def expected_tokens(self, candidates: ArrayLike) -> Vector:
        counts = np.asarray(candidates, dtype=np.float64)
        known = np.array(self.points, dtype=np.float64)
        tokens: Vector = np.interp(counts, known[:, 0], known[:, 1], right=np.nan)
        return tokens

    def draft_depth(self, candidates: ArrayLike) -> Vector:
        """A table says nothing of the shapes behind it."""
        return np.where(np.asarray(candidates, dtype=np.float64) > 1, np.nan, 0.0)


def checked_points(points: Iterable[tuple[int, float]]) -> tuple[tuple[int, float], ...]:
    """The points by rising K, with E(1) = 1 where it is missing. Raises UsageProblem."""
    given = sorted(points)
    if not given:
        raise UsageProblem("the table of expected tokens is empty", "write table:8=2.0/16=2.3")
    if given[0][0] != 1:
        given.insert(0, (1, 1.0))
    if given[0][1] != 1:
        raise UsageProblem(f"the table says E(1) = {given[0][1]:g}", "one candidate yields one token")
    for (k, tokens), (after, more) in pairwise(given):
        if after == k:
            raise UsageProblem(f"the table has two values for K = {k}", "give one")
        if more < tokens - _ROUNDING:
            raise UsageProblem(
                f"the table falls from E({k}) = {tokens:g} to E({after}) = {more:g}",
                "more candidates never yield fewer tokens",
            )
        if more > after:
            raise UsageProblem(f"the table says E({after}) = {more:g}", "K candidates yield at most K tokens")
    return tuple(given)
