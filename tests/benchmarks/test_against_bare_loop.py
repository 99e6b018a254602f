"""specprof's latency against a bare loop over the same forward, in turns in one run: within 3 %."""

from __future__ import annotations

import statistics
import time

import pytest
import torch
from conftest import bench_of
from transformers.cache_utils import Cache, StaticLayer

from specprof.measure.cache_word import CACHE
from specprof.measure.row_sweep import RowSweep
from specprof.plan.plan import Row

SEQ_LEN = 128
TURNS = 31


class _Prefix(StaticLayer):
    """Written for this loop alone: nothing of specprof's own cache stands in it."""

    def update(self, keys, values, *args, **kwargs):
        count = keys.shape[-2]
        self.keys[:, :, SEQ_LEN : SEQ_LEN + count] = keys
        self.values[:, :, SEQ_LEN : SEQ_LEN + count] = values
        return self.keys[:, :, : SEQ_LEN + count], self.values[:, :, : SEQ_LEN + count]

    def get_seq_length(self):
        return SEQ_LEN

    def get_mask_sizes(self, queries):
        return SEQ_LEN + queries, 0


def _bare_forward(model, candidates):
    cache = Cache(layers=[_Prefix(SEQ_LEN + candidates) for _ in range(model.config.num_hidden_layers)])
    cache.early_initialization(1, 32, 128, torch.float32, torch.device("cpu"))
    for layer in cache.layers:
        layer.keys.normal_()
        layer.values.normal_()
    ids = torch.randint(0, 32000, (1, candidates))
    mask = torch.zeros(1, 1, candidates, SEQ_LEN + candidates)
    mask[..., SEQ_LEN:] = torch.full((candidates, candidates), torch.finfo(torch.float32).min).triu(1)
    positions = torch.arange(SEQ_LEN, SEQ_LEN + candidates)[None]
    if candidates == 1:
        mask = None
    return lambda: model(
        input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=True, **{CACHE: cache}
    )


@pytest.mark.parametrize("candidates", [1, 16])
def test_the_reported_latency_is_that_of_a_bare_loop(candidates):
    with torch.inference_mode():
        bench = bench_of(2, (1, candidates) if candidates > 1 else (1,), SEQ_LEN)
        sweep = RowSweep(bench, Row(1, SEQ_LEN), set(), 0)
        assert sweep.open()
        measured = sweep.cells.active[candidates]
        forward = _bare_forward(bench.workload.model, candidates)
        for _ in range(5):
            forward()
        bare_ms = []
        for _ in range(TURNS):
            sweep.measure_round()
            start = time.perf_counter()
            forward()
            bare_ms.append((time.perf_counter() - start) * 1e3)
    ours, bare = statistics.median(measured.ms), statistics.median(bare_ms)
    paired = statistics.median(a / b for a, b in zip(measured.ms, bare_ms, strict=True))
    print(f"\nK={candidates}: specprof {ours:.2f} ms, bare loop {bare:.2f} ms, ratio {ours / bare:.4f}, "
          f"median of paired ratios {paired:.4f}, {TURNS} turns")  # fmt: skip
    assert abs(ours / bare - 1) < 0.03
