"""Medusa's heads: all of them on the last hidden states of the target, as one draft pass.

Each head is a residual block, x + SiLU(Wx + b), and a projection to the vocabulary of its own without
bias (Cai et al., arXiv 2401.10774, section 2.1.1; `medusa_num_layers=1` in their implementation).
"""

from __future__ import annotations

import torch
from torch.nn import functional

from specprof.measure.llama import WEIGHT_SCALE
from specprof.measure.random_data import fill_random
from specprof.measure.step import Step
from specprof.plan.plan import Plan, Row


class Medusa:
    """`depth` heads, in `heads`: W `[hidden, hidden]`, b `[hidden]` and the projection `[vocab, hidden]`."""

    def __init__(self, plan: Plan, dtype: torch.dtype, device: torch.device) -> None:
        assert plan.drafter is not None
        self._hidden_size = plan.model.hidden_size
        self._dtype = dtype
        self._device = device
        self._generator = torch.Generator(device).manual_seed(plan.seed)
        sizes = (
            (self._hidden_size, self._hidden_size),
            (self._hidden_size,),
            (plan.model.vocab_size, self._hidden_size),
        )
        self.heads = [
            tuple(self._random(size, WEIGHT_SCALE) for size in sizes) for _ in range(plan.drafter.depth)
        ]
        self.hidden: torch.Tensor | None = None

    def _random(self, size: tuple[int, ...], scale: float = 1.0) -> torch.Tensor:
        tensor = torch.empty(size, dtype=self._dtype, device=self._device)
        fill_random(tensor, self._generator, scale)
        return tensor

    def open_row(self, row: Row) -> None:
        """Last hidden states `[B, 1, hidden]`. The prefix does not reach the heads."""
        self.hidden = self._random((row.batch_size, 1, self._hidden_size))

    def close_row(self) -> None:
        self.hidden = None

    def step(self) -> Step:
        """One pass: logits of all heads, `[heads, B, 1, vocab]`, stacked as the implementation does."""
        hidden = self.hidden
        assert hidden is not None

        def run() -> torch.Tensor:
            logits = []
            for weight, bias, projection in self.heads:
                residual = hidden + functional.silu(functional.linear(hidden, weight, bias))
                logits.append(functional.linear(residual, projection))
            return torch.stack(logits)

        return Step(run)
