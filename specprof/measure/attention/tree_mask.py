"""Attention masks of draft trees, additive and in the query's dtype.

A boolean mask is converted again in every layer under sdpa, and eager attention adds it as 0 and 1,
which is silently wrong; an additive one passes through both untouched.
"""

from __future__ import annotations

from functools import lru_cache

import torch

from specprof.plan.draft_tree import ancestors, depths

ALIGNMENT = 8


def who_sees_whom(tree: list[int]) -> torch.Tensor:
    """`[K, K]`, true where the candidate of the row sees that of the column: its ancestors and itself.

    Only to be read: decoding asks for the same few trees in every step, and gets the same tensors.
    """
    return _seen_in(tuple(tree))


@lru_cache(maxsize=256)
def _seen_in(tree: tuple[int, ...]) -> torch.Tensor:
    sees = torch.zeros(len(tree), len(tree), dtype=torch.bool)
    for node, seen in enumerate(ancestors(list(tree))):
        sees[node, sorted(seen)] = True
    return sees


def tree_mask(tree: list[int], prefix: int, dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    """`[1, 1, K, prefix + K]`: 0 where a candidate sees a row, the dtype's lowest value elsewhere.

    Every candidate sees the whole prefix, its ancestors and itself.
    """
    candidates = len(tree)
    length = prefix + candidates
    # rows begin where a kernel can read them: torch copies a mask of any other stride in every layer. They
    # never fill their room: a mask that does is laid out like no other, and would be compiled apart
    room = (length // ALIGNMENT + 1) * ALIGNMENT
    mask = torch.zeros(1, 1, candidates, room, dtype=dtype)
    mask[0, 0, :, prefix:length].masked_fill_(~who_sees_whom(tree), torch.finfo(dtype).min)
    return mask.to(device)[..., :length]


def tree_positions(tree: list[int], prefix: int, batch_size: int, device: torch.device) -> torch.Tensor:
    """Position of each candidate, `[B, K]`: prefix length plus its depth in the tree."""
    row = torch.tensor(depths(tree), device=device) + prefix
    return row.unsqueeze(0).expand(batch_size, -1).contiguous()
