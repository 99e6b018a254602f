"""The verify step in float32, written out: what every way of executing it is checked against.

Nothing of transformers runs here, only the model's weights are taken, each layer's brought to float32 for
as long as it is computed with. Llama as published: RMSNorm (arXiv 1910.07467), rotary embedding with halves
rotated (arXiv 2104.09864), grouped queries (arXiv 2305.13245), SwiGLU (arXiv 2002.05202).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from specprof.measure.quantized import dequantised
from specprof.plan.draft_tree import ancestors, depths
from specprof.plan.model import ModelShape
from specprof.plan.plan import Row

Caches = Sequence[tuple[torch.Tensor, torch.Tensor]]


def reference_logits(
    model,
    shape: ModelShape,
    ids: torch.Tensor,
    tree: list[int],
    prefix: int,
    caches: Caches,
    *,
    blind: bool = False,
) -> torch.Tensor:
    """Float32 logits `[B, K, vocab]` of the candidates `ids` `[B, K]` behind the first `prefix` rows of the
    caches, which are only read.

    `blind` leaves the tree mask out, so that every candidate sees every other one: the mistake that a check
    must be able to tell from the truth.
    """
    sees = torch.zeros(len(tree), len(tree), dtype=torch.bool, device=ids.device)
    for node, seen in enumerate(ancestors(tree)):
        sees[node, sorted(seen)] = True
    if blind:
        sees[:] = True
    positions = torch.tensor(depths(tree), device=ids.device) + prefix
    cos, sin = _rotation(positions, shape)
    inner = model.model
    hidden = _full(inner.embed_tokens.weight[ids])
    for layer, (keys, values) in zip(inner.layers, caches, strict=True):
        normed = _norm(hidden, layer.input_layernorm)
        cached = keys[:, :, :prefix].float(), values[:, :, :prefix].float()
        hidden = hidden + _attention(layer.self_attn, normed, cached, sees, cos, sin, shape)
        normed = _norm(hidden, layer.post_attention_layernorm)
        gate = torch.nn.functional.silu(_linear(layer.mlp.gate_proj, normed))
        hidden = hidden + _linear(layer.mlp.down_proj, gate * _linear(layer.mlp.up_proj, normed))
    return _linear(model.lm_head, _norm(hidden, inner.norm))


def reference_bytes(shape: ModelShape, row: Row, candidates: int) -> int:
    """Bytes that `reference_logits` takes beside the model and its caches, at most: float32 copies of one
    layer's keys and values, as they are, joined and repeated for each head, scores, the largest weight, and
    two sets of logits."""
    span, tokens = row.seq_len + candidates, row.batch_size * candidates
    heads = 4 * shape.num_key_value_heads + 2 * shape.num_attention_heads
    cached = row.batch_size * span * shape.head_dim * heads
    scores = 3 * row.batch_size * shape.num_attention_heads * candidates * span
    weight = shape.hidden_size * max(shape.intermediate_size, shape.vocab_size)
    hidden = tokens * (8 * shape.hidden_size + 3 * shape.intermediate_size)
    return 4 * (cached + scores + weight + hidden + 2 * tokens * shape.vocab_size)


def _attention(attention, hidden, cached, sees, cos, sin, shape: ModelShape) -> torch.Tensor:
    batch, candidates, _ = hidden.shape
    group = shape.num_attention_heads // shape.num_key_value_heads

    def heads(projection) -> torch.Tensor:
        return _linear(projection, hidden).view(batch, candidates, -1, shape.head_dim).transpose(1, 2)

    query = _rotated(heads(attention.q_proj), cos, sin)
    keys = torch.cat((cached[0], _rotated(heads(attention.k_proj), cos, sin)), dim=2)
    values = torch.cat((cached[1], heads(attention.v_proj)), dim=2)
    scores = query @ keys.repeat_interleave(group, dim=1).transpose(-1, -2) * shape.head_dim**-0.5
    prefix = cached[0].shape[2]
    scores[..., prefix:] = scores[..., prefix:].masked_fill(~sees, float("-inf"))
    mixed = torch.softmax(scores, dim=-1) @ values.repeat_interleave(group, dim=1)
    return _linear(attention.o_proj, mixed.transpose(1, 2).reshape(batch, candidates, -1))


def _rotation(positions: torch.Tensor, shape: ModelShape) -> tuple[torch.Tensor, torch.Tensor]:
    """cos and sin of position times frequency, `[K, head_dim]` each: both halves of a head alike."""
    exponents = torch.arange(0, shape.head_dim, 2, device=positions.device).float() / shape.head_dim
    angles = positions.float()[:, None] * (shape.rope_theta**-exponents)[None]
    return torch.cat((angles, angles), dim=-1).cos(), torch.cat((angles, angles), dim=-1).sin()


def _rotated(heads: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    first, second = heads.chunk(2, dim=-1)
    return heads * cos + torch.cat((-second, first), dim=-1) * sin


def _norm(hidden: torch.Tensor, norm) -> torch.Tensor:
    scale = torch.rsqrt(hidden.pow(2).mean(-1, keepdim=True) + norm.variance_epsilon)
    return hidden * scale * _full(norm.weight)


def _linear(module, hidden: torch.Tensor) -> torch.Tensor:
    bias = None if module.bias is None else _full(module.bias)
    return torch.nn.functional.linear(hidden, _full(module.weight), bias)


def _full(tensor: torch.Tensor) -> torch.Tensor:
    """In float32; a quantised weight as what it stands for."""
    return dequantised(tensor)
