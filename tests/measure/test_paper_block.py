"""The paper's block: its products and nothing else."""

from __future__ import annotations

import torch

from specprof.measure.paper_block import PaperBlock
from specprof.measure.step import Form
from specprof.plan.plan import Row

from .conftest import small_plan


def _block(kv_heads=2):
    block = PaperBlock(
        small_plan(kv_heads=kv_heads, workload="paper-block"), torch.float32, torch.device("cpu")
    )
    block.open_row(Row(2, 24))
    return block


def test_it_keeps_the_hidden_shape_and_stays_finite_through_the_layers():
    output = _block().step(7, Form(True, "sdpa")).run()
    assert output.shape == (2, 7, 64)
    assert torch.isfinite(output).all()
    assert 0.05 < float(output.std()) < 20


def test_its_floating_point_operations_are_those_of_the_eight_products():
    from torch.utils.flop_counter import FlopCounterMode

    with torch.inference_mode(False), torch.no_grad():  # the counter does not see inference tensors
        step = _block(kv_heads=4).step(7, Form(True, "sdpa"))
        with FlopCounterMode(display=False) as counted:
            step.run()
    tokens, hidden, inner, heads, width, span = 2 * 7, 64, 176, 4, 16, 31
    linear = 2 * tokens * (3 * hidden * hidden + 3 * hidden * inner)
    attention = 2 * 2 * (2 * heads * 7 * span * width)
    assert counted.get_total_flops() == 3 * (linear + attention)
