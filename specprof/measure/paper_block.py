"""Workload `paper-block`: the simplified Llama block that the published curves were measured on.

Medusa (arXiv 2401.10774, appendix) times these operations in sequence: XW_Q, XW_K, XW_V, QKᵀ, PV,
XW_u, XW_g, XW_d. No output projection, no norms, no rotary embedding, no softmax, no mask.
"""

from __future__ import annotations

import torch

from specprof.measure.random_data import fill_random
from specprof.measure.step import Form, Mark, Step
from specprof.plan.memory import cache_rows
from specprof.plan.plan import Plan, Row


class PaperBlock:
    """The layers' matrix products alone; embedding, norm and head do not exist here."""

    has_head = False
    has_mask = False

    def __init__(self, plan: Plan, dtype: torch.dtype, device: torch.device) -> None:
        self.plan = plan
        self.dtype = dtype
        self.device = device
        self.generator = torch.Generator(device).manual_seed(plan.seed)
        shape = plan.model
        query, kv = shape.num_attention_heads * shape.head_dim, shape.num_key_value_heads * shape.head_dim
        sizes = [
            (query, shape.hidden_size),
            (kv, shape.hidden_size),
            (kv, shape.hidden_size),
            (shape.intermediate_size, shape.hidden_size),
            (shape.intermediate_size, shape.hidden_size),
            (shape.hidden_size, shape.intermediate_size),
        ]
        # at this scale values keep their size from block to block; without norms they would overflow
        self.layers = [
            [self._random(size, size[1] ** -0.5) for size in sizes] for _ in range(shape.layers_measured)
        ]
        self.marks: list[Mark] = []
        self._row: Row | None = None
        self._caches: list[tuple[torch.Tensor, torch.Tensor]] = []

    def _random(self, size: tuple[int, ...], scale: float = 1.0) -> torch.Tensor:
        tensor = torch.empty(size, dtype=self.dtype, device=self.device)
        fill_random(tensor, self.generator, scale)
        return tensor

    def open_row(self, row: Row) -> None:
        """Keys and values of the prefix with the largest K behind it, for every layer."""
        self.close_row()
        shape = self.plan.model
        rows = cache_rows(self.plan, row.seq_len)
        size = (row.batch_size, shape.num_key_value_heads, rows, shape.head_dim)
        self._caches = [(self._random(size), self._random(size)) for _ in self.layers]
        self._row = row

    def close_row(self) -> None:
        self._caches = []
        self._row = None

    def step(self, candidates: int, form: Form) -> Step:
        """The block for K candidates. It has no mask and one attention: the form changes nothing."""
        row = self._row
        assert row is not None
        shape = self.plan.model
        hidden = self._random((row.batch_size, candidates, shape.hidden_size))
        group = shape.num_attention_heads // shape.num_key_value_heads
        span = row.seq_len + candidates

        def run() -> torch.Tensor:
            out = hidden
            for weights, (keys, values) in zip(self.layers, self._caches, strict=True):
                out = _block(out, weights, keys[:, :, :span], values[:, :, :span], group)
            return out

        return Step(run, None, self.marks)


def _block(hidden, weights, keys, values, group):
    """One block: hidden `[B, K, hidden]` → `[B, K, hidden]`, attending to `[B, kv_heads, S + K, D]`."""
    wq, wk, wv, up, gate, down = weights
    batch, candidates, _ = hidden.shape
    kv_heads, width = keys.shape[1], keys.shape[3]
    linear = torch.nn.functional.linear
    query = linear(hidden, wq).view(batch, candidates, kv_heads, group, width)
    query = query.permute(0, 2, 3, 1, 4).reshape(batch, kv_heads, group * candidates, width)
    for cache, weight in ((keys, wk), (values, wv)):
        fresh = linear(hidden, weight).view(batch, candidates, kv_heads, width).transpose(1, 2)
        cache[:, :, -candidates:].copy_(fresh)
    # scaled so that values stay finite through many blocks; the paper's block has no softmax
    scores = torch.matmul(query * (width**-0.5 / keys.shape[2]), keys.transpose(-1, -2))
    torch.matmul(scores, values)
    linear(hidden, up)
    return linear(linear(hidden, gate), down)
