"""Medusa's heads as a drafter: the best token of each head, one behind the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from specprof.measure.decoding.decoder import Path, StepResult
from specprof.measure.drafters.medusa import Medusa


class MedusaDrafts:
    """A chain of K = heads + 1. The heads see the target's hidden state, after its final `norm`, of the
    candidate that was accepted last: head h proposes the token h + 1 behind the root, h from 0.

    The heads of `medusa` run as its timed pass does. Their weights are random, so what they propose is right
    by chance only.
    """

    def __init__(self, medusa: Medusa, norm: Callable[[torch.Tensor], torch.Tensor]) -> None:
        self.medusa = medusa
        self.norm = norm
        self.parents = tuple(node - 1 for node in range(len(medusa.heads) + 1))

    def begin(self, prompt: torch.Tensor, last: StepResult, roots: Sequence[int]) -> None:
        self.medusa.hidden = self.norm(last.hidden)

    def propose(self, roots: Sequence[int]) -> torch.Tensor:
        logits = self.medusa.step().run()
        assert logits is not None
        drafted = logits.argmax(-1)[..., 0].T  # [B, heads]
        root = torch.tensor(roots, device=drafted.device)[:, None]
        return torch.cat((root, drafted), dim=1)

    def take(self, ids: torch.Tensor, paths: Sequence[Path], result: StepResult) -> None:
        last = torch.tensor([path[-1] for path in paths], device=ids.device)
        sequences = torch.arange(len(paths), device=ids.device)
        self.medusa.hidden = self.norm(result.hidden[sequences, last][:, None])
