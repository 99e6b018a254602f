"""Flex attention: torch's compiled attention kernel with the tree mask as a function of positions.

Blocks that the mask leaves empty are skipped and nothing of it is read from memory but the K×K table of
who sees whom. Compiled, and so for CUDA only: on a CPU the compiler has crashed on it, and uncompiled it
writes all scores out.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch.nn.attention.flex_attention import BlockMask, create_block_mask, flex_attention

from specprof.measure.attention import registering
from specprof.measure.attention.tree_mask import who_sees_whom
from specprof.measure.compiling import few_graphs, fix_all_but_length

NAME = "specprof_flex"


def block_mask(tree: list[int], prefix: int, device: torch.device) -> BlockMask:
    """The tree's mask behind `prefix` tokens, the same for every sequence and head."""
    candidates = len(tree)
    sees = who_sees_whom(tree).to(device)

    def visible(batch, head, query, key):
        # both sides are computed for every key: an index in the prefix is held at the first candidate
        return (key < prefix) | sees[query, (key - prefix).clamp(min=0)]

    return create_block_mask(
        visible, B=None, H=None, Q_LEN=candidates, KV_LEN=prefix + candidates, device=device
    )


@lru_cache(maxsize=1)
def _compiled():
    """One compiled kernel for all lengths and counts: compiling each anew would take longer than the
    sweep."""
    return few_graphs(flex_attention)


def flex_attention_forward(module, query, key, value, attention_mask, scaling=None, dropout=0.0, **kwargs):
    """Attention in the form transformers calls it: query `[B, H, K, D]`, key and value `[B, H', S+K, D]`.

    `attention_mask` is a BlockMask, or None where one candidate sees all. Returns `[B, K, H, D]` and no
    weights.
    """
    if attention_mask is None and query.shape[2] > 1:
        raise ValueError("several candidates need a tree mask")
    fused = query.device.type == "cuda" and not torch.compiler.is_compiling()
    if fused:
        for tensor in (query, key, value):
            fix_all_but_length(tensor)
    attend = _compiled() if fused else flex_attention
    output = attend(
        query,
        key,
        value,
        block_mask=attention_mask,
        scale=scaling,
        enable_gqa=query.shape[1] != key.shape[1],
    )
    return output.transpose(1, 2), None


def register() -> None:
    """Makes transformers know the attention as `specprof_flex`."""
    registering.register(NAME, flex_attention_forward)
