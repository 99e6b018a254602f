"""What NVML says of this machine's GPUs, as the probe's JSON object. Blocks: for the probe's child only."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from specprof.telemetry.health import health_of
from specprof.telemetry.nvml_library import NvmlUnavailable, open_library, source_of
from specprof.telemetry.nvml_readings import memory_of
from specprof.telemetry.processes import processes_on

MAX_CLOCK_MHZ = 20_000
"""Drivers answer 0xFFFFFFFF where a sensor is silent."""


def report(*, health: bool = False) -> dict[str, Any]:
    """Driver and GPUs in NVML's order; `available` says whether there is a GPU that telemetry can read.

    With `health`, what may spoil a measurement on each: see `health`.
    """
    try:
        nvml = open_library()
        source = source_of(nvml)
        devices, refused = _devices(nvml, health=health)
        found = {
            "source": source,
            "driver": _ask(nvml, nvml.nvmlSystemGetDriverVersion),
            "cuda_driver_version": _cuda_version(nvml),
            "devices": devices,
        }
        if devices or refused:
            return {"available": bool(devices), "reason": "; ".join(refused) or None, "remedy": None} | found
        problem = NvmlUnavailable(
            "the NVIDIA driver finds no GPU",
            "see what nvidia-smi -L lists; in a container, start it with its GPUs (docker run --gpus all)",
            source,
        )
        return _unavailable(problem) | found
    except NvmlUnavailable as problem:
        return _unavailable(problem)
    except Exception as error:  # whatever a broken driver or package does, the probe answers
        return _unavailable(NvmlUnavailable(f"NVML failed: {type(error).__name__}: {error}"))


def _unavailable(problem: NvmlUnavailable) -> dict[str, Any]:
    return {
        "available": False,
        "reason": problem.what,
        "remedy": problem.remedy or None,
        "source": problem.source,
        "driver": None,
        "cuda_driver_version": None,
        "devices": [],
    }


def _devices(nvml: Any, *, health: bool) -> tuple[list[dict[str, Any]], list[str]]:
    """The GPUs that answer, and a line for each that does not."""
    devices: list[dict[str, Any]] = []
    refused: list[str] = []
    for index in range(nvml.nvmlDeviceGetCount()):
        try:
            device = nvml.nvmlDeviceGetHandleByIndex(index)
            uuid = nvml.nvmlDeviceGetUUID(device)
            name = nvml.nvmlDeviceGetName(device)
        except nvml.NVMLError as error:
            refused.append(f"GPU {index} does not answer ({error})")
            continue
        memory = _ask(nvml, partial(memory_of, nvml, device))
        devices.append(
            {
                "index": index,
                "uuid": uuid,
                "name": name,
                "memory_bytes": memory and memory.total,
                "free_bytes": memory and memory.free,
                "sm_clock_mhz": _clock(nvml, nvml.nvmlDeviceGetClockInfo, device),
                "max_sm_clock_mhz": _clock(nvml, nvml.nvmlDeviceGetMaxClockInfo, device),
                "processes": processes_on(nvml, device),
                "health": health_of(nvml, device) if health else None,
            }
        )
    return devices, refused


def _clock(nvml: Any, question: Callable[..., int], device: Any) -> int | None:
    """The SM clock now or at most, MHz; None where it is silent or beyond what any GPU has."""
    mhz = _ask(nvml, lambda: question(device, nvml.NVML_CLOCK_SM))
    return mhz if mhz is not None and 0 <= mhz <= MAX_CLOCK_MHZ else None


def _cuda_version(nvml: Any) -> str | None:
    """The newest CUDA that the driver runs: 12080 is 12.8."""
    number = _ask(nvml, nvml.nvmlSystemGetCudaDriverVersion)
    return None if number is None else f"{number // 1000}.{number % 1000 // 10}"


def _ask(nvml: Any, question: Callable[[], Any]) -> Any:
    try:
        return question()
    except nvml.NVMLError:
        return None
