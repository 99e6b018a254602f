"""Trees of guesses as acceptance models: Medusa's greedy tree, Sequoia's dynamic programme."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from specprof.analysis.acceptance.model import Parameter, Parametric, Vector
from specprof.analysis.trees.accuracies import MAX_DEPTH, Levels, published_model
from specprof.analysis.trees.greedy import grown
from specprof.analysis.trees.programme import programme_tokens, programme_tree
from specprof.errors import UsageProblem

LARGEST_TREE = 1024
"""Candidates beyond which a tree is not grown: no engine verifies so many."""


@dataclass(frozen=True)
class _TreeModel(Parametric):
    """E(K) of the best tree of K candidates; `levels` come from `origin`, which is how `text` names them."""

    levels: Levels = field(default_factory=lambda: published_model("7b"))
    origin: str = "model=7b"
    source: str = "head accuracies of vicuna 7b, Medusa, arXiv 2401.10774"

    @property
    def parameter_kinds(self) -> tuple[Parameter, ...]:
        """No deeper than there are accuracies."""
        return tuple(replace(kind, high=float(len(self.levels))) for kind in self.kinds)

    def with_parameter(self, name: str, value: float) -> Self:
        """Heads and draft passes are counted: raises UsageProblem for a part of one too."""
        changed = super().with_parameter(name, value)
        if value != int(value):
            raise UsageProblem(f"acceptance parameter {name} {value:g} is not a whole number")
        return changed

    def _tokens_up_to(self, size: int) -> Vector:
        """`[size + 1]`, NaN at 0."""
        raise NotImplementedError

    def expected_tokens(self, candidates: ArrayLike) -> Vector:
        """NaN above 1024 candidates; a count between two whole ones gets the smaller one's tree."""
        return self._looked_up(candidates, self._tokens_up_to)

    @staticmethod
    def _looked_up(candidates: ArrayLike, known_up_to: Callable[[int], Vector]) -> Vector:
        counts = np.asarray(candidates, dtype=np.float64)
        whole = np.where(np.isfinite(counts) & (counts >= 1), counts, LARGEST_TREE + 1)
        inside = whole <= LARGEST_TREE
        largest = int(whole[inside].max(initial=1))
        known = known_up_to(largest)
        found: Vector = np.where(inside, known[np.where(inside, whole, 1).astype(np.intp)], np.nan)
        return found


@dataclass(frozen=True)
class Medusa(_TreeModel):
    """Medusa's heads with their greedily grown tree: E(K) = 1 + the K − 1 largest products of accuracies
    along a path (arXiv 2401.10774, section 2.2.1). All heads draft in one parallel pass."""

    heads: float = 5

    kinds: ClassVar = (Parameter("heads", 1, MAX_DEPTH, 1, "heads used: the depth of the tree"),)

    @property
    def name(self) -> str:
        return "medusa"

    @property
    def parameters(self) -> dict[str, float]:
        return {"heads": self.heads}

    @property
    def text(self) -> str:
        return f"medusa:heads={self.heads:g},{self.origin}"

    @property
    def formula(self) -> str:
        return f"greedy tree of {min(int(self.heads), len(self.levels))} heads, {self.origin}"

    def _tokens_up_to(self, size: int) -> Vector:
        nodes = grown(self.levels[: int(self.heads)], _rounded_up(size))
        gains = np.array([value for _, value in nodes][: size - 1])
        tokens = np.full(size + 1, 1 + gains.sum())  # where the guesses end, more candidates add nothing
        tokens[0] = np.nan
        tokens[1 : gains.size + 2] = 1 + np.concatenate([[0.0], np.cumsum(gains)])
        return tokens

    def draft_depth(self, candidates: ArrayLike) -> Vector:
        """One pass of all heads, however deep the tree."""
        return np.where(np.asarray(candidates, dtype=np.float64) > 1, 1.0, 0.0)


@dataclass(frozen=True)
class Sequoia(_TreeModel):
    """The best tree of K candidates no deeper than `depth`, by Sequoia's dynamic programme (arXiv
    2402.12374, section 3.1). A drafter runs once per depth."""

    depth: float = 5

    kinds: ClassVar = (Parameter("depth", 1, MAX_DEPTH, 1, "draft passes: the depth of the tree"),)

    @property
    def name(self) -> str:
        return "sequoia"

    @property
    def parameters(self) -> dict[str, float]:
        return {"depth": self.depth}

    @property
    def text(self) -> str:
        return f"sequoia:depth={self.depth:g},{self.origin}"

    @property
    def formula(self) -> str:
        return f"best tree of depth ≤ {min(int(self.depth), len(self.levels))}, {self.origin}"

    def _tokens_up_to(self, size: int) -> Vector:
        return programme_tokens(self.levels, size, int(self.depth))

    def draft_depth(self, candidates: ArrayLike) -> Vector:
        """The depth of the best tree of each size."""
        return self._looked_up(candidates, lambda size: _depths(self.levels, size, int(self.depth)))


def _rounded_up(size: int) -> int:
    """To a power of two, so that neighbouring questions share one answer."""
    return min(LARGEST_TREE, 1 << max(5, (size - 1).bit_length()))


@lru_cache(maxsize=64)
def _depths(levels: Levels, size: int, depth: int) -> Vector:
    return np.array([0.0, *(programme_tree(levels, n, depth).depth for n in range(1, size + 1))])
