"""Whether model and cells fit into the device's memory, asked before they are tried."""

from __future__ import annotations

import gc

import psutil
import torch

from specprof.errors import EnvironmentProblem
from specprof.plan.decoding_memory import decoding_bytes
from specprof.plan.memory import building_bytes, building_for, cell_bytes, format_bytes, weight_bytes
from specprof.plan.modes import Attention
from specprof.plan.plan import Cell, Plan, Row
from specprof.plan.validation import Way

OUT_OF_MEMORY = (torch.OutOfMemoryError, MemoryError)
SAID_WITHOUT_MEMORY = ("out of memory", "not enough memory", "can't allocate memory")
"""By CUDA's libraries, and by torch's allocator on a CPU, in RuntimeErrors."""


def free_bytes(device: torch.device) -> int:
    """Memory that can still be allocated. On CUDA what torch's allocator holds unused counts as free."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return min(psutil.virtual_memory().available, _cgroup_free_bytes())


def _cgroup_free_bytes() -> int:
    """What a container's own limit leaves (cgroup v2); the kernel kills who exceeds it."""
    try:
        with open("/sys/fs/cgroup/memory.max", encoding="ascii") as limit_file:
            limit = limit_file.read().strip()
        with open("/sys/fs/cgroup/memory.current", encoding="ascii") as used_file:
            return int(limit) - int(used_file.read()) if limit != "max" else 1 << 62
    except (OSError, ValueError):
        return 1 << 62


def check_model_fits(plan: Plan, device: torch.device) -> None:
    """Raises EnvironmentProblem, with what is needed against what is free."""
    needed, free = building_bytes(plan), free_bytes(device)
    if needed > free:
        raise EnvironmentProblem(
            f"{plan.model.title} with {plan.model.layers_measured} layers in {plan.dtype} needs "
            f"{format_bytes(needed)} {building_for(plan)} and {device} has {format_bytes(free)} free",
            "measure fewer layers with --layers, use a smaller --dtype, or free memory",
        )


def why_not(plan: Plan, cell: Cell, device: torch.device, attention: Attention | None = None) -> str | None:
    """Why a cell will not fit beside the loaded model, with the plan's attention or the one named; None
    where it should."""
    return _lacking(cell_bytes(plan, cell, attention), device)


def why_not_decoded(plan: Plan, row: Row, way: Way, device: torch.device) -> str | None:
    """Why there is no room for what a way to decode needs beside the row's cells; None where there is."""
    return _lacking(decoding_bytes(plan, row, way), device)


def _lacking(needed: int, device: torch.device) -> str | None:
    free = free_bytes(device)
    if needed <= free:
        return None
    return f"predicted not to fit: needs {format_bytes(needed)}, {format_bytes(free)} free"


def predicted_bytes(plan: Plan, cell: Cell, device: torch.device) -> int | None:
    """What model and cell were predicted to need together, where it can be checked: on CUDA."""
    return weight_bytes(plan) + cell_bytes(plan, cell) if device.type == "cuda" else None


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception means that memory ran out, on any device."""
    if isinstance(error, OUT_OF_MEMORY):
        return True
    said = str(error).lower()
    return isinstance(error, RuntimeError) and any(words in said for words in SAID_WITHOUT_MEMORY)


def release(device: torch.device) -> None:
    """Gives back what a failed cell left. Call it outside the except block, which keeps its frames alive."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()


def peak_bytes(device: torch.device) -> int | None:
    """Most memory allocated since the last call, on CUDA; None where it is not counted."""
    if device.type != "cuda":
        return None
    peak = torch.cuda.max_memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    return peak
