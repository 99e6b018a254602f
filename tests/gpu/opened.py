"""A plan of Llama 7B's shapes in a few layers on the first GPU, and its bench."""

from __future__ import annotations

import os
import tempfile
import time

import torch

from specprof.measure.speaker import Speaker
from specprof.measure.workbench import open_bench
from specprof.plan.plan import Plan
from specprof.plan.presets import PRESETS
from specprof.plan.stopping import StoppingRule


def gpu_plan(layers=2, kv_heads=32, **changes) -> Plan:
    """Llama 7B's shapes in a few layers, so that the suite takes minutes."""
    shape = PRESETS["llama-7b"].model_copy(
        update={"layers_measured": layers, "layers_total": layers, "num_key_value_heads": kv_heads}
    )
    fields = {
        "model": shape,
        "dtype": "bfloat16",
        "device": "cuda:0",
        "batch_sizes": (2,),
        "seq_lens": (128, 1024),
        "candidates": (1, 16, 64),
        "stopping": StoppingRule(target_ci=0.02, budget_s=20.0),
    }
    return Plan(**{**fields, **changes})


class Opened:
    """A bench of a plan whose events can be read back."""

    def __init__(self, plan: Plan) -> None:
        self._events = tempfile.TemporaryFile()  # noqa: SIM115
        self.speaker = Speaker(self._events.fileno(), time.monotonic())
        self.bench, self.found = open_bench(plan, torch.device("cuda", 0), self.speaker, lambda: False)

    def said(self) -> list[str]:
        return os.pread(self._events.fileno(), 1 << 26, 0).decode().splitlines()
