"""Sequoia's dynamic programme: the best tree of a given size and depth (arXiv 2402.12374, section 3.1).

With p_i the probability that the guess of rank i is right, the best subtree of at most n nodes whose root is
accepted expects T(n) = 1 + max Σ_i p_i · T'(n_i) over sizes Σ n_i ≤ n − 1, T' one level further down. Ranks
are taken in order of their probability. A node's probability may depend on its depth, as Medusa's heads do;
Sequoia's own acceptance vector is the same at every depth.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from specprof.analysis.trees.accuracies import Levels
from specprof.analysis.trees.tree import Path, Tree

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Level:
    """One depth of the programme. `tokens[n]`: the best subtree of at most n nodes, n ≥ 1."""

    ranks: tuple[int, ...]
    """From the most probable on."""
    tokens: Vector
    given: tuple[NDArray[np.int64], ...]
    """`given[i][m]`: of m nodes left for the ranks from the i-th on, how many go to it."""


def programme_tokens(levels: Levels, size: int, depth: int) -> Vector:
    """Expected tokens of the best tree of at most n candidates and `depth` drafts, `[size + 1]`; NaN at 0."""
    return _solved(levels[:depth], _rounded_up(size))[0].tokens[: size + 1] if depth else _alone(size)


def programme_tree(levels: Levels, size: int, depth: int) -> Tree:
    """That tree; smaller than `size` where depth or guesses end."""
    if not depth:
        return Tree(())
    paths: list[Path] = []
    _collect(_solved(levels[:depth], _rounded_up(size)), 0, (), size, paths)
    return Tree(tuple(sorted(paths, key=lambda path: (len(path), path))))


def _alone(size: int) -> Vector:
    tokens = np.ones(size + 1)
    tokens[0] = np.nan
    return tokens


def _rounded_up(size: int) -> int:
    """To a power of two: the programme for a size holds those of all smaller ones."""
    return 1 << max(5, (size - 1).bit_length())


@lru_cache(maxsize=64)
def _solved(levels: Levels, size: int) -> tuple[_Level, ...]:
    """The levels from the root down."""
    below = _alone(size)
    found: list[_Level] = []
    for level in reversed(levels):
        ranks = tuple(rank for rank in sorted(range(len(level)), key=lambda r: -level[r]) if level[rank] > 0)
        best = np.zeros(size)  # [m]: what m nodes below this one add
        given: list[NDArray[np.int64]] = []
        for rank in reversed(ranks):
            best, chosen = _with_rank(level[rank] * below, best, size)
            given.append(chosen)
        tokens = np.concatenate([[np.nan], 1 + best])
        found.append(_Level(ranks, tokens, tuple(reversed(given))))
        below = tokens
    return tuple(reversed(found))


def _with_rank(mine: Vector, rest: Vector, size: int) -> tuple[Vector, NDArray[np.int64]]:
    """The best split of m nodes between a child and the ranks behind it, and the child's part, `[size]`.

    Later ranks are never used where this one is not: it is the more probable.
    """
    best, chosen = np.zeros(size), np.zeros(size, dtype=np.int64)
    for own in range(1, size):
        value = mine[own] + rest[: size - own]
        better = value > best[own:] + 1e-15
        best[own:][better] = value[better]
        chosen[own:][better] = own
    return best, chosen


def _collect(solved: tuple[_Level, ...], at: int, parent: Path, nodes: int, paths: list[Path]) -> None:
    """Adds what lies below `parent`, whose subtree has `nodes` nodes with it."""
    if at == len(solved):
        return
    left = nodes - 1
    for rank, chosen in zip(solved[at].ranks, solved[at].given, strict=True):
        own = int(chosen[left])
        if not own:
            return
        paths.append((*parent, rank))
        _collect(solved, at + 1, (*parent, rank), own, paths)
        left -= own
