"""How fast the device streams its memory: what a verify step's floor is taken against.

A buffer far larger than the caches is summed and, as a matrix, multiplied by a vector (both only read it),
and copied (it reads and writes), a few times each; the fastest counts. The product is what a step of one
candidate does with the weights, and on some CPUs its library streams a quarter faster than a sum. It is
measured and not looked up: a datasheet's figure is never reached.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from specprof.measure import capacity

BUFFER_BYTES = {"cpu": 256 << 20, "cuda": 1 << 30}
COLUMNS = 4096
"""Of the buffer as a matrix: a hidden size."""
TURNS = 5
CALLS = {"cpu": 1, "cuda": 10}
"""Between two waits: on CUDA one call takes so little that launching and waiting would count."""


def stream_bytes_per_s(device: torch.device) -> float | None:
    """Bytes per second, read and written; None where the memory for it is not there."""
    return max(stream_rates(device).values(), default=None)


def stream_rates(device: torch.device) -> dict[str, float]:
    """Bytes per second of each way to stream; none where the memory for it is not there."""
    count = BUFFER_BYTES[device.type] // 4
    try:
        buffer = torch.ones(count, dtype=torch.float32, device=device)
        target = torch.ones_like(buffer)  # written once, so that its pages are there
        matrix, vector = buffer.view(-1, COLUMNS), buffer[:COLUMNS].clone()
        size = buffer.numel() * buffer.element_size()
        return {
            "sum": size / fastest_s(lambda: buffer.sum(), device),
            "product": size / fastest_s(lambda: torch.mv(matrix, vector), device),
            "copy": 2 * size / fastest_s(lambda: target.copy_(buffer), device),
        }
    except Exception as error:
        if not capacity.is_out_of_memory(error):
            raise
        return {}
    finally:
        buffer = target = matrix = vector = None
        capacity.release(device)


def fastest_s(stream: Callable[[], object], device: torch.device) -> float:
    """The least time that a call took, s, of `TURNS` after one that is not counted."""
    calls = CALLS[device.type]
    took = []
    for _ in range(TURNS + 1):
        wait_for(device)
        began = time.perf_counter()
        for _ in range(calls):
            stream()
        wait_for(device)
        took.append((time.perf_counter() - began) / calls)
    return min(took[1:])


def wait_for(device: torch.device) -> None:
    """Until the device has done all that it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
