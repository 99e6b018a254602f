"""What quantised weights are predicted to need. Numbers are worked out by hand from torchao's layouts."""

from __future__ import annotations

from typing import Any

import pytest

from specprof.plan.memory import building_bytes, building_for, cell_bytes, step_bytes, weight_bytes
from specprof.plan.plan import Cell, Plan, build_plan
from specprof.plan.presets import PRESETS
from specprof.plan.projections import Projection, projections, quantised_bytes

GIB = 1 << 30
HEAD = 262_148_096
"""Llama 7B's embedding, final norm and head, values."""
PROJECTED = 4 * 4096 * 4096 + 3 * 4096 * 11008
OUTPUTS = 5 * 4096 + 2 * 11008
NORMS = 2 * 4096


def plan(**changes: Any) -> Plan:
    fields: dict[str, Any] = {
        "model": PRESETS["llama-7b"],
        "dtype": "bfloat16",
        "device": "cuda",
        "batch_sizes": (1, 4),
        "seq_lens": (128, 8192),
        "candidates": (1, 112),
        "stopping": {"target_ci": 0.05},
    }
    return build_plan(**{**fields, **changes})


@pytest.mark.parametrize("model", ["llama-7b", "llama-2-70b", "llama-3-8b", "tiny"])
@pytest.mark.parametrize("attention_bias", [False, True])
def test_projections_norms_and_biases_are_all_that_a_layer_has(model, attention_bias):
    shape = PRESETS[model].model_copy(update={"attention_bias": attention_bias})
    queries, keys = shape.num_attention_heads * shape.head_dim, shape.num_key_value_heads * shape.head_dim
    biases = queries + 2 * keys + shape.hidden_size if attention_bias else 0
    weights = sum(one.weights for one in projections(shape))
    assert weights + biases + 2 * shape.hidden_size == shape.layer_parameters


def test_int8_takes_a_byte_a_weight_and_five_an_output():
    layer = PROJECTED + 5 * OUTPUTS + 2 * NORMS
    assert weight_bytes(plan(quantization="int8")) == 32 * layer + 2 * HEAD
    assert weight_bytes(plan(quantization="int8")) / GIB == pytest.approx(6.53, abs=0.01)


def test_fp8_takes_a_byte_a_weight_and_four_an_output():
    layer = PROJECTED + 4 * OUTPUTS + 2 * NORMS
    assert weight_bytes(plan(quantization="fp8")) == 32 * layer + 2 * HEAD


def test_int4_takes_half_a_byte_a_weight_and_four_bytes_a_group_of_128():
    """Of down_proj the 11008 inputs are padded to 11264."""
    padded = PROJECTED + 4096 * 256
    layer = padded // 2 + 4 * padded // 128 + 2 * NORMS
    assert weight_bytes(plan(quantization="int4")) == 32 * layer + 2 * HEAD
    assert weight_bytes(plan(quantization="int4")) / GIB == pytest.approx(3.71, abs=0.01)


def test_int4_pads_inputs_to_1024_and_outputs_to_8():
    assert quantised_bytes(Projection("q_proj", 9, 1025), "int4") == 16 * 2048 // 2 + 4 * 16 * 16


def test_embedding_norms_and_head_keep_the_number_type():
    in_float32 = plan(quantization="int8", dtype="float32")
    layer = PROJECTED + 5 * OUTPUTS + 4 * NORMS
    assert weight_bytes(in_float32) == 32 * layer + 4 * HEAD


def test_a_step_reads_quantised_weights_as_they_are_stored():
    cell = Cell(4, 8192, 112)
    saved = step_bytes(plan(), cell) - step_bytes(plan(quantization="int8"), cell)
    assert saved == 32 * (PROJECTED - 5 * OUTPUTS)
    sliced = PRESETS["llama-7b"].model_copy(update={"layers_measured": 2})
    assert step_bytes(plan(quantization="int8", model=sliced), cell) == step_bytes(
        plan(quantization="int8"), cell
    )


@pytest.mark.parametrize("quantization", ["int8", "int4", "fp8"])
def test_while_it_is_built_one_layer_lies_there_unquantised_and_not_two(quantization):
    made = plan(quantization=quantization)
    beside = building_bytes(made) - weight_bytes(made)
    layer, largest = 2 * PRESETS["llama-7b"].layer_parameters, 4096 * 11008
    assert layer + 8 * largest <= beside < layer + 14 * largest
    assert building_bytes(made) < weight_bytes(plan())
    assert quantization in building_for(made)


def test_without_quantisation_building_takes_the_weights_alone():
    assert building_bytes(plan()) == weight_bytes(plan())
    assert building_for(plan()) == "for its weights"


def test_an_int8_step_has_room_for_its_largest_projection_in_the_number_type():
    cell = Cell(1, 128, 1)
    assert cell_bytes(plan(quantization="int8"), cell) - cell_bytes(plan(), cell) == 2 * 4096 * 11008


def test_an_fp8_step_has_room_for_its_inputs_in_float32_twice_and_in_float8():
    cell = Cell(4, 128, 112)
    assert cell_bytes(plan(quantization="fp8"), cell) - cell_bytes(plan(), cell) == 448 * 11008 * 9


def test_a_cell_needs_what_its_own_attention_needs_and_one_beside_it_is_asked_for_by_name():
    cell, both = Cell(4, 128, 112), plan(attention_beside="eager")
    assert cell_bytes(both, cell) == cell_bytes(plan(), cell)
    assert cell_bytes(both, cell, "eager") == cell_bytes(plan(attention="eager"), cell)
