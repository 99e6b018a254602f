"""The verify step of the whole model: K candidates against a prefix, logits for all of them."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

from specprof.measure.attention.choice import implementation, mask_for
from specprof.measure.attention.tree_mask import tree_positions
from specprof.measure.layer_step import CompiledLayer, LayerStep, layer_step
from specprof.measure.llama import build_llama
from specprof.measure.random_data import fill_random
from specprof.measure.step import Form, Mark, Step
from specprof.plan.draft_tree import parents
from specprof.plan.memory import cache_rows
from specprof.plan.plan import Plan, Row


class FullModel:
    """Workload `full`: embedding, layers, norm and head of transformers' Llama, the layers one by one."""

    has_head = True
    has_mask = True

    def __init__(self, plan: Plan, dtype: torch.dtype, device: torch.device) -> None:
        self.plan = plan
        self.dtype = dtype
        self.device = device
        self.generator = torch.Generator(device).manual_seed(plan.seed)
        self.model = build_llama(
            plan.model,
            attention=plan.attention,
            dtype=dtype,
            device=device,
            seed=plan.seed,
            quantization=plan.quantization,
        )
        self.implementations = {name: implementation(name) for name in plan.attentions}
        self.marks: list[Mark] = []
        self.row: Row | None = None
        self.caches: list[tuple[torch.Tensor, torch.Tensor]] = []
        """Keys and values of each layer, `[B, kv_heads, cache_rows, head_dim]`."""
        self.sdpa_backends: dict[bool, Any] = {}
        """Which kernels `sdpa` may take, by whether there is a mask; torch chooses where nothing is said."""
        self._compiled: CompiledLayer | None = None

    @property
    def compiled_layer(self) -> CompiledLayer:
        if self._compiled is None:
            self._compiled = CompiledLayer()
        return self._compiled

    def open_row(self, row: Row) -> None:
        """Fills the prefix of one batch size and sequence length, with room for the largest K."""
        self.close_row()
        shape = self.plan.model
        rows = cache_rows(self.plan, row.seq_len)
        size = (row.batch_size, shape.num_key_value_heads, rows, shape.head_dim)
        self.caches = [(self._random(size), self._random(size)) for _ in range(shape.layers_measured)]
        self.row = row

    def _random(self, size: tuple[int, ...]) -> torch.Tensor:
        tensor = torch.empty(size, dtype=self.dtype, device=self.device)
        fill_random(tensor, self.generator)
        return tensor

    def close_row(self) -> None:
        self.caches = []
        self.row = None

    def random_ids(self, candidates: int) -> torch.Tensor:
        """Tokens for the open row, `[B, K]`."""
        assert self.row is not None
        return torch.randint(
            0,
            self.plan.model.vocab_size,
            (self.row.batch_size, candidates),
            generator=self.generator,
            device=self.device,
        )

    def step(self, candidates: int, form: Form) -> Step:
        """The step for K candidates of the open row. K > 1 is always masked; K = 1 either way."""
        if candidates > 1 and not form.masked:
            raise ValueError("several candidates need a tree mask")
        return self.step_of(self.random_ids(candidates), parents(candidates, self.plan.tree), form)

    def step_of(self, ids: torch.Tensor, tree: list[int], form: Form) -> Step:
        """The step for these tokens `[B, K]` in this tree, behind the open row's prefix."""
        row = self.row
        assert row is not None
        batch, prefix, candidates = row.batch_size, row.seq_len, len(tree)
        mask = None
        if form.masked:
            mask = mask_for(form.attention, tree, prefix, batch, self.dtype, self.device)
        positions = tree_positions(tree, prefix, batch, self.device)
        end = prefix + candidates
        caches = [(keys[:, :, :end], values[:, :, :end]) for keys, values in self.caches]
        layers = list(zip(self.model.model.layers, caches, strict=True))
        through: LayerStep = layer_step
        if form.compiled:
            flex = form.attention == "flex"
            through = self.compiled_layer.for_flex if flex else self.compiled_layer

        def forward(layers) -> torch.Tensor:
            inner = self.model.model
            self.model.config._attn_implementation = self.implementations[form.attention]
            hidden = inner.embed_tokens(ids)
            cos, sin = inner.rotary_emb(hidden, positions)
            self._on_boundary()
            with self._kernels(form):
                for layer, (keys, values) in layers:
                    hidden = through(layer, hidden, keys, values, mask, cos, sin, positions)
            self._on_boundary()
            return self.model.lm_head(inner.norm(hidden))

        return Step(
            lambda: forward(layers),
            lambda: forward([]),
            self.marks,
            model=None if form.compiled else self.model,
        )

    def _on_boundary(self) -> None:
        for mark in self.marks:
            mark()

    def _kernels(self, form: Form) -> AbstractContextManager[Any]:
        chosen = self.sdpa_backends.get(form.masked) if form.attention == "sdpa" else None
        return nullcontext() if chosen is None else torch.nn.attention.sdpa_kernel(chosen)
