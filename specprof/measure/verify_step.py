"""The verify step of the whole model: K candidates against a prefix, logits for all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from specprof.measure.llama import build_llama
from specprof.measure.prefix_cache import prefix_cache
from specprof.measure.tree_mask import tree_mask, tree_positions
from specprof.plan.draft_tree import parents
from specprof.plan.plan import Plan, Row

Mark = Callable[[], None]


@dataclass
class Step:
    """Something to time. `run` does the whole step; `head_alone` only what lies outside the layers.

    `run` calls whatever `marks` holds as it enters the first layer and leaves the last one. A step that
    cannot be marked from inside, a replayed graph, has `run_head` set instead.
    """

    run: Callable[[], torch.Tensor]
    head_alone: Callable[[], torch.Tensor] | None = None
    marks: list[Mark] = field(default_factory=list)
    run_head: Callable[[], torch.Tensor] | None = None


class FullModel:
    """Workload `full`: embedding, layers, norm and head of transformers' Llama."""

    has_head = True
    has_mask = True

    def __init__(self, plan: Plan, dtype: torch.dtype, device: torch.device) -> None:
        self.plan = plan
        self.dtype = dtype
        self.device = device
        self.generator = torch.Generator(device).manual_seed(plan.seed)
        self.model = build_llama(
            plan.model, attention=plan.attention, dtype=dtype, device=device, seed=plan.seed
        )
        self.marks: list[Mark] = []
        self._cache = None
        self._row: Row | None = None
        inner = self.model.model
        inner.layers[0].register_forward_pre_hook(self._on_boundary)
        inner.norm.register_forward_pre_hook(self._on_boundary)

    def _on_boundary(self, *_: object) -> None:
        for mark in self.marks:
            mark()

    def open_row(self, row: Row) -> None:
        """Fills the prefix of one batch size and sequence length, with room for the largest K."""
        self.close_row()
        shape = self.plan.model
        self._cache = prefix_cache(
            layers=shape.layers_measured,
            batch_size=row.batch_size,
            kv_heads=shape.num_key_value_heads,
            head_dim=shape.head_dim,
            prefix=row.seq_len,
            room=self.plan.candidates[-1],
            dtype=self.dtype,
            device=self.device,
            generator=self.generator,
        )
        self._row = row

    def close_row(self) -> None:
        self._cache = None
        self._row = None

    def step(self, candidates: int, *, masked: bool) -> Step:
        """The step for K candidates of the open row. K > 1 is always masked; K = 1 either way."""
        if candidates > 1 and not masked:
            raise ValueError("several candidates need a tree mask")
        row, cache = self._row, self._cache
        assert row is not None
        assert cache is not None
        tree = parents(candidates, self.plan.tree)
        ids = torch.randint(
            0,
            self.plan.model.vocab_size,
            (row.batch_size, candidates),
            generator=self.generator,
            device=self.device,
        )
        mask = None
        if masked:
            mask = tree_mask(tree, row.seq_len, self.dtype, self.device)
            mask = mask.expand(row.batch_size, 1, -1, -1)
        positions = tree_positions(tree, row.seq_len, row.batch_size, self.device)

        def run() -> torch.Tensor:
            return self.model(
                input_ids=ids,
                attention_mask=mask,
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
            ).logits

        def head_alone() -> torch.Tensor:
            config = self.model.config
            depth = config.num_hidden_layers
            config.num_hidden_layers = 0
            try:
                return run()
            finally:
                config.num_hidden_layers = depth

        return Step(run, head_alone, self.marks)
