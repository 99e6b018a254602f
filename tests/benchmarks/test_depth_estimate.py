"""The depth estimate against a deeper model: 2 layers predict 16, in turns in one run.

One model of 16 layers of Llama 7B (14 GiB in float32) serves both: its depth is set before each sample.
"""

from __future__ import annotations

import pytest
import torch
from conftest import bench_of

from specprof.plan.plan import Row
from specprof.run.statistics import full_depth, median_estimate

DEEP, SLICE, TURNS = 16, 2, 7
CELLS = [(128, 1), (128, 16), (128, 64), (2048, 1), (2048, 16), (2048, 64)]


@pytest.fixture(scope="module")
def bench():
    with torch.inference_mode():
        return bench_of(DEEP, (1, 16, 64), 128)


@pytest.mark.parametrize(("seq_len", "candidates"), CELLS)
@pytest.mark.timeout(600)
def test_two_layers_predict_sixteen(bench, seq_len, candidates):
    config = bench.workload.model.config
    deep_ms, slice_ms, head_ms = [], [], []
    with torch.inference_mode():
        bench.workload.open_row(Row(1, seq_len))
        step = bench.workload.step(candidates, masked=candidates > 1)
        for turn in range(TURNS + 1):
            config.num_hidden_layers = SLICE
            sliced = bench.clock.sample(step, with_head=True)
            config.num_hidden_layers = DEEP
            deep = bench.clock.sample(step, with_head=False)
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
