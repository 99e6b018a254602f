"""How fast the device streams its memory: what a verify step's floor is taken against.

A buffer far larger than the caches is summed (it reads only) and copied (it reads and writes), a few times
each; the fastest counts. It is measured and not looked up: a datasheet's figure is never reached.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

BUFFER_BYTES = {"cpu": 256 << 20, "cuda": 1 << 30}
TURNS = 5


def stream_bytes_per_s(device: torch.device) -> float | None:
    """Bytes per second, read and written; None where the memory for it is not there."""
    count = BUFFER_BYTES[device.type] // 4
    try:
        buffer = torch.ones(count, dtype=torch.float32, device=device)
        target = torch.ones_like(buffer)  # written once, so that its pages are there
        size = buffer.numel() * buffer.element_size()
        return max(
            size / _fastest_s(lambda: buffer.sum(), device),
            2 * size / _fastest_s(lambda: target.copy_(buffer), device),
        )
    except (torch.OutOfMemoryError, MemoryError, RuntimeError):
        return None
    finally:
        buffer = target = None
        if device.type == "cuda":
            torch.cuda.empty_cache()


def _fastest_s(stream: Callable[[], object], device: torch.device) -> float:
    took = []
    for _ in range(TURNS + 1):
        _wait(device)
        began = time.perf_counter()
        stream()
        _wait(device)
        took.append(time.perf_counter() - began)
    return min(took[1:])


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
