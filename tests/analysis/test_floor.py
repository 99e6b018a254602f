"""The least time of a verify step: operations worked out by hand, the larger limit, how it is said."""

from __future__ import annotations

import pytest

from specprof.analysis.acceptance import PUBLISHED, LogFit
from specprof.analysis.findings import Finding
from specprof.analysis.floor import rates_of
from specprof.analysis.opened import Run, load
from specprof.analysis.quantities import QUANTITIES
from specprof.plan.flops import step_flops
from specprof.plan.memory import step_bytes
from specprof.plan.plan import Cell, Plan
from specprof.plan.presets import PRESETS
from specprof.run.record import RunRecord

from .synthetic import plan_of, record_of, with_rates

FLAT = LogFit(a=0.0)

LLAMA = PRESETS["llama-7b"]
LAYER = 4 * 4096**2 + 3 * 4096 * 11008
HEAD = 32000 * 4096


def llama(**changes: object) -> Plan:
    return plan_of(model=LLAMA).model_copy(update={"dtype": "bfloat16", "device": "cuda", **changes})


def measured(record: RunRecord, bytes_per_s: float | None, flops_per_s: float | None) -> Run:
    return Run.of(with_rates(record, bytes_per_s, flops_per_s))


# Operations


def test_a_step_of_llama_7b_takes_two_operations_for_each_weight_and_each_position_attended_to() -> None:
    # per layer and row: its weights, and 4096 values of 129 positions twice, for scores and values
    assert step_flops(llama(), Cell(1, 128, 1)) == 2 * (32 * (LAYER + 2 * 4096 * 129) + HEAD)
    rows = 4 * 112
    assert step_flops(llama(), Cell(4, 8192, 112)) == 2 * rows * (32 * (LAYER + 2 * 4096 * 8304) + HEAD)


def test_grouped_queries_save_products_of_keys_and_values_but_none_of_the_scores() -> None:
    grouped = llama(model=LLAMA.model_copy(update={"num_key_value_heads": 8}))
    saved = 2 * 32 * 2 * 4096 * (4096 - 1024)
    assert step_flops(llama(), Cell(1, 128, 1)) - step_flops(grouped, Cell(1, 128, 1)) == saved


def test_a_slice_counts_full_depth_since_its_latency_does() -> None:
    sliced = llama(model=LLAMA.model_copy(update={"layers_measured": 2}))
    assert step_flops(sliced, Cell(2, 128, 16)) == step_flops(llama(), Cell(2, 128, 16))


def test_the_published_block_has_neither_output_projection_nor_head() -> None:
    block = llama(workload="paper-block")
    layer = 3 * 4096**2 + 3 * 4096 * 11008
    assert step_flops(block, Cell(1, 127, 1)) == 2 * 32 * (layer + 2 * 4096 * 128)


# Which limit is the larger


def floor_run(latency_ms: float = 10.0, seq_lens: tuple[int, ...] = (128,), **changes: object) -> RunRecord:
    """A Llama 7B, whose steps all take as long."""
    plan = llama(seq_lens=seq_lens, candidates=(1, 16, 64), **changes)
    return record_of(plan, lambda cell: latency_ms)


def test_the_later_of_the_two_limits_is_the_floor() -> None:
    """2 TB/s and 200 TFLOP/s: one row needs 1 operation a byte, so that 100 rows break even or so."""
    rates = rates_of(measured(floor_run(), 2e12, 2e14).record)
    assert rates is not None
    plan = llama()
    one, many = (rates.floor(plan, Cell(1, 128, k)) for k in (1, 112))
    assert one.ms == one.bandwidth_ms == pytest.approx(1e3 * step_bytes(plan, Cell(1, 128, 1)) / 2e12)
    assert one.limit == "bandwidth"
    assert many.ms == many.products_ms == pytest.approx(1e3 * step_flops(plan, Cell(1, 128, 112)) / 2e14)
    assert many.limit == "products"


def test_the_fraction_of_the_floor_is_one_where_a_step_does_nothing_but_its_products() -> None:
    products_ms = 1e3 * step_flops(llama(), Cell(1, 128, 64)) / 1e12
    run = measured(floor_run(products_ms), 2e12, 1e12)
    floor = QUANTITIES["floor"]
    assert floor.label == "Fraction of the floor"
    assert floor.arrays(run, PUBLISHED).median[0, 0, 2] == pytest.approx(1.0)
    assert floor.arrays(run, PUBLISHED).median[0, 0, 0] < 0.1


@pytest.mark.parametrize(("quantization", "flops"), [("fp8", 1e12), (None, None)])
def test_without_a_rate_that_holds_the_floor_is_that_of_bandwidth(quantization: str, flops: float) -> None:
    """The rate of products in bfloat16 says nothing of float8; an older run measured none."""
    run = measured(floor_run(quantization=quantization), 2e12, flops)
    rates = rates_of(run.record)
    assert rates is not None
    floor = rates.floor(run.record.plan, Cell(1, 128, 64))
    assert (floor.products_ms, floor.limit) == (None, "bandwidth")
    assert QUANTITIES["floor"].unavailable(run) == ""


@pytest.mark.parametrize("quantization", ["int8", "int4"])
def test_weights_that_are_stored_small_are_multiplied_in_the_plan_s_number_type(quantization: str) -> None:
    rates = rates_of(measured(floor_run(quantization=quantization), 2e12, 1e12).record)
    assert rates is not None
    assert rates.flops_per_s == 1e12


def test_without_a_bandwidth_there_is_no_floor() -> None:
    run = measured(floor_run(), None, 1e12)
    assert rates_of(run.record) is None
    assert "did not measure" in QUANTITIES["floor"].unavailable(run)
    assert not floors(run)
    assert not floors(load("medusa-llama-7b-bs4"))


# How it is said


def floors(run: Run) -> list[Finding]:
    return [finding for finding in run.findings(PUBLISHED) if finding.kind == "floor"]


def test_one_candidate_and_the_best_k_are_told_as_multiples_with_the_limit_that_is_the_larger() -> None:
    """At 2 TB/s one candidate's bytes take 6.64 ms; at 100 TFLOP/s 64 candidates' products take 8.50 ms."""
    run = measured(floor_run(10.0), 2e12, 1e14)
    bandwidth_ms = 1e3 * step_bytes(llama(), Cell(1, 128, 1)) / 2e12
    products_ms = 1e3 * step_flops(llama(), Cell(1, 128, 64)) / 1e14
    assert (bandwidth_ms, products_ms) == (pytest.approx(6.64, abs=0.01), pytest.approx(8.52, abs=0.02))
    (found,) = floors(run)
    assert found.text == (
        "At batch 1, seq_len 128, one candidate takes 1.51× its floor of 6.64 ms (bandwidth); 64 candidates, "
        "the best K, take 1.17× theirs of 8.52 ms (products); the floor is "
        "that of products from 64 candidates on"
    )
    assert found.numbers["products_from"] == 64.0
    assert found.numbers["one_multiple"] == pytest.approx(10 / bandwidth_ms)
    assert found.numbers["best_multiple"] == pytest.approx(10 / products_ms)
    assert (found.certainty, found.seq_len) == ("significant", 128)
    assert found.basis == "12 samples, 95 % intervals, the device's rates measured once"


def test_the_shortest_and_the_longest_length_are_told() -> None:
    run = measured(floor_run(20.0, seq_lens=(128, 512, 2048)), 2e12, 1e14)
    assert [finding.seq_len for finding in floors(run)] == [128, 2048]


def test_where_one_limit_is_the_floor_throughout_that_is_said() -> None:
    (streaming,) = floors(measured(floor_run(), 2e12, 1e15))
    assert streaming.text.endswith("; the floor is that of bandwidth at every measured K")
    assert "products_from" not in streaming.numbers
    (computing,) = floors(measured(floor_run(1e5), 2e12, 1e11))
    assert computing.text.endswith(
        "; the floor is that of products at every measured K; neither limit is near"
    )
    assert computing.numbers["products_from"] == 1.0


def test_a_step_far_above_its_floor_is_said_to_be_near_neither_limit() -> None:
    """One candidate's bytes take 6.64 ms; the products of 64 take 8.52 ms, 85 ms at a tenth of the rate."""
    (far,) = floors(measured(floor_run(500.0), 2e12, 1e14))
    assert far.text.endswith("products from 64 candidates on; neither limit is near")
    (streaming,) = floors(measured(floor_run(500.0), 2e12, 1e15))
    assert streaming.text.endswith("bandwidth at every measured K; neither limit is near")
    (one_far,) = floors(measured(floor_run(100.0), 2e12, 1e13))
    assert one_far.text.endswith("; neither limit is near with one candidate")
    plan = llama(candidates=(1, 16))
    paying = record_of(plan, lambda cell: 10.0 if cell.candidates == 1 else 20.0)
    (best_far,) = floors(measured(paying, 2e12, 1e14))
    assert best_far.text.endswith("; neither limit is near with 16 candidates")
    (near,) = floors(measured(floor_run(13.0), 2e12, 1e14))
    assert near.numbers["one_multiple"] == pytest.approx(1.96, abs=0.01)
    assert "near" not in near.text


def test_a_step_is_near_a_limit_as_far_as_its_interval_reaches() -> None:
    """One candidate takes 2.02 × its floor in truth, and 10 % of noise reach below 2."""
    plan = llama(candidates=(1, 16))
    noisy = record_of(plan, lambda cell: 13.4 if cell.candidates == 1 else 13.0, noise=0.1)
    (found,) = floors(measured(noisy, 2e12, 1e14))
    assert found.numbers["one_multiple_low"] < 2 < found.numbers["one_multiple"]  # type: ignore[operator]
    assert "near" not in found.text


def test_of_a_limit_that_is_not_known_nothing_is_said() -> None:
    """A step far above its bytes may be at the limit of its products."""
    (found,) = floors(measured(floor_run(500.0), 2e12, None))
    assert "near" not in found.text
    assert "floor is that of" not in found.text


def test_a_floor_of_bandwidth_alone_is_called_so() -> None:
    (found,) = floors(measured(floor_run(), 2e12, None))
    assert found.text.endswith("; a floor of bandwidth alone: the rate of matrix products was not measured")
    (found,) = floors(measured(floor_run(quantization="fp8"), 2e12, 1e14))
    assert found.text.endswith("a floor of bandwidth alone: the rate of products in float8 was not measured")


def test_a_step_faster_than_its_floor_is_not_passed_over() -> None:
    (found,) = floors(measured(floor_run(1.0), 2e12, None))
    assert "less than a floor: caches may hold a part of what is read, or the device was measured slow" in (
        found.text
    )


def test_a_step_at_its_floor_within_its_interval_is_within_noise() -> None:
    plan = llama(candidates=(1, 16))
    at_floor = 1e3 * step_bytes(plan, Cell(1, 128, 1)) / 2e12
    noisy = record_of(plan, lambda cell: at_floor * cell.candidates, noise=0.05)
    (found,) = (f for f in measured(noisy, 2e12, None).findings(FLAT) if f.kind == "floor")
    assert found.certainty == "within noise"
