"""The greedy tree: the most probable node next, as Medusa grows it (arXiv 2401.10774, section 2.2.1).

For a given size no tree expects more tokens: a node is never more probable than its parent.
"""

from __future__ import annotations

import heapq
from functools import lru_cache

from specprof.analysis.trees.accuracies import Levels
from specprof.analysis.trees.tree import Path, Tree


def greedy_tree(levels: Levels, size: int) -> Tree:
    """The tree of `size` candidates, the root included; smaller where the heads offer no more guesses."""
    return Tree(tuple(path for path, _ in grown(levels, size)[: size - 1]))


@lru_cache(maxsize=64)
def grown(levels: Levels, size: int) -> tuple[tuple[Path, float], ...]:
    """The `size − 1` most probable nodes with their probabilities, falling; each behind its parent."""
    # the ranks of each depth from the most probable on: own accuracies need not fall
    order = [sorted(range(len(level)), key=lambda rank: -level[rank]) for level in levels]
    found: list[tuple[Path, float]] = []
    # ties go to the shallower node, then to the lower rank
    waiting: list[tuple[float, int, Path, float, int]] = []

    def offer(parent: Path, value: float, place: int) -> None:
        depth = len(parent)
        if depth < len(order) and place < len(order[depth]):
            rank = order[depth][place]
            probability = value * levels[depth][rank]
            if probability > 0:
                heapq.heappush(waiting, (-probability, depth, (*parent, rank), value, place))

    offer((), 1.0, 0)
    while waiting and len(found) < size - 1:
        negative, _, path, parent_value, place = heapq.heappop(waiting)
        found.append((path, -negative))
        offer(path[:-1], parent_value, place + 1)
        offer(path, -negative, 0)
    return tuple(found)
