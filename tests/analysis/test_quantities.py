"""Quantities over the candidate counts, against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from views.measured_run import environment, plan, record

from specprof.analysis.acceptance import PUBLISHED, Chain
from specprof.analysis.opened import Run, load
from specprof.analysis.quantities import QUANTITIES
from specprof.plan.memory import step_bytes
from specprof.plan.plan import Cell
from specprof.run.record import RunRecord

GIB = 1 << 30


def with_bandwidth(of: RunRecord, bytes_per_s: float) -> Run:
    device = environment().device.model_copy(update={"stream_bytes_per_s": bytes_per_s})
    return Run.of(of.model_copy(update={"environment": environment().model_copy(update={"device": device})}))


def test_a_step_of_llama_7b_reads_its_weights_without_the_embedding_once():
    # 32 layers of 202,383,360 weights and a head of 32000 × 4096 + 4096, in bf16
    weights = 2 * (32 * 202_383_360 + 32_000 * 4096 + 4096)
    # one token's keys and values: 2 × 32 layers × 4096, in bf16: half a MiB
    one_token = 2 * 2 * 32 * 4096
    assert one_token == 512 * 1024
    the_plan = plan(layers=32)
    assert step_bytes(the_plan, Cell(1, 128, 1)) == weights + 129 * one_token
    assert step_bytes(the_plan, Cell(4, 8192, 112)) == weights + 4 * 8304 * one_token
    assert weights / GIB == pytest.approx(12.31, abs=0.01)


def test_a_slice_counts_full_depth_since_its_latency_does():
    assert step_bytes(plan(layers=2), Cell(1, 128, 1)) == step_bytes(plan(layers=32), Cell(1, 128, 1))


def test_the_published_block_has_neither_head_nor_output_projection():
    block = plan(layers=32).model_copy(update={"workload": "paper-block"})
    # Q, K and V of 4096 × 4096, gate, up and down of 4096 × 11008
    weights = 2 * 32 * (3 * 4096 * 4096 + 3 * 4096 * 11008)
    assert step_bytes(block, Cell(1, 127, 1)) == weights + 128 * 512 * 1024


def test_tokens_per_second_are_those_of_the_whole_batch():
    run = Run.of(record(plan(batch_sizes=(2,))))
    latency, tokens = run.latency_ms().median, PUBLISHED.expected_tokens(run.candidates)
    found = QUANTITIES["tokens"].arrays(run, PUBLISHED)
    assert found.median[0, 0, 2] == pytest.approx(2 * tokens[2] / (latency[0, 0, 2] / 1e3))
    assert (found.low <= found.median)[0].all()
    assert (found.median <= found.high)[0].all()


def test_tokens_per_second_need_no_baseline_where_drafting_is_free():
    made = record(plan())
    lost = [
        cell.model_copy(update={"latency_ms": None, "ratio": None, "verdict": "oom"})
        if cell.cell == Cell(1, 512, 1)
        else cell
        for cell in made.cells
    ]
    run = Run.of(made.model_copy(update={"cells": lost}))
    found = QUANTITIES["tokens"].arrays(run, PUBLISHED).median[0, 1]
    expected = PUBLISHED.expected_tokens(run.candidates) / (run.latency_ms().median[0, 1] / 1e3)
    np.testing.assert_allclose(found, expected)
    assert np.isnan(found[0])
    assert np.isfinite(found[1:]).all()
    assert np.isnan(QUANTITIES["tokens"].arrays(run.with_draft("0.1"), PUBLISHED).median[0, 1]).all()


def test_the_fraction_of_the_floor_is_one_where_a_step_streams_at_full_speed():
    run = Run.of(record(plan()))
    ms = run.latency_ms().median[0, 1, 0]
    needed = step_bytes(run.record.plan, Cell(1, 512, 1))
    streamed = with_bandwidth(run.record, needed / (ms / 1e3))
    assert QUANTITIES["floor"].arrays(streamed, PUBLISHED).median[0, 1, 0] == pytest.approx(1.0)


def test_what_is_not_known_is_said_and_not_invented():
    measured, published = Run.of(record(plan())), load("medusa-llama-7b-bs4")
    assert "did not measure" in QUANTITIES["floor"].unavailable(measured)
    assert QUANTITIES["floor"].unavailable(with_bandwidth(measured.record, 1e11)) == ""
    for name in ("latency", "tokens", "floor"):
        assert "published figure" in QUANTITIES[name].unavailable(published)
    for name in ("speedup", "overhead"):
        assert QUANTITIES[name].unavailable(published) == ""


def test_speedup_is_that_of_the_run_under_the_model_given():
    run = load("medusa-llama-7b-bs4")
    assert QUANTITIES["speedup"].arrays(run, PUBLISHED).median[0, 0, 2] == pytest.approx(2.48)
    chain = Chain(alpha=0.5)
    expected = 2.48 * chain.expected_tokens([32])[0] / PUBLISHED.expected_tokens([32])[0]
    assert QUANTITIES["speedup"].arrays(run, chain).median[0, 0, 2] == pytest.approx(expected)
    assert np.isfinite(QUANTITIES["overhead"].arrays(run, chain).median).all()


def test_a_ratio_is_believed_only_where_its_baseline_is():
    made = record(plan())
    spoilt = [
        cell.model_copy(update={"verdict": "invalid"}) if cell.cell == Cell(1, 512, 1) else cell
        for cell in made.cells
    ]
    run = Run.of(made.model_copy(update={"cells": spoilt}))
    for name in ("speedup", "overhead"):
        trusted = QUANTITIES[name].trusted(run)
        assert not trusted[0, 1].any()
        assert trusted[0, 0].all()
    for name in ("latency", "tokens", "floor"):
        trusted = QUANTITIES[name].trusted(run)
        assert trusted[0, 1].tolist() == [False] + [True] * 7
