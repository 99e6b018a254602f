"""A chain of drafts that are accepted independently of each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from specprof.analysis.acceptance.model import Parameter, Parametric, Vector


@dataclass(frozen=True)
class Chain(Parametric):
    """One chain of drafts, each accepted with probability α if all before it were (Leviathan et al.,
    arXiv 2211.17192, eq. 1): E = (1 − α^(γ+1)) / (1 − α) with γ drafts. K counts the root: γ = K − 1."""

    alpha: float = 0.8

    kinds: ClassVar = (Parameter("alpha", 0.0, 1.0, 0.01, "probability that a draft token is accepted"),)

    @property
    def name(self) -> str:
        return "chain"

    @property
    def source(self) -> str:
        return "Leviathan et al., arXiv 2211.17192, eq. 1"

    @property
    def formula(self) -> str:
        return f"(1 − {self.alpha:g}^K) / (1 − {self.alpha:g})" if self.alpha < 1 else "K"

    def expected_tokens(self, candidates: ArrayLike) -> Vector:
        counts = np.asarray(candidates, dtype=np.float64)
        if self.alpha >= 1:
            return counts.copy()
        if self.alpha <= 0:
            return np.ones_like(counts)
        return chain_tokens(self.alpha, counts)

    def draft_depth(self, candidates: ArrayLike) -> Vector:
        depth: Vector = np.asarray(candidates, dtype=np.float64) - 1
        return depth


def chain_tokens(alpha: float | Vector, counts: Vector) -> Vector:
    """E_α(K) for 0 < α < 1, of the shape that both come to."""
    # 1 − α^K by expm1: near α = 1 numerator and denominator both vanish
    tokens: Vector = -np.expm1(counts * np.log(alpha)) / (1 - alpha)
    return tokens
