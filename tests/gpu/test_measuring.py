"""Timing, memory, telemetry and a small grid on the device itself."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

import pytest
import torch

from specprof.measure.profile.profiler import profile_step
from specprof.measure.row_sweep import RowSweep
from specprof.measure.step import Form
from specprof.measure.sweep import Sweep
from specprof.plan.plan import Row
from specprof.run.job import Job

from .opened import Opened, gpu_plan


@pytest.mark.parametrize("candidates", [1, 64])
def test_the_reported_latency_is_that_of_a_bare_loop_of_events(candidates):
    """In turns with a loop that knows nothing of specprof's clock: within 2 %."""
    bench = Opened(gpu_plan(layers=8, execution="graph")).bench
    sweep = RowSweep(bench, Row(2, 1024), set(), 0)
    assert sweep.open()
    replay = bench.graphs.capture(
        bench.workload.step(candidates, Form(candidates > 1, "sdpa")), with_head=False
    )
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    bare = []
    for _ in range(40):
        sweep.measure_round()
        torch.cuda.synchronize()
        start.record()
        replay.run()
        end.record()
        torch.cuda.synchronize()
        bare.append(start.elapsed_time(end))
    cells = {**sweep.cells.done, **sweep.cells.active}
    ours = statistics.median(cells[candidates].ms)
    assert abs(ours / statistics.median(bare) - 1) < 0.02


def test_out_of_memory_is_survived_and_later_cells_agree_with_a_clean_run():
    plan = gpu_plan(execution="graph")
    clean = _medians(plan)
    free, _ = torch.cuda.mem_get_info()
    with pytest.raises(torch.OutOfMemoryError):
        torch.empty(free + (1 << 30), dtype=torch.uint8, device="cuda")
    after = _medians(plan)
    assert clean.keys() == after.keys()
    assert all(abs(after[cell] / clean[cell] - 1) < 0.05 for cell in clean)


def _medians(plan):
    opened = Opened(plan)
    Sweep(opened.bench, Job(plan=plan, origin_s=0.0)).run()
    events = [json.loads(line) for line in opened.said()]
    assert not [event for event in events if event["event"] == "cell_failed"]
    samples: dict[tuple[int, int], list[float]] = {}
    for event in events:
        if event["event"] == "sample" and not event["masked"]:
            samples.setdefault((event["seq_len"], event["candidates"]), []).append(event["measured_ms"])
    return {cell: statistics.median(found) for cell, found in samples.items()}


def test_memory_is_predicted_not_below_what_is_used():
    opened = Opened(gpu_plan(execution="graph"))
    Sweep(opened.bench, Job(plan=opened.bench.plan, origin_s=0.0)).run()
    finished = [json.loads(line) for line in opened.said() if '"cell_finished"' in line]
    assert finished
    for event in finished:
        assert event["memory_bytes"] <= 1.1 * event["predicted_bytes"]


def test_a_breakdown_adds_up_and_names_kernels():
    bench = Opened(gpu_plan(execution="graph")).bench
    bench.workload.open_row(Row(2, 1024))
    eager = bench.workload.step(16, Form(True, "sdpa"))
    found = profile_step(bench.prepared(16, masked=True), bench.device, eager=eager)
    parts = found.linear_ms + found.attention_ms + found.elementwise_ms + found.head_ms + found.gaps_ms
    assert parts == pytest.approx(found.total_ms, rel=1e-3)
    assert found.kernels
    assert found.linear_ms > 0
    assert found.attention_ms > 0
    assert found.head_ms > 0


def test_nvml_finds_the_device_by_torchs_uuid():
    from specprof.telemetry.nvml import NvmlReader

    reader = NvmlReader.open(str(torch.cuda.get_device_properties(0).uuid), [])
    assert reader.sample(0.0).memory_used_bytes


def test_a_small_grid_runs_from_the_command_to_its_document(tmp_path):
    file = tmp_path / "run.json"
    grid = ["--layers", "2", "--seq-len", "128,1024", "--candidates", "1,16,64", "--attention", "split,sdpa"]
    done = subprocess.run(
        [sys.executable, "-m", "specprof", "run", "--headless", *grid, "--breakdown", "--output", str(file)],
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(file.read_text())
    assert len(document["cells"]) == 6
    assert all(cell["beside_ms"] and cell["breakdown"] for cell in document["cells"])
    assert document["validity"]["verdict"] in ("valid", "unverified")
