"""How fast the device multiplies matrices: what a verify step's floor is taken against where it is not bound
by memory.

A few large square products in the plan's number type; the fastest counts. It is measured and not looked up:
a datasheet's figure holds for clocks that a card under load does not keep.
"""

from __future__ import annotations

import torch

from specprof.measure import capacity
from specprof.measure.bandwidth import fastest_s
from specprof.measure.random_data import fill_random

SIDES = {"cpu": (1024, 2048), "cuda": (4096, 8192)}
"""Rows and columns. The smaller one is the faster on a device with few or slow caches."""


def gemm_flops_per_s(device: torch.device, dtype: torch.dtype, seed: int = 0) -> float | None:
    """Operations per second, 2·N³ each product; None where the memory for it is not there."""
    generator = torch.Generator(device).manual_seed(seed)
    rates = []
    for side in SIDES[device.type]:
        try:
            left, right, out = (torch.empty(side, side, dtype=dtype, device=device) for _ in range(3))
            for matrix in (left, right):
                fill_random(matrix, generator)
            rates.append(2 * side**3 / fastest_s(lambda: torch.mm(left, right, out=out), device))  # noqa: B023
        except Exception as error:
            if not capacity.is_out_of_memory(error):
                raise
        finally:
            left = right = out = None
            capacity.release(device)
    return max(rates, default=None)
