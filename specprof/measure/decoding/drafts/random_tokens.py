"""Candidates that nobody drafted: random tokens, for steps whose acceptance is drawn."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from specprof.measure.decoding.decoder import Path, StepResult

PREPARED = 16


class RandomTokens:
    """Drafting costs nothing: the tokens are made beforehand."""

    def __init__(
        self, parents: Sequence[int], vocab_size: int, batch_size: int, generator: torch.Generator
    ) -> None:
        self.parents = tuple(parents)
        size = (PREPARED, batch_size, len(self.parents))
        self._prepared = torch.randint(0, vocab_size, size, generator=generator, device=generator.device)
        self._turn = 0

    def begin(self, prompt: torch.Tensor | None, last: StepResult | None, roots: Sequence[int]) -> None:
        """Nothing hangs on what was before."""

    def propose(self, roots: Sequence[int]) -> torch.Tensor:
        ids = self._prepared[self._turn]
        self._turn = (self._turn + 1) % PREPARED
        ids[:, 0] = torch.tensor(roots, device=ids.device)
        return ids

    def take(self, ids: torch.Tensor, paths: Sequence[Path], result: StepResult) -> None:
        """Nothing is learnt from it."""
