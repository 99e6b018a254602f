"""What a sweep costs against a bare script of 10 warm-ups and 100 timed eager forwards per cell, in one run.

On CUDA the published grid of Llama 7B at full depth, which is to take 60 s at most with the model built in
15 s; elsewhere a small grid of the tiny model, for the ratio only.
"""

from __future__ import annotations

import os
import time

import pytest
import torch

from specprof.measure.speaker import Speaker
from specprof.measure.step import Form
from specprof.measure.sweep import Sweep
from specprof.measure.workbench import open_bench
from specprof.plan.asked import Asked
from specprof.plan.assemble import assemble
from specprof.run.job import Job

WARM_UPS, TIMED = 10, 100
ON_CUDA = torch.cuda.is_available()
SMALL = {"model": "tiny", "layers": "all", "seq_len": "128,512", "candidates": "1,16,64", "budget_s": 600.0}


@pytest.mark.timeout(3600)
def test_a_sweep_against_a_bare_script():
    device = torch.device("cuda", 0) if ON_CUDA else torch.device("cpu")
    asked = Asked(attention="split") if ON_CUDA else Asked(**SMALL, target_ci_pct=1.0)
    plan = assemble(asked, "cuda:0" if ON_CUDA else "cpu").plan
    speaker = Speaker(os.open(os.devnull, os.O_WRONLY), time.monotonic())
    with torch.inference_mode():
        bench, opened = open_bench(plan, device, speaker, lambda: False)
        began = time.monotonic()
        Sweep(bench, Job(plan=plan, origin_s=began)).run()
        ours_s = time.monotonic() - began
        began = time.monotonic()
        for row in plan.rows():
            bench.workload.open_row(row)
            for candidates in plan.candidates:
                step = bench.workload.step(candidates, Form(candidates > 1, plan.attention))
                for _ in range(WARM_UPS + TIMED):
                    step.run()
                    if ON_CUDA:
                        torch.cuda.synchronize()
        bare_s = time.monotonic() - began
    print(f"\n{len(plan.cells())} cells: specprof {ours_s:.1f} s ({opened.execution}), bare script "
          f"{bare_s:.1f} s, ratio {ours_s / bare_s:.2f}; built in {opened.build_s:.1f} s, modes checked "
          f"in {opened.checks_s:.1f} s")  # fmt: skip
    if ON_CUDA:
        assert opened.build_s <= 15
        assert ours_s <= 60
        assert ours_s < bare_s
