"""Every execution mode and attention against float32, with and without grouped queries."""

from __future__ import annotations

import pytest
import torch

from specprof.measure.mode_checks import ModeChecks
from specprof.measure.step import Form
from specprof.plan.plan import Row

from .opened import Opened, gpu_plan


@pytest.mark.parametrize("kv_heads", [32, 8], ids=["all-heads", "grouped-query"])
@pytest.mark.parametrize("attention", ["sdpa", "eager", "split", "flex"])
def test_every_mode_gives_the_logits_of_float32(attention, kv_heads):
    opened = Opened(gpu_plan(kv_heads=kv_heads, attention=attention, execution="eager"))
    checks = ModeChecks(opened.bench, ["eager", "graph", "compile"]).run()
    assert {check.execution: check.dropped for check in checks} == dict.fromkeys(
        ("eager", "graph", "compile")
    )
    assert all(check.error <= check.tolerance for check in checks)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_the_other_number_types_are_right_too(dtype):
    opened = Opened(gpu_plan(dtype=dtype, execution="graph"))
    assert opened.found.execution == "graph"


def test_auto_takes_the_fastest_that_verifies():
    opened = Opened(gpu_plan(execution="auto"))
    usable = [check for check in opened.found.checks if check.dropped is None]
    assert opened.found.execution == min(usable, key=lambda check: check.step_ms).execution


@pytest.mark.parametrize("attention", ["sdpa", "split"])
def test_a_replayed_graph_gives_the_eager_logits(attention):
    bench = Opened(gpu_plan(attention=attention, execution="graph")).bench
    bench.workload.open_row(Row(2, 1024))
    for candidates in (1, 16, 64):
        step = bench.workload.step(candidates, Form(candidates > 1, attention))
        eager = step.run().float().clone()
        replay = bench.graphs.capture(step, with_head=False, keep_output=True)
        del step  # whoever made it goes on without it, and its memory is anybody's
        torch.cuda.empty_cache()
        others = [torch.full((1 << size,), -1, device="cuda") for size in range(4, 24)]
        for _ in range(3):
            replayed = replay.run().float()
        assert len(others) == 20
        torch.cuda.synchronize()
        assert float((replayed - eager).norm() / eager.norm()) < 1e-2


def test_the_backend_that_ran_is_recorded_for_both_forms():
    found = Opened(gpu_plan(execution="eager")).found.sdpa_backends
    assert {backend.form for backend in found} == {"plain", "masked"}
    assert {backend.backend for backend in found} <= {"flash", "efficient", "math"}
