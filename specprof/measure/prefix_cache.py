"""A key-value cache whose prefix never advances: every repetition of a step sees the same S tokens."""

from __future__ import annotations

import torch
from transformers.cache_utils import Cache, StaticLayer

from specprof.measure.random_data import fill_random


class PrefixLayer(StaticLayer):
    """One layer's keys and values, `[B, kv_heads, rows, head_dim]`, of which the first `prefix` stand.

    `update` writes the candidates' keys and values behind the prefix and returns exactly the rows in
    use. The stock static cache returns all its rows, and attention then reads those nobody filled.
    """

    def __init__(self, rows: int, prefix: int) -> None:
        super().__init__(rows)
        self.prefix = prefix

    def update(self, key_states, value_states, *args, **kwargs):
        end = self.prefix + key_states.shape[-2]
        self.keys[:, :, self.prefix : end].copy_(key_states)
        self.values[:, :, self.prefix : end].copy_(value_states)
        return self.keys[:, :, :end], self.values[:, :, :end]

    def get_seq_length(self) -> int:
        return self.prefix

    def get_mask_sizes(self, query_length) -> tuple[int, int]:
        return self.prefix + query_length, 0


def prefix_cache(
    *, layers: int, batch_size: int, kv_heads: int, head_dim: int, prefix: int, room: int,
    dtype: torch.dtype, device: torch.device, generator: torch.Generator,
) -> Cache:  # fmt: skip
    """A cache of `prefix` random tokens with room for `room` candidates in every layer."""
    cache = Cache(layers=[PrefixLayer(prefix + room, prefix) for _ in range(layers)])
    cache.early_initialization(batch_size, kv_heads, head_dim, dtype, device)
    for layer in cache.layers:
        fill_random(layer.keys, generator)
        fill_random(layer.values, generator)
    return cache
