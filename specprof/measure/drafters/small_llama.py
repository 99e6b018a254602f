"""A small Llama that drafts token by token: one token of each sequence behind its own prefix."""

from __future__ import annotations

import torch
from transformers.cache_utils import Cache

from specprof.measure.cache_word import CACHE
from specprof.measure.llama import build_llama
from specprof.measure.prefix_cache import prefix_cache
from specprof.measure.step import Step
from specprof.plan.plan import Plan, Row


class SmallLlama:
    """The model with a cache of its own. It runs as the target does: same dtype, device and attention."""

    def __init__(self, plan: Plan, dtype: torch.dtype, device: torch.device) -> None:
        assert plan.drafter is not None
        assert plan.drafter.model is not None
        self.shape = plan.drafter.model
        self._dtype = dtype
        self._device = device
        self._generator = torch.Generator(device).manual_seed(plan.seed)
        self.model = build_llama(
            self.shape, attention=plan.attention, dtype=dtype, device=device, seed=plan.seed
        )
        self.cache: Cache | None = None
        self.ids: torch.Tensor | None = None

    def open_row(self, row: Row) -> None:
        """A prefix of S random tokens with room for one more, and that token's id `[B, 1]`."""
        self.cache = prefix_cache(
            layers=self.shape.layers_total,
            batch_size=row.batch_size,
            kv_heads=self.shape.num_key_value_heads,
            head_dim=self.shape.head_dim,
            prefix=row.seq_len,
            room=1,
            dtype=self._dtype,
            device=self._device,
            generator=self._generator,
        )
        size = (row.batch_size, 1)
        self.ids = torch.randint(
            0, self.shape.vocab_size, size, generator=self._generator, device=self._device
        )
        self._positions = torch.full(size, row.seq_len, device=self._device)

    def close_row(self) -> None:
        self.cache = self.ids = None

    def step(self) -> Step:
        """One pass: logits `[B, 1, vocab]` of the token behind the prefix."""
        cache, ids, positions = self.cache, self.ids, self._positions

        def run() -> torch.Tensor:
            logits: torch.Tensor = self.model(
                input_ids=ids, position_ids=positions, use_cache=True, **{CACHE: cache}
            ).logits
            return logits

        return Step(run)
