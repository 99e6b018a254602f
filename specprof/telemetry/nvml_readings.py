"""What is read of one GPU or MIG slice, field by field, each by the entry points that have it.

A slice has its own memory, processes and ECC counts; temperature, clocks and what holds them down are read
from the GPU it lies on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from specprof.telemetry.nvml_library import ARGUMENT_VERSION_MISMATCH, FUNCTION_NOT_FOUND
from specprof.telemetry.own_processes import OwnProcesses

Reading = Callable[[], Any]

# nvml.h, nvmlClocksEventReason*: what holds the clocks down.
CLOCK_EVENTS = {
    0x1: "gpu_idle",
    0x2: "application_clocks",
    0x4: "sw_power_cap",
    0x8: "hw_slowdown",
    0x10: "sync_boost",
    0x20: "sw_thermal",
    0x40: "hw_thermal",
    0x80: "hw_power_brake",
    0x100: "display_clocks",
}

# A number outside is no reading: drivers answer 0xFFFFFFFF where a sensor is silent.
PLAUSIBLE = {
    "utilization_pct": (0, 100),
    "memory_used_bytes": (0, 1 << 50),
    "power_w": (0, 100_000),
    "energy_j": (0, 1e14),
    "temperature_c": (-100, 300),
    "sm_clock_mhz": (0, 20_000),
    "memory_clock_mhz": (0, 100_000),
    "power_violation_s": (0, 1e10),
    "thermal_violation_s": (0, 1e10),
    "ecc_uncorrected": (0, 1 << 53),
    "ecc_corrected": (0, 1 << 53),
}

OF_THE_WHOLE_GPU = ("power_w", "energy_j")
"""What a slice has no share of that could be told."""


def readings_of(nvml: Any, device: Any, gpu: Any, own: OwnProcesses) -> dict[str, Reading]:
    """The readings of `device`, which lies on `gpu` or is it. Each may raise NVMLError; that of
    `foreign_pids` Undecidable too."""
    found: dict[str, Reading] = {
        "utilization_pct": lambda: nvml.nvmlDeviceGetUtilizationRates(device).gpu,
        "memory_used_bytes": lambda: memory_of(nvml, device).used,
        "power_w": lambda: nvml.nvmlDeviceGetPowerUsage(gpu) / 1000,
        "energy_j": lambda: nvml.nvmlDeviceGetTotalEnergyConsumption(gpu) / 1000,
        "temperature_c": lambda: _temperature(nvml, gpu),
        "sm_clock_mhz": lambda: nvml.nvmlDeviceGetClockInfo(gpu, nvml.NVML_CLOCK_SM),
        "memory_clock_mhz": lambda: nvml.nvmlDeviceGetClockInfo(gpu, nvml.NVML_CLOCK_MEM),
        "throttle_reasons": lambda: _clock_events(nvml, gpu),
        "power_violation_s": lambda: _violation_s(nvml, gpu, nvml.NVML_PERF_POLICY_POWER),
        "thermal_violation_s": lambda: _violation_s(nvml, gpu, nvml.NVML_PERF_POLICY_THERMAL),
        "ecc_uncorrected": lambda: _ecc_errors(nvml, device, nvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED),
        "ecc_corrected": lambda: _ecc_errors(nvml, device, nvml.NVML_MEMORY_ERROR_TYPE_CORRECTED),
        "foreign_pids": lambda: _foreign_pids(nvml, device, own),
    }
    if gpu is not device:
        for name in OF_THE_WHOLE_GPU:
            del found[name]
    return found


def clock_events(bits: int) -> list[str]:
    """The names of the bits of nvmlDeviceGetCurrentClocksEventReasons; a bit without one by its number."""
    return [CLOCK_EVENTS.get(1 << i, f"bit_{1 << i:#x}") for i in range(64) if bits >> i & 1]


def memory_of(nvml: Any, device: Any) -> Any:
    """nvmlMemory_v2_t (bytes; `used` without what the driver reserves), or the first form of old drivers."""
    try:
        return nvml.nvmlDeviceGetMemoryInfo(device, nvml.nvmlMemory_v2)
    except nvml.NVMLError as error:
        if error.value not in (FUNCTION_NOT_FOUND, ARGUMENT_VERSION_MISMATCH):
            raise
    return nvml.nvmlDeviceGetMemoryInfo(device)


def _temperature(nvml: Any, gpu: Any) -> int:
    """Degrees; the older entry point has no sign."""
    value: int = _either(
        nvml, "nvmlDeviceGetTemperatureV", "nvmlDeviceGetTemperature", gpu, nvml.NVML_TEMPERATURE_GPU
    )
    return value


def _clock_events(nvml: Any, gpu: Any) -> list[str]:
    bits = _either(
        nvml, "nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons", gpu
    )
    return clock_events(bits)


def _violation_s(nvml: Any, gpu: Any, policy: int) -> float:
    """How long a policy has held the clocks down so far, s; nvmlViolationTime_t has nanoseconds."""
    nanoseconds: int = nvml.nvmlDeviceGetViolationStatus(gpu, policy).violationTime
    return nanoseconds / 1e9


def _ecc_errors(nvml: Any, device: Any, kind: int) -> int:
    """Errors of a kind since the driver was loaded (volatile). Where MIG is on, NVML has them per slice."""
    count: int = nvml.nvmlDeviceGetTotalEccErrors(device, kind, nvml.NVML_VOLATILE_ECC)
    return count


def _foreign_pids(nvml: Any, device: Any, own: OwnProcesses) -> list[int]:
    listed = _either(
        nvml,
        "nvmlDeviceGetComputeRunningProcesses_v3",
        "nvmlDeviceGetComputeRunningProcesses_v2",
        device,
    )
    return own.foreign(process.pid for process in listed)[:1024]


def _either(nvml: Any, newer: str, older: str, *args: Any) -> Any:
    """Calls the newer entry point, or the older one where driver or pynvml lack it."""
    if hasattr(nvml, newer):
        try:
            return getattr(nvml, newer)(*args)
        except nvml.NVMLError as error:
            if error.value not in (FUNCTION_NOT_FOUND, ARGUMENT_VERSION_MISMATCH):
                raise
    return getattr(nvml, older)(*args)
