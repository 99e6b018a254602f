"""Who accepts candidates: chance, or what the target itself would have said."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol

import torch

from specprof.measure.decoding.candidates import Candidates
from specprof.measure.decoding.sampling import probabilities, sampled_path


class Accepted:
    """Of each sequence the path that stands, and the token that it goes on with."""

    def __init__(self, paths: Sequence[list[int]], roots: Sequence[int]) -> None:
        self.paths, self.roots = paths, roots


class Verdict(Protocol):
    def __call__(self, candidates: Candidates, ids: torch.Tensor, logits: torch.Tensor) -> Accepted:
        """Judges candidates `ids` `[B, K]` by the target's `logits` `[B, K, vocab]`."""


class Greedy:
    """A candidate stands where it is the most likely token behind its parent: the output is that of greedy
    decoding, token for token."""

    def __call__(self, candidates: Candidates, ids: torch.Tensor, logits: torch.Tensor) -> Accepted:
        wanted, given = logits.argmax(-1).tolist(), ids.tolist()
        paths = [candidates.agreeing(own, want) for own, want in zip(given, wanted, strict=True)]
        return Accepted(paths, [want[path[-1]] for want, path in zip(wanted, paths, strict=True)])


class Sampled:
    """Speculative sampling of candidates that were certain, as a drafter's best tokens are: what is decoded
    is distributed as the target's own samples at this temperature."""

    def __init__(self, temperature: float, generator: torch.Generator) -> None:
        self._temperature, self._generator = temperature, generator

    def __call__(self, candidates: Candidates, ids: torch.Tensor, logits: torch.Tensor) -> Accepted:
        target = probabilities(logits, self._temperature)
        found = [
            sampled_path(candidates, own, weights, None, self._generator)
            for own, weights in zip(ids.tolist(), target, strict=True)
        ]
        return Accepted([path for path, _ in found], [root for _, root in found])


class Drawn:
    """Which candidates stand is drawn by their chances. The most likely tokens are computed and fetched all
    the same, and go on: the work is that of greedy acceptance."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)  # noqa: S311

    def __call__(self, candidates: Candidates, ids: torch.Tensor, logits: torch.Tensor) -> Accepted:
        wanted = logits.argmax(-1).tolist()
        paths = [candidates.drawn(self._random) for _ in wanted]
        return Accepted(paths, [want[path[-1]] for want, path in zip(wanted, paths, strict=True)])
