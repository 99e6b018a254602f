"""How many bytes a model and a cell need, predicted before either is tried."""

from __future__ import annotations

from specprof.plan.model import BYTES_PER_VALUE
from specprof.plan.modes import Attention
from specprof.plan.plan import Cell, Plan, Row
from specprof.plan.projections import projections, quantised_bytes

_WORKSPACE_BYTES = 256 << 20
"""Room for kernel workspaces and the allocator's rounding."""


_QUANTISING_BYTES = {"int8": 8, "int4": 11, "fp8": 13}
"""Temporary bytes for each weight of a projection while torchao 0.18 quantises it, as torch's profiler
counted them on a CPU; int4's up to its packing."""


def weight_bytes(plan: Plan) -> int:
    """Bytes of the weights that are built: the measured layers with embedding, norm and head.

    Of quantised layers the projections are as torchao stores them (see `specprof.plan.projections`), all
    else of the plan's number type.
    """
    shape = plan.model
    head = shape.head_parameters * BYTES_PER_VALUE[plan.dtype]
    return head + shape.layers_measured * _layer_bytes(plan)


def building_bytes(plan: Plan) -> int:
    """Bytes that building the model takes at most.

    Layers are quantised one by one: beside the finished ones lies one of the plan's number type, and what
    quantising its largest projection takes.
    """
    weights = weight_bytes(plan)
    if plan.quantization is None:
        return weights
    largest = max(one.weights for one in projections(plan.model))
    unquantised = plan.model.layer_parameters * BYTES_PER_VALUE[plan.dtype]
    return weights + unquantised + largest * _QUANTISING_BYTES[plan.quantization]


def building_for(plan: Plan) -> str:
    """What the bytes of `building_bytes` are for, in words."""
    if plan.quantization is None:
        return "for its weights"
    return f"while its layers are quantised to {plan.quantization} one by one"


def _layer_bytes(plan: Plan) -> int:
    """Bytes of one decoder layer's weights."""
    shape, value = plan.model, BYTES_PER_VALUE[plan.dtype]
    if plan.quantization is None:
        return shape.layer_parameters * value
    projected = projections(shape)
    others = shape.layer_parameters - sum(one.weights for one in projected)
    return others * value + sum(quantised_bytes(one, plan.quantization) for one in projected)


def cache_rows(plan: Plan, seq_len: int) -> int:
    """Rows of keys and values in the cache of a row of cells: the prefix, the largest K and one to spare, so
    that what a step sees of it is a part for every K. The largest would else be laid out like no other, run
    other kernels and be compiled apart. Decoding needs more."""
    rows = seq_len + plan.candidates[-1] + 1
    return rows if plan.validation is None else max(rows, plan.validation.rows(seq_len))


def cache_bytes(plan: Plan, batch_size: int, rows: int) -> int:
    """Bytes of a key-value cache of `rows` positions per sequence over the measured layers."""
    shape = plan.model
    per_position = 2 * shape.num_key_value_heads * shape.head_dim * BYTES_PER_VALUE[plan.dtype]
    return shape.layers_measured * batch_size * rows * per_position


def step_bytes(plan: Plan, cell: Cell) -> int:
    """Bytes that a verify step at full depth must read at least once: weights, and keys and values.

    Quantised weights are read as they are stored. Of the embedding only the rows of the tokens are read.
    The published block has no output projection, norms, embedding or head.
    """
    shape, value = plan.model, BYTES_PER_VALUE[plan.dtype]
    if plan.workload == "paper-block":
        layer = sum(one.weights for one in projections(shape) if one.name != "o_proj") * value
        head = 0
    else:
        layer = _layer_bytes(plan)
        head = (shape.vocab_size * shape.hidden_size + shape.hidden_size) * value
    cached = 2 * shape.num_key_value_heads * shape.head_dim * (cell.seq_len + cell.candidates) * value
    return head + shape.layers_total * (layer + cell.batch_size * cached)


def cell_bytes(plan: Plan, cell: Cell, attention: Attention | None = None) -> int:
    """Bytes a cell needs beside the weights: cache, mask, logits, attention scores, activations.

    With the plan's own attention where no other is named: one beside it may not fit where that one does.
    An upper estimate of what lives at one time. The cache is the row's, which holds the largest K.
    Eager attention writes its scores [B, heads, K, S + K] twice, once in float32; masked sdpa repeats
    the key-value heads under grouped-query attention. Quantised weights take what `_quantised_step_bytes`
    says.
    """
    value = BYTES_PER_VALUE[plan.dtype]
    batch, seq_len, candidates = cell
    span = seq_len + candidates
    shape = plan.model
    tokens = batch * candidates
    logits = tokens * shape.vocab_size * value
    activations = tokens * (4 * shape.hidden_size + 3 * shape.intermediate_size) * value
    scores = candidates * span * value  # and what is made of mask, keys and values on the way
    if (attention or plan.attention) == "eager" or plan.workload == "paper-block":
        scores += batch * shape.num_attention_heads * candidates * span * (value + 4)
    if shape.num_key_value_heads < shape.num_attention_heads:
        scores += 2 * batch * shape.num_attention_heads * span * shape.head_dim * value
    cache = cache_bytes(plan, batch, cache_rows(plan, seq_len))
    quantised = _quantised_step_bytes(plan, tokens)
    return cache + logits + activations + scores + quantised + _WORKSPACE_BYTES


def _quantised_step_bytes(plan: Plan, tokens: int) -> int:
    """Bytes that a step's products with quantised weights take for a while, at most.

    torchao 0.18 brings an int8 projection back to the number type of its input, fp8 quantises a projection's
    input by way of two copies in float32, and int4 pads its input to 1024 values.
    """
    if plan.quantization is None:
        return 0
    value, projected = BYTES_PER_VALUE[plan.dtype], projections(plan.model)
    if plan.quantization == "int8":
        return max(one.weights for one in projected) * value
    inputs = max(one.inputs for one in projected)
    return tokens * inputs * 9 if plan.quantization == "fp8" else tokens * (inputs + 1023) * value


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
