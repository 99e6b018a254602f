"""The depth estimate against a deeper model: 2 layers predict 16, in turns in one run.

One model of 16 layers of Llama 7B (14 GiB in float32) serves both: a step goes through the first of them.
"""

from __future__ import annotations

import pytest
import torch
from conftest import bench_of

from specprof.measure.step import Form
from specprof.plan.plan import Row
from specprof.run.statistics import full_depth, median_estimate

DEEP, SLICE, TURNS = 16, 2, 7
CELLS = [(128, 1), (128, 16), (128, 64), (2048, 1), (2048, 16), (2048, 64)]


@pytest.fixture(scope="module")
def bench():
    with torch.inference_mode():
        return bench_of(DEEP, (1, 16, 64), 128)


def _step(workload, candidates, depth):
    """The step through the first layers of the model only."""
    layers, caches = workload.model.model.layers, workload.caches
    workload.model.model.layers, workload.caches = layers[:depth], caches[:depth]
    try:
        return workload.step(candidates, Form(candidates > 1, "sdpa"))
    finally:
        workload.model.model.layers, workload.caches = layers, caches


@pytest.mark.parametrize(("seq_len", "candidates"), CELLS)
@pytest.mark.timeout(600)
def test_two_layers_predict_sixteen(bench, seq_len, candidates):
    deep_ms, slice_ms, head_ms = [], [], []
    with torch.inference_mode():
        bench.workload.open_row(Row(1, seq_len))
        deep_step, slice_step = (_step(bench.workload, candidates, depth) for depth in (DEEP, SLICE))
        for turn in range(TURNS + 1):
            sliced = bench.clock.sample(slice_step, with_head=True)
            deep = bench.clock.sample(deep_step, with_head=False)
            if turn:  # the first one warms up
                slice_ms.append(sliced.measured_ms)
                head_ms.append(sliced.head_ms)
                deep_ms.append(deep.measured_ms)
    estimate = median_estimate(full_depth(slice_ms, head_ms, SLICE, DEEP))
    truth = median_estimate(deep_ms)
    error = estimate.median / truth.median - 1
    print(f"\nS={seq_len} K={candidates}: estimated {estimate.median:.0f} ms "
          f"[{estimate.low:.0f}, {estimate.high:.0f}], measured {truth.median:.0f} ms "
          f"[{truth.low:.0f}, {truth.high:.0f}], error {error:+.1%}")  # fmt: skip
    assert abs(error) < 0.15
