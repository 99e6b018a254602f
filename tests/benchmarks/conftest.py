"""What the benchmarks share: a bench of Llama 7B shapes whose events go nowhere."""

from __future__ import annotations

import os
import time

import torch

from specprof.measure.bench import Bench
from specprof.measure.clock import CpuClock
from specprof.measure.speaker import Speaker
from specprof.measure.verify_step import FullModel
from specprof.plan.plan import Plan
from specprof.plan.presets import PRESETS
from specprof.plan.stopping import StoppingRule

CPU = torch.device("cpu")


def bench_of(layers_measured: int, candidates: tuple[int, ...], seq_len: int) -> Bench:
    """A CPU bench of `layers_measured` layers of Llama 7B in float32."""
    shape = PRESETS["llama-7b"].model_copy(update={"layers_measured": layers_measured})
    plan = Plan(
        model=shape,
        dtype="float32",
        batch_sizes=(1,),
        seq_lens=(seq_len,),
        candidates=candidates,
        stopping=StoppingRule(target_ci=0.001, min_samples=1000, max_samples=1000),
    )
    speaker = Speaker(os.open(os.devnull, os.O_WRONLY), time.monotonic())
    return Bench(plan, FullModel(plan, torch.float32, CPU), CPU, CpuClock(), speaker, None, lambda: False)
