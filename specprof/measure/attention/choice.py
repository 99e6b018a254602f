"""An attention by its name: what transformers calls it, and the mask it takes."""

from __future__ import annotations

from typing import Any

import torch

from specprof.measure.attention import flex, split
from specprof.measure.attention.tree_mask import tree_mask

_OWN = {"split": split, "flex": flex}


def implementation(attention: str) -> str:
    """The name for `config._attn_implementation`; makes transformers know it first where it is ours."""
    own = _OWN.get(attention)
    if own is None:
        return attention
    own.register()
    return own.NAME


def mask_for(
    attention: str, tree: list[int], prefix: int, batch_size: int, dtype: torch.dtype, device: torch.device
) -> Any:
    """The mask that lets each candidate see the prefix, its ancestors and itself.

    For `flex` a BlockMask, for all others `[B, 1, K, prefix + K]`, additive, in the query's dtype.
    """
    if attention == "flex":
        return flex.block_mask(tree, prefix, device)
    return tree_mask(tree, prefix, dtype, device).expand(batch_size, 1, -1, -1)
