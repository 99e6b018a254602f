"""Attention masks of draft trees, additive and in the query's dtype.

A boolean mask is converted again in every layer under sdpa, and eager attention adds it as 0 and 1,
which is silently wrong; an additive one passes through both untouched.
"""

from __future__ import annotations

import torch

from specprof.plan.draft_tree import ancestors, depths


def tree_mask(tree: list[int], prefix: int, dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    """`[1, 1, K, prefix + K]`: 0 where a candidate sees a row, the dtype's lowest value elsewhere.

    Every candidate sees the whole prefix, its ancestors and itself.
    """
    candidates = len(tree)
    hidden = torch.ones(candidates, candidates, dtype=torch.bool)
    for node, seen in enumerate(ancestors(tree)):
        hidden[node, sorted(seen)] = False
    mask = torch.zeros(1, 1, candidates, prefix + candidates, dtype=dtype)
    mask[0, 0, :, prefix:].masked_fill_(hidden, torch.finfo(dtype).min)
    return mask.to(device)


def tree_positions(tree: list[int], prefix: int, batch_size: int, device: torch.device) -> torch.Tensor:
    """Position of each candidate, `[B, K]`: prefix length plus its depth in the tree."""
    row = torch.tensor(depths(tree), device=device) + prefix
    return row.unsqueeze(0).expand(batch_size, -1).contiguous()
