"""The seven projections of a decoder layer: their sizes, and the bytes that they take quantised.

The layouts are torchao 0.18's, read from its `torchao/quantization/quantize_/workflows`. Biases, norms,
embedding and head are never quantised.
"""

from __future__ import annotations

from typing import NamedTuple

from specprof.plan.model import ModelShape
from specprof.plan.modes import Quantization

INT4_GROUP = 128
"""Weights of a row that share a scale and a zero point."""

_INT4_INPUTS, _INT4_OUTPUTS = 1024, 8
"""What tinygemm's tiles pad a projection to."""


class Projection(NamedTuple):
    """A linear layer without its bias: `[outputs, inputs]`."""

    name: str
    outputs: int
    inputs: int

    @property
    def weights(self) -> int:
        return self.outputs * self.inputs


def projections(shape: ModelShape) -> tuple[Projection, ...]:
    """Those of one decoder layer, by their names in transformers."""
    hidden, intermediate = shape.hidden_size, shape.intermediate_size
    queries = shape.num_attention_heads * shape.head_dim
    keys = shape.num_key_value_heads * shape.head_dim
    return (
        Projection("q_proj", queries, hidden),
        Projection("k_proj", keys, hidden),
        Projection("v_proj", keys, hidden),
        Projection("o_proj", hidden, queries),
        Projection("gate_proj", intermediate, hidden),
        Projection("up_proj", intermediate, hidden),
        Projection("down_proj", hidden, intermediate),
    )


def quantised_bytes(projection: Projection, quantization: Quantization) -> int:
    """Bytes of a projection's weights with their scales.

    `int8` (int8/int8_tensor.py): a byte a weight, and for each output a float32 scale and an int8 zero point,
    which is kept though always 0. `fp8` (float8/float8_tensor.py): a byte a weight, a float32 scale for each
    output. `int4` (int4/int4_tile_packed_to_4d_tensor.py): half a byte a weight, and a bfloat16 scale and
    zero point for each group of 128, all with inputs padded to 1024 and outputs to 8.
    """
    if quantization == "int8":
        return projection.weights + 5 * projection.outputs
    if quantization == "fp8":
        return projection.weights + 4 * projection.outputs
    outputs = _padded(projection.outputs, _INT4_OUTPUTS)
    inputs = _padded(projection.inputs, _INT4_INPUTS)
    return outputs * inputs // 2 + 4 * outputs * (inputs // INT4_GROUP)


def _padded(count: int, multiple: int) -> int:
    return -(-count // multiple) * multiple
