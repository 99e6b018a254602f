"""The target's own continuation with errors at a known rate: what it accepts is known beforehand."""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch

from specprof.measure.decoding.candidates import Candidates
from specprof.measure.decoding.decoder import Path, StepResult
from specprof.plan.draft_tree import depths


class Corrupted:
    """Proposes what `continuations` say, one per sequence and without its root, as far as a path goes that
    is drawn by the candidates' chances. Behind each candidate of that path all others are wrong, and so are
    all those behind its last one: the target accepts just what was drawn.

    Where a continuation ends, or behind a candidate that is wrong itself, nobody knows what the target
    wants; tokens there are random.
    """

    def __init__(
        self,
        candidates: Candidates,
        continuations: Sequence[Sequence[int]],
        vocab_size: int,
        seed: int,
        device: torch.device,
    ) -> None:
        self.candidates = candidates
        self.parents = candidates.parents
        self.continuations = continuations
        self.vocab_size = vocab_size
        self.device = device
        self._chance = random.Random(seed)  # noqa: S311
        self._depths = depths(list(self.parents))
        self._at = [0] * len(continuations)
        """Tokens of each continuation that lie before its root or are it, the very first root not counted."""

    def begin(self, prompt: torch.Tensor, last: StepResult, roots: Sequence[int]) -> None:
        self._at = [0] * len(self.continuations)

    def propose(self, roots: Sequence[int]) -> torch.Tensor:
        return torch.tensor([self._proposed(*one) for one in enumerate(roots)], device=self.device)

    def _proposed(self, sequence: int, root: int) -> list[int]:
        ids = [root] * len(self.parents)
        right = set(self.candidates.drawn(self._chance))
        rest, at = self.continuations[sequence], self._at[sequence]
        for parent, children in enumerate(self.candidates.children):
            place = at + self._depths[parent]
            wanted = rest[place] if parent in right and place < len(rest) else None
            turn = self._chance.randrange(self.vocab_size)
            for rank, child in enumerate(children):
                if wanted is None:
                    ids[child] = (turn + rank) % self.vocab_size
                elif child in right:
                    ids[child] = wanted
                else:  # siblings differ, and none of them is what is wanted
                    ids[child] = (wanted + 1 + (turn + rank) % (self.vocab_size - 1)) % self.vocab_size
        return ids

    def take(self, ids: torch.Tensor, paths: Sequence[Path], result: StepResult) -> None:
        self._at = [at + len(path) for at, path in zip(self._at, paths, strict=True)]
