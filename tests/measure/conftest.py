"""A tiny model in float32 on the CPU, in every attention, with and without grouped queries."""

from __future__ import annotations

import pytest
import torch

from specprof.measure.verify_step import FullModel
from specprof.plan.plan import Plan
from specprof.plan.presets import PRESETS
from specprof.plan.stopping import StoppingRule


@pytest.fixture(autouse=True)
def _inference():
    with torch.inference_mode():
        yield


def small_plan(attention="sdpa", kv_heads=2, **changes) -> Plan:
    shape = PRESETS["tiny"].model_copy(
        update={"num_key_value_heads": kv_heads, "layers_measured": 3, "layers_total": 3}
    )
    fields = {
        "model": shape,
        "dtype": "float32",
        "attention": attention,
        "batch_sizes": (2,),
        "seq_lens": (24,),
        "candidates": (1, 7, 16),
        # no budget: a busy machine would end at it what is to end at its target
        "stopping": StoppingRule(target_ci=0.5),
    }
    return Plan(**{**fields, **changes})


@pytest.fixture(params=["sdpa", "eager", "split"])
def attention(request):
    return request.param


@pytest.fixture(params=[4, 2, 1], ids=["all-heads", "grouped-query", "multi-query"])
def workload(request, attention):
    return FullModel(small_plan(attention, request.param), torch.float32, torch.device("cpu"))
