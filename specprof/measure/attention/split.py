"""Split attention: flash over the prefix without a mask, the K×K block of candidates with one, merged.

All candidates see the whole prefix, so only the small block behind it needs the tree mask. Merging by
log-sum-exp is exact. Serving engines verify trees this way; masked sdpa and eager attention read and
write more for long prefixes.
"""

from __future__ import annotations

import torch

from specprof.measure.attention import registering

NAME = "specprof_split"


def _flash_with_lse(query, key, value, scale):
    """Unmasked attention and its log-sum-exp: `[B, H, Q, D]` and float32 `[B, H, Q]`."""
    if query.device.type == "cpu":
        return torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(query, key, value, scale=scale)[:2]
    if query.dtype == torch.float32:  # CUDA's flash kernels take half precision only
        output, lse = torch.ops.aten._scaled_dot_product_efficient_attention(
            query, key, value, None, True, scale=scale
        )[:2]
        return output, lse[..., : query.shape[-2]]
    return torch.ops.aten._scaled_dot_product_flash_attention(query, key, value, scale=scale)[:2]


def split_attention_forward(module, query, key, value, attention_mask, scaling=None, dropout=0.0, **kwargs):
    """Attention in the form transformers calls it: query `[B, H, K, D]`, key and value `[B, H', S+K, D]`.

    Returns `[B, K, H, D]` and no weights. Query heads that share a key-value head are laid side by side
    as more queries, so nothing is repeated.
    """
    batch, heads, candidates, width = query.shape
    kv_heads = key.shape[1]
    group = heads // kv_heads
    scale = width**-0.5 if scaling is None else scaling
    grouped = query.reshape(batch, kv_heads, group * candidates, width)
    if attention_mask is None:
        if candidates > 1:
            raise ValueError("several candidates need a tree mask")
        output, _ = _flash_with_lse(grouped, key, value, scale)
        return output.reshape(batch, heads, candidates, width).transpose(1, 2), None

    prefix = key.shape[2] - candidates
    far, far_lse = _flash_with_lse(grouped, key[:, :, :prefix], value[:, :, :prefix], scale)
    far = far.reshape(batch, kv_heads, group, candidates, width)
    far_lse = far_lse.reshape(batch, kv_heads, group, candidates, 1)

    near_query = query.reshape(batch, kv_heads, group, candidates, width)
    near_key, near_value = key[:, :, None, prefix:], value[:, :, None, prefix:]
    scores = torch.matmul(near_query, near_key.transpose(-1, -2)).float() * scale
    scores = scores + attention_mask[:, :, None, :, prefix:].float()
    near_lse = torch.logsumexp(scores, dim=-1, keepdim=True)
    near = torch.matmul(torch.exp(scores - near_lse).to(value.dtype), near_value)

    share = torch.sigmoid(far_lse - near_lse)  # the prefix's part of the softmax's whole weight
    merged = far.float() * share + near.float() * (1 - share)
    return merged.to(query.dtype).reshape(batch, heads, candidates, width).transpose(1, 2), None


def register() -> None:
    """Makes transformers know the attention as `specprof_split`."""
    registering.register(NAME, split_attention_forward)
