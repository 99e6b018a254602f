"""The plan, its stopping rule, its draft tree and the memory it will need (FAULTS 48 to 51)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from specprof.errors import UsageProblem
from specprof.plan.defaults import CPU_DEFAULTS, CUDA_DEFAULTS, defaults_for
from specprof.plan.draft_tree import ancestors, depths, parents
from specprof.plan.memory import cache_bytes, cell_bytes, format_bytes, weight_bytes
from specprof.plan.model import ModelShape
from specprof.plan.plan import Cell, Plan, Row, build_plan
from specprof.plan.presets import PRESETS
from specprof.plan.stopping import StoppingRule, next_test

GIB = 1 << 30
SHAPES = st.sampled_from(["chain", "4-ary"])


def plan(model: str | ModelShape = "tiny", **changes: Any) -> Plan:
    fields: dict[str, Any] = {
        "model": PRESETS[model] if isinstance(model, str) else model,
        "dtype": "bfloat16",
        "batch_sizes": (1, 4),
        "seq_lens": (128, 256),
        "candidates": (1, 16, 32),
        "stopping": {"target_ci": 0.05},
    }
    return build_plan(**{**fields, **changes})


def refusal(**changes: Any) -> str:
    with pytest.raises(UsageProblem) as caught:
        plan(**changes)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_rows_and_cells_run_over_batch_sizes_then_lengths_then_candidates():
    made = plan()
    assert made.rows() == [Row(1, 128), Row(1, 256), Row(4, 128), Row(4, 256)]
    assert made.cells()[:4] == [Cell(1, 128, 1), Cell(1, 128, 16), Cell(1, 128, 32), Cell(1, 256, 1)]
    assert made.cells()[-1] == Cell(4, 256, 32)
    assert made.cells()[-1].row == Row(4, 256)
    assert str(Cell(4, 256, 32)) == "batch 4, seq_len 256, 32 candidates"


def test_a_plan_is_immutable_and_survives_json():
    made = plan()
    with pytest.raises(ValidationError):
        made.seed = 1  # type: ignore[misc]
    assert Plan.model_validate_json(made.model_dump_json()) == made
    assert Plan.model_validate(made.model_dump(mode="json")) == made


@pytest.mark.parametrize("field", ["batch_sizes", "seq_lens", "candidates"])
@pytest.mark.parametrize("value", [0, -1, 1.5, 1 << 63, 10**400, True, "1", None, float("nan"), float("inf")])
def test_a_count_that_is_no_whole_number_in_range_is_named(field, value):
    assert refusal(**{field: (value,)}).startswith(f"{field}.0: ")


@pytest.mark.parametrize("field", ["batch_sizes", "seq_lens", "candidates"])
@pytest.mark.parametrize("values", [(2, 1), (1, 1, 2)])
def test_counts_out_of_order_or_repeated_are_refused_by_the_plan_itself(field, values):
    assert refusal(**{field: values}) == f"{field} must be ascending without repeats"


@pytest.mark.parametrize("field", ["batch_sizes", "seq_lens", "candidates"])
def test_an_empty_list_is_refused(field):
    assert refusal(**{field: ()}).startswith(field)


def test_candidates_without_one_are_refused_for_want_of_a_baseline():
    assert "must include 1" in refusal(candidates=(2, 16))


def test_ten_thousand_cells_are_allowed_and_one_more_row_is_not():
    hundred = tuple(range(1, 101))
    assert len(plan(batch_sizes=(1,), seq_lens=hundred, candidates=hundred).cells()) == 10_000
    said = refusal(batch_sizes=(1,), seq_lens=tuple(range(1, 102)), candidates=hundred)
    assert said == "10100 cells are more than 10000"


def test_a_list_of_more_than_ten_thousand_values_is_refused_by_its_name():
    assert refusal(candidates=tuple(range(1, 10_002))).startswith("candidates: ")


def test_a_preset_may_be_measured_beyond_its_positions_and_a_checkpoint_may_not():
    assert plan("tiny", seq_lens=(2048,)).seq_lens == (2048,)
    enforced = PRESETS["tiny"].model_copy(update={"positions_enforced": True})
    assert plan(enforced, seq_lens=(1024 - 32,)).seq_lens == (992,)
    said = refusal(model=enforced, seq_lens=(993,))
    assert said == "seq_len 993 + 32 candidates goes beyond the 1024 positions of tiny"


@pytest.mark.parametrize("device", ["cpu", "cuda", "cuda:0", "cuda:127"])
def test_a_device_is_a_cpu_or_a_numbered_gpu(device):
    assert plan(device=device).device == device


@pytest.mark.parametrize(
    "device", ["", "gpu", "cuda:", "cuda:-1", "cuda:1\n", "cuda:٣", "cuda:1000", "cpu\x1b[2J", 0]
)
def test_any_other_device_is_refused_and_not_repeated(device):
    said = refusal(device=device)
    assert said.startswith("device: ")
    assert "\x1b" not in said


def test_graphs_need_a_gpu():
    assert "needs a CUDA device" in refusal(execution="graph")
    assert plan(execution="graph", device="cuda").execution == "graph"


@pytest.mark.parametrize("seed", [-1, 1 << 63, True, 0.5, "1"])
def test_a_seed_is_a_whole_number_of_63_bits(seed):
    assert refusal(seed=seed).startswith("seed: ")
    assert plan(seed=(1 << 63) - 1).seed == (1 << 63) - 1


@pytest.mark.parametrize("defaults", [CPU_DEFAULTS, CUDA_DEFAULTS])
def test_the_defaults_hold_the_published_candidates_and_make_a_sound_grid(defaults):
    assert defaults["candidates"] == (1, 16, 32, 48, 64, 80, 96, 112)
    fields = {key: defaults[key] for key in ("dtype", "batch_sizes", "seq_lens", "candidates")}
    rule = {key: defaults[key] for key in ("target_ci", "budget_s", "drop_rows")}
    assert plan("llama-7b", stopping=rule, **fields).rows()


def test_the_defaults_of_a_device_are_a_copy_that_may_be_changed():
    assert defaults_for("cuda:1") == CUDA_DEFAULTS
    assert defaults_for("cpu") == CPU_DEFAULTS
    defaults_for("cpu").clear()
    assert CPU_DEFAULTS


# --- model shapes


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("llama-7b", 6_738_415_616),
        ("llama-13b", 13_015_864_320),
        ("llama-2-70b", 68_976_648_192),
        ("llama-3-8b", 8_030_261_248),
    ],
)
def test_presets_have_the_parameter_counts_of_the_published_checkpoints(name, parameters):
    assert PRESETS[name].parameters() == parameters


def test_a_tied_head_is_counted_once():
    tied = PRESETS["tiny"].model_copy(update={"tie_word_embeddings": True})
    assert PRESETS["tiny"].parameters() - tied.parameters() == 256 * 64


def test_biases_are_counted_where_the_model_has_them():
    """`tiny`: q 64, k and v 32 each, o 64; gate and up 176 each, down 64; 4 layers."""
    biased = PRESETS["tiny"].model_copy(update={"attention_bias": True, "mlp_bias": True})
    assert biased.parameters() - PRESETS["tiny"].parameters() == 4 * (192 + 416)


def test_a_slice_counts_its_layers_and_the_head():
    shape = PRESETS["llama-7b"]
    assert shape.parameters(2) == 2 * 202_383_360 + 262_148_096
    sliced = shape.model_copy(update={"layers_measured": 2})
    assert (shape.full_depth, sliced.full_depth) == (True, False)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"layers_measured": 5}, "cannot measure 5 layers of a model that has 4"),
        ({"num_key_value_heads": 3}, "cannot share 3 key-value heads evenly"),
        ({"hidden_size": True}, "valid integer"),
        ({"hidden_size": 0}, "greater than or equal to 1"),
        ({"vocab_size": 1 << 63}, "less than or equal to"),
        ({"rope_theta": float("nan")}, "less than"),
        ({"rms_norm_eps": float("inf")}, "less than"),
    ],
)
def test_a_shape_that_cannot_be_is_refused(change, said):
    with pytest.raises(ValidationError, match=said):
        ModelShape(**{**PRESETS["tiny"].model_dump(), **change})


# --- memory


def test_llama_7b_in_bf16_weighs_12_55_gib():
    assert weight_bytes(plan("llama-7b")) == 2 * 6_738_415_616
    assert weight_bytes(plan("llama-7b")) / GIB == pytest.approx(12.55, abs=0.005)
    assert weight_bytes(plan("llama-7b", dtype="float32")) == 4 * 6_738_415_616


def test_its_cache_at_batch_4_and_8192_with_112_candidates_takes_16_2_gib():
    """2 (K and V) x 32 layers x 4096 values x 2 bytes = 512 KiB a position, 33,216 positions."""
    assert cache_bytes(plan("llama-7b"), 4, 8192 + 112) == 33_216 * 512 * 1024
    assert cache_bytes(plan("llama-7b"), 4, 8192 + 112) / GIB == pytest.approx(16.2, abs=0.05)


def test_grouped_query_attention_and_a_layer_slice_shrink_the_cache():
    full = cache_bytes(plan("llama-7b"), 1, 128)
    assert cache_bytes(plan("llama-3-8b"), 1, 128) * 4 == full
    sliced = PRESETS["llama-7b"].model_copy(update={"layers_measured": 2})
    assert cache_bytes(plan(sliced), 1, 128) * 16 == full
    assert weight_bytes(plan(sliced)) == 2 * sliced.parameters(2)


def test_a_cell_needs_its_rows_cache_logits_and_workspace_at_least():
    made = plan("llama-7b", batch_sizes=(4,), seq_lens=(8192,), candidates=(1, 112))
    parts = cache_bytes(made, 4, 8192 + 112) + 4 * 112 * 32000 * 2 + (256 << 20)
    needed = cell_bytes(made, Cell(4, 8192, 112))
    assert parts < needed < parts + GIB // 4


def test_a_cell_of_few_candidates_needs_the_cache_of_the_rows_largest_count():
    cell = Cell(4, 8192, 1)
    shared = plan("llama-7b", batch_sizes=(4,), seq_lens=(8192,), candidates=(1, 112))
    alone = plan("llama-7b", batch_sizes=(4,), seq_lens=(8192,), candidates=(1,))
    assert cell_bytes(shared, cell) - cell_bytes(alone, cell) == cache_bytes(shared, 4, 111)


def test_eager_attention_needs_its_scores_twice():
    """[B, heads, K, S + K] in bf16 and in float32, one layer at a time."""
    cell = Cell(4, 256, 32)
    scores = 4 * 32 * 32 * 288 * (2 + 4)
    assert (
        cell_bytes(plan("llama-7b", attention="eager"), cell) - cell_bytes(plan("llama-7b"), cell) == scores
    )
    assert cell_bytes(plan("llama-7b", workload="paper-block"), cell) == cell_bytes(
        plan("llama-7b", attention="eager"), cell
    )


@settings(deadline=None)
@given(st.integers(1, 64), st.integers(1, 8192), st.integers(1, 128))
def test_a_larger_cell_never_needs_less(batch_size, seq_len, candidates):
    made = plan("llama-3-8b", candidates=(1, 128))
    needed = cell_bytes(made, Cell(batch_size, seq_len, candidates))
    for larger in (
        Cell(batch_size + 1, seq_len, candidates),
        Cell(batch_size, seq_len + 1, candidates),
        Cell(batch_size, seq_len, candidates + 1),
    ):
        assert cell_bytes(made, larger) > needed


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1536, "1.5 KiB"),
        (5 << 20, "5.0 MiB"),
        (13_476_831_232, "12.6 GiB"),
        (5000 * GIB, "5000.0 GiB"),
    ],
)
def test_bytes_are_shown_in_binary_units(count, text):
    assert format_bytes(count) == text


# --- the draft tree


def test_a_chain_is_one_branch():
    assert parents(4, "chain") == [-1, 0, 1, 2]
    assert depths(parents(4, "chain")) == [0, 1, 2, 3]
    assert ancestors(parents(3, "chain")) == [{0}, {0, 1}, {0, 1, 2}]


def test_the_four_way_tree_is_filled_level_by_level():
    assert parents(7) == [-1, 0, 0, 0, 0, 1, 1]
    assert depths(parents(7)) == [0, 1, 1, 1, 1, 2, 2]
    assert ancestors(parents(7))[5] == {0, 1, 5}


def test_the_four_way_tree_has_four_levels_at_85_candidates_and_a_fifth_at_86():
    assert len(set(depths(parents(85)))) == 4
    assert [depths(parents(85)).count(level) for level in range(4)] == [1, 4, 16, 64]
    assert len(set(depths(parents(86)))) == 5


@pytest.mark.parametrize("candidates", [0, -1])
def test_a_tree_holds_at_least_its_root(candidates):
    with pytest.raises(ValueError, match="at least its root"):
        parents(candidates)


@settings(deadline=None)
@given(st.integers(1, 300), SHAPES)
def test_any_tree_has_one_root_parents_before_children_and_depths_that_count_ancestors(candidates, shape):
    tree = parents(candidates, shape)
    assert len(tree) == candidates
    assert [node for node, parent in enumerate(tree) if parent < 0] == [0]
    assert all(parent < node for node, parent in enumerate(tree))
    assert max(tree.count(node) for node in range(candidates)) <= (1 if shape == "chain" else 4)
    visible = ancestors(tree)
    for node, (depth, seen) in enumerate(zip(depths(tree), visible, strict=True)):
        assert {0, node} <= seen
        assert len(seen) == depth + 1
        assert seen == {node} | (visible[tree[node]] if node else set())


@settings(deadline=None)
@given(st.integers(1, 200), SHAPES)
def test_a_larger_tree_begins_with_every_smaller_one(candidates, shape):
    assert parents(candidates + 1, shape)[:-1] == parents(candidates, shape)


# --- the stopping rule


def test_the_interval_is_tested_at_the_terms_of_a_geometric_series():
    rule = StoppingRule(target_ci=0.01)
    terms, count = [], 0
    while count < 100:
        count = next_test(count, rule)
        terms.append(count)
    assert terms == [10, 15, 22, 33, 50, 75, 113]


@settings(deadline=None)
@given(
    st.integers(0, 100_000),
    st.integers(3, 200),
    st.floats(1.01, 10, allow_nan=False),
)
def test_the_next_test_always_lies_ahead_and_no_test_comes_before_the_minimum(count, minimum, growth):
    rule = StoppingRule(target_ci=0.01, min_samples=minimum, growth=growth)
    following = next_test(count, rule)
    assert following > count
    assert following >= minimum
    assert following <= max(minimum, (count + 1) * growth + 1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("target_ci", 0),
        ("target_ci", 1),
        ("target_ci", -0.1),
        ("target_ci", float("nan")),
        ("budget_s", 0),
        ("budget_s", -1),
        ("budget_s", float("inf")),
        ("budget_s", float("nan")),
        ("min_samples", 2),
        ("min_samples", True),
        ("min_samples", 10.5),
        ("max_samples", 1 << 63),
        ("max_samples", 9),
        ("min_time_s", -1),
        ("growth", 1),
        ("growth", 1 + 1e-15),
        ("growth", float("nan")),
        ("min_rounds", 0),
    ],
)
def test_a_rule_that_cannot_end_a_cell_is_refused_and_named(field, value):
    said = refusal(stopping={"target_ci": 0.05, field: value})
    assert said.startswith("stopping")
    assert field in said
