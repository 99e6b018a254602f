"""A draft tree: which guesses of which depth are verified together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from specprof.analysis.trees.accuracies import Levels

Path = tuple[int, ...]
"""A node by the ranks that lead to it from the root: `(0, 2)` is the third guess behind the first."""


@dataclass(frozen=True)
class Tree:
    """The nodes below the root, each after its parent."""

    paths: tuple[Path, ...]

    @property
    def size(self) -> int:
        """Candidate tokens of the verify step, the root included."""
        return len(self.paths) + 1

    @property
    def depth(self) -> int:
        """Draft tokens on the longest path; 0 for the root alone."""
        return max(map(len, self.paths), default=0)

    @property
    def widths(self) -> tuple[int, ...]:
        """Nodes at each depth, the root's children first."""
        counts = Counter(map(len, self.paths))
        return tuple(counts[depth] for depth in range(1, self.depth + 1))

    @property
    def branching(self) -> int:
        """The highest rank that any node has, plus one: how many guesses a drafter must offer."""
        return max((path[-1] + 1 for path in self.paths), default=0)

    def expected_tokens(self, levels: Levels) -> float:
        """1 for the root plus the probability of every node (Medusa, arXiv 2401.10774, section 2.2.1)."""
        return 1.0 + sum(value_of(path, levels) for path in self.paths)


def value_of(path: Path, levels: Levels) -> float:
    """Probability that all guesses along the path are right."""
    value = 1.0
    for depth, rank in enumerate(path):
        value *= levels[depth][rank]
    return value
