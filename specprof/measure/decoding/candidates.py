"""A tree of candidates as acceptance walks it: who follows whom, and by what chance."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Candidates:
    """`parents` `[K]`, −1 for the root, each before its children; `chances` `[K]`: the probability that a
    candidate is right where its parent is, of which those of siblings add up to 1 at most. The root's is 1.
    """

    parents: tuple[int, ...]
    chances: tuple[float, ...] = ()

    @property
    def count(self) -> int:
        return len(self.parents)

    @cached_property
    def children(self) -> tuple[tuple[int, ...], ...]:
        """Of each candidate, in the order of their numbers."""
        found: list[list[int]] = [[] for _ in self.parents]
        for node, parent in enumerate(self.parents):
            if parent >= 0:
                found[parent].append(node)
        return tuple(map(tuple, found))

    def drawn(self, chance: random.Random) -> list[int]:
        """A path from the root, drawn by the chances."""
        path = [0]
        while children := self.children[path[-1]]:
            left = chance.random()
            for child in children:
                left -= self.chances[child]
                if left < 0:
                    path.append(child)
                    break
            else:
                break
        return path

    def agreeing(self, ids: Sequence[int], wanted: Sequence[int]) -> list[int]:
        """The path of the candidates `ids` that the model wanted: `wanted` behind each, both `[K]`."""
        path = [0]
        while True:
            node = path[-1]
            follows = next((child for child in self.children[node] if ids[child] == wanted[node]), None)
            if follows is None:
                return path
            path.append(follows)


def chain(count: int) -> Candidates:
    """One behind the other."""
    return Candidates(tuple(node - 1 for node in range(count)))
