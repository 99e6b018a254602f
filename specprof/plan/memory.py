"""How many bytes a model and a cell need, predicted before either is tried."""

from __future__ import annotations

from specprof.plan.model import BYTES_PER_VALUE
from specprof.plan.plan import Cell, Plan, Row

_WORKSPACE_BYTES = 256 << 20
"""Room for kernel workspaces and the allocator's rounding."""


def weight_bytes(plan: Plan) -> int:
    """Bytes of the weights that are built: the measured layers with embedding, norm and head."""
    return plan.model.parameters(plan.model.layers_measured) * BYTES_PER_VALUE[plan.dtype]


def cache_bytes(plan: Plan, batch_size: int, rows: int) -> int:
    """Bytes of a key-value cache of `rows` positions per sequence over the measured layers."""
    shape = plan.model
    per_position = 2 * shape.num_key_value_heads * shape.head_dim * BYTES_PER_VALUE[plan.dtype]
    return shape.layers_measured * batch_size * rows * per_position


def step_bytes(plan: Plan, cell: Cell) -> int:
    """Bytes that a verify step at full depth must read at least once: weights, and keys and values.

    Of the embedding only the rows of the tokens are read. The published block has no output projection,
    norms, embedding or head.
    """
    shape = plan.model
    if plan.workload == "paper-block":
        queries = shape.num_attention_heads * shape.head_dim
        keys = shape.num_key_value_heads * shape.head_dim
        layer = shape.hidden_size * (queries + 2 * keys) + 3 * shape.hidden_size * shape.intermediate_size
        head = 0
    else:
        layer = shape.layer_parameters
        head = shape.vocab_size * shape.hidden_size + shape.hidden_size
    cached = 2 * shape.num_key_value_heads * shape.head_dim * (cell.seq_len + cell.candidates)
    values = head + shape.layers_total * (layer + cell.batch_size * cached)
    return values * BYTES_PER_VALUE[plan.dtype]


def cell_bytes(plan: Plan, cell: Cell) -> int:
    """Bytes a cell needs beside the weights: cache, mask, logits, attention scores, activations.

    An upper estimate of what lives at one time. The cache is the row's, which holds the largest K.
    Eager attention writes its scores [B, heads, K, S + K] twice, once in float32; masked sdpa repeats
    the key-value heads under grouped-query attention.
    """
    value = BYTES_PER_VALUE[plan.dtype]
    batch, seq_len, candidates = cell
    span = seq_len + candidates
    shape = plan.model
    tokens = batch * candidates
    logits = tokens * shape.vocab_size * value
    activations = tokens * (4 * shape.hidden_size + 3 * shape.intermediate_size) * value
    attention = candidates * span * value
    if plan.attention == "eager" or plan.workload == "paper-block":
        attention += batch * shape.num_attention_heads * candidates * span * (value + 4)
    if shape.num_key_value_heads < shape.num_attention_heads:
        attention += 2 * batch * shape.num_attention_heads * span * shape.head_dim * value
    cache = cache_bytes(plan, batch, seq_len + plan.candidates[-1])
    return cache + logits + activations + attention + _WORKSPACE_BYTES


def draft_weight_bytes(plan: Plan) -> int:
    """Bytes of the weights that the drafter adds; 0 without one.

    Beside the published block, which has neither, EAGLE brings embedding and head along.
    """
    drafter, shape = plan.drafter, plan.model
    if drafter is None:
        return 0
    values = drafter.parameters(shape)
    if drafter.kind == "eagle" and plan.workload == "paper-block":
        values += 2 * shape.vocab_size * shape.hidden_size
    return values * BYTES_PER_VALUE[plan.dtype]


def draft_pass_bytes(plan: Plan, row: Row) -> int:
    """Bytes that a draft pass of one row needs beside its weights; 0 without a drafter."""
    if plan.drafter is None:
        return 0
    values = plan.drafter.cache_values(plan.model, *row)
    return values * BYTES_PER_VALUE[plan.dtype] + _WORKSPACE_BYTES


def format_bytes(count: float) -> str:
    """`12.6 GiB`: binary units, as memory is sold and reported."""
    for unit in ("B", "KiB", "MiB"):
        if abs(count) < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"
