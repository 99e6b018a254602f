"""Acceptance measured position by position along one chain of drafts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from specprof.analysis.acceptance.fixed import Fixed
from specprof.analysis.acceptance.model import Vector


@dataclass(frozen=True)
class Positions(Fixed):
    """E(K) = 1 + Σ p_j over the K − 1 positions, p_j the part of all drafts accepted up to position j.

    p_j is unconditional, so nothing is assumed of how positions depend on each other; this is what vLLM
    counts. Beyond the measured positions nothing is known.
    """

    rates: tuple[float, ...]
    """Never rising."""
    source: str
    text: str

    name = "positions"

    @property
    def formula(self) -> str:
        shown = " + ".join(f"{rate:.3g}" for rate in self.rates[:4])
        return f"1 + {shown}{' + …' if len(self.rates) > 4 else ''} up to K = {len(self.rates) + 1}"

    def expected_tokens(self, candidates: ArrayLike) -> Vector:
        counts = np.asarray(candidates, dtype=np.float64)
        known = np.concatenate([[1.0], 1 + np.cumsum(self.rates)])
        # between two whole counts linear, which no whole count sees
        tokens: Vector = np.interp(counts, np.arange(1, known.size + 1), known, right=np.nan)
        return tokens

    def draft_depth(self, candidates: ArrayLike) -> Vector:
        depth: Vector = np.asarray(candidates, dtype=np.float64) - 1
        return depth
