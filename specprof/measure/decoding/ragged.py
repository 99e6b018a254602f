"""Steps of a batch whose sequences have prefixes of different lengths."""

from __future__ import annotations

import torch

from specprof.measure.attention.tree_mask import ALIGNMENT
from specprof.measure.layer_step import through_layer


class RaggedCache:
    """One layer's keys and values, `[B, kv_heads, rows, head_dim]`: those of candidate k of sequence b are
    written to row `rows[b, k]`. Stands in for transformers' cache."""

    def __init__(self, keys: torch.Tensor, values: torch.Tensor, rows: torch.Tensor) -> None:
        self.keys, self.values, self.rows = keys, values, rows

    def update(self, key_states, value_states, *args, **kwargs):
        batch = torch.arange(self.rows.shape[0], device=self.rows.device)[:, None]
        self.keys[batch, :, self.rows] = key_states.transpose(1, 2)
        self.values[batch, :, self.rows] = value_states.transpose(1, 2)
        return self.keys, self.values


def ragged_layer_step(layer, hidden, keys, values, mask, cos, sin, positions, rows) -> torch.Tensor:
    """`layer_step` with the cache's row of each candidate, `rows` `[B, K]`."""
    return through_layer(layer, hidden, RaggedCache(keys, values, rows), mask, cos, sin, positions)


def ragged_mask(sees: torch.Tensor, lengths: torch.Tensor, width: int, dtype: torch.dtype) -> torch.Tensor:
    """`[B, 1, K, width]`, additive: a candidate sees its own sequence's prefix, `lengths` `[B]`, and of the
    candidates behind that those that `sees` `[K, K]` says. Rows beyond them it does not see."""
    count = sees.shape[0]
    room = (width // ALIGNMENT + 1) * ALIGNMENT  # see tree_mask
    behind = torch.arange(room, device=sees.device) - lengths[:, None]  # [B, room]
    seen = sees[:, behind.clamp(0, count - 1)].transpose(0, 1)  # [B, K, room]
    seen = (behind < 0)[:, None] | (seen & (behind < count)[:, None])
    mask = torch.zeros(seen.shape, dtype=dtype, device=sees.device)
    return mask.masked_fill_(~seen, torch.finfo(dtype).min)[:, None, :, :width]


def ragged_positions(depths: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Position of each candidate, `[B, K]`: its sequence's prefix length plus its depth, `depths` `[K]`."""
    return lengths[:, None] + depths
