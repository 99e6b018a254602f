"""Reading one GPU through NVML. Blocks, may hang and may crash: for the telemetry child only.

What a device does not support (code 3) or this user may not read (4) is null with a reason, never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from specprof.run.events import TelemetrySample, TelemetrySource
from specprof.telemetry.nvml_library import (
    ARGUMENT_VERSION_MISMATCH,
    FUNCTION_NOT_FOUND,
    GPU_IS_LOST,
    INVALID_ARGUMENT,
    NO_PERMISSION,
    NOT_FOUND,
    NOT_SUPPORTED,
    RESET_REQUIRED,
    GpuLost,
    NvmlUnavailable,
    open_library,
    refusal,
    source_of,
)
from specprof.telemetry.own_processes import OwnProcesses, Undecidable

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

_LASTING = {
    INVALID_ARGUMENT: "NVML refuses it for this device",
    NOT_SUPPORTED: "this GPU does not support it",
    NO_PERMISSION: "this user may not read it",
    FUNCTION_NOT_FOUND: "this driver does not offer it",
    ARGUMENT_VERSION_MISMATCH: "this driver does not offer it in a known form",
}

# A number outside is no reading: drivers answer 0xFFFFFFFF where a sensor is silent.
_PLAUSIBLE = {
    "utilization_pct": (0, 100),
    "memory_used_bytes": (0, 1 << 50),
    "power_w": (0, 100_000),
    "energy_j": (0, 1e14),
    "temperature_c": (-100, 300),
    "sm_clock_mhz": (0, 20_000),
    "memory_clock_mhz": (0, 100_000),
}

_WHOLE_GPU = "measured for the whole GPU, not for a MIG slice"
_OTHER_NAMESPACE = "NVML lists the process numbers of another PID namespace (container)"


class NvmlReader:
    """The readings of one GPU or MIG slice.

    A slice has its own memory and processes; temperature, clocks and what holds them down are read from
    the GPU it lies on.
    """

    def __init__(self, nvml: Any, device: Any, uuid: str, own_pids: Iterable[int]) -> None:
        self._nvml = nvml
        self._uuid = uuid
        self._source = source_of(nvml)
        self._own = OwnProcesses(own_pids)
        self._missing: dict[str, str] = {}
        self._unsaid: dict[str, str] = {}
        self._readings = self._choose_readings(device)

    @classmethod
    def open(cls, uuid: str, own_pids: Iterable[int]) -> NvmlReader:
        """The reader of the device with this UUID; see `uuid_forms`.

        `own_pids` and their descendants are not foreign to the GPU. Reads once, so that `source()` knows
        what is missing. Raises NvmlUnavailable, or GpuLost where the GPU is already gone.
        """
        nvml = open_library()
        try:
            device, found_uuid = _find(nvml, uuid)
            reader = cls(nvml, device, found_uuid, own_pids)
            reader.sample(0.0)
        except nvml.NVMLError as error:
            if error.value in (GPU_IS_LOST, RESET_REQUIRED):
                raise _lost(nvml, uuid, error) from None
            raise refusal(nvml, error) from None
        reader._unsaid.clear()
        return reader

    def source(self) -> TelemetrySource:
        """What is read from and which fields it lacks."""
        return TelemetrySource(
            source=self._source, available=True, device_uuid=self._uuid, missing=dict(self._missing)
        )

    def newly_missing(self) -> dict[str, str]:
        """Fields found missing since `open` and not yet told of, each with its reason."""
        unsaid, self._unsaid = self._unsaid, {}
        return unsaid

    def sample(self, t_s: float) -> TelemetrySample:
        """Reads every field once. Raises GpuLost."""
        fields = {name: self._read(name, reading) for name, reading in self._readings.items()}
        return TelemetrySample(t_s=t_s, source=self._source, **fields)

    def _read(self, name: str, reading: Callable[[], Any]) -> Any:
        try:
            value = reading()
        except self._nvml.NVMLError as error:
            if error.value in (GPU_IS_LOST, RESET_REQUIRED):
                raise _lost(self._nvml, self._uuid, error) from None
            if error.value in _LASTING:
                self._say_missing(name, _LASTING[error.value])
            return None
        except Undecidable:
            self._say_missing(name, _OTHER_NAMESPACE)
            return None
        if name in _PLAUSIBLE:
            low, high = _PLAUSIBLE[name]
            return value if low <= value <= high else None
        return value

    def _say_missing(self, name: str, reason: str) -> None:
        if name not in self._missing:
            self._missing[name] = self._unsaid[name] = reason

    def _choose_readings(self, device: Any) -> dict[str, Callable[[], Any]]:
        nvml = self._nvml
        gpu = _gpu_under(nvml, device)
        readings: dict[str, Callable[[], Any]] = {
            "utilization_pct": lambda: nvml.nvmlDeviceGetUtilizationRates(device).gpu,
            "memory_used_bytes": lambda: memory_of(nvml, device).used,
            "power_w": lambda: nvml.nvmlDeviceGetPowerUsage(gpu) / 1000,
            "energy_j": lambda: nvml.nvmlDeviceGetTotalEnergyConsumption(gpu) / 1000,
            "temperature_c": lambda: self._temperature(gpu),
            "sm_clock_mhz": lambda: nvml.nvmlDeviceGetClockInfo(gpu, nvml.NVML_CLOCK_SM),
            "memory_clock_mhz": lambda: nvml.nvmlDeviceGetClockInfo(gpu, nvml.NVML_CLOCK_MEM),
            "throttle_reasons": lambda: self._clock_events(gpu),
            "foreign_pids": lambda: self._foreign_pids(device),
        }
        if gpu is not device:
            for name in ("power_w", "energy_j"):
                del readings[name]
                self._say_missing(name, _WHOLE_GPU)
        return readings

    def _temperature(self, gpu: Any) -> int:
        """Degrees; the older entry point has no sign."""
        nvml = self._nvml
        value: int = _either(
            nvml, "nvmlDeviceGetTemperatureV", "nvmlDeviceGetTemperature", gpu, nvml.NVML_TEMPERATURE_GPU
        )
        return value

    def _clock_events(self, gpu: Any) -> list[str]:
        bits = _either(
            self._nvml,
            "nvmlDeviceGetCurrentClocksEventReasons",
            "nvmlDeviceGetCurrentClocksThrottleReasons",
            gpu,
        )
        return clock_events(bits)

    def _foreign_pids(self, device: Any) -> list[int]:
        listed = _either(
            self._nvml,
            "nvmlDeviceGetComputeRunningProcesses_v3",
            "nvmlDeviceGetComputeRunningProcesses_v2",
            device,
        )
        return self._own.foreign(process.pid for process in listed)[:1024]


def clock_events(bits: int) -> list[str]:
    """The names of the bits of nvmlDeviceGetCurrentClocksEventReasons; a bit without one by its number."""
    return [CLOCK_EVENTS.get(1 << i, f"bit_{1 << i:#x}") for i in range(64) if bits >> i & 1]


def uuid_forms(uuid: str) -> tuple[str, ...]:
    """How NVML may write a UUID: torch leaves out the prefix, for a GPU as for a MIG slice."""
    uuid = uuid.strip()
    return (uuid,) if uuid.startswith(("GPU-", "MIG-")) else (f"GPU-{uuid}", f"MIG-{uuid}")


def memory_of(nvml: Any, device: Any) -> Any:
    """nvmlMemory_v2_t (bytes; `used` without what the driver reserves), or the first form of old drivers."""
    try:
        return nvml.nvmlDeviceGetMemoryInfo(device, nvml.nvmlMemory_v2)
    except nvml.NVMLError as error:
        if error.value not in (FUNCTION_NOT_FOUND, ARGUMENT_VERSION_MISMATCH):
            raise
    return nvml.nvmlDeviceGetMemoryInfo(device)


def _either(nvml: Any, newer: str, older: str, *args: Any) -> Any:
    """Calls the newer entry point, or the older one where driver or pynvml lack it."""
    if hasattr(nvml, newer):
        try:
            return getattr(nvml, newer)(*args)
        except nvml.NVMLError as error:
            if error.value not in (FUNCTION_NOT_FOUND, ARGUMENT_VERSION_MISMATCH):
                raise
    return getattr(nvml, older)(*args)


def _find(nvml: Any, uuid: str) -> tuple[Any, str]:
    for form in uuid_forms(uuid):
        try:
            return nvml.nvmlDeviceGetHandleByUUID(form), form
        except nvml.NVMLError as error:
            if error.value not in (NOT_FOUND, INVALID_ARGUMENT):
                raise
    raise NvmlUnavailable(
        f"NVML knows no device {uuid}", "compare with what nvidia-smi -L lists", source_of(nvml)
    )


def _gpu_under(nvml: Any, device: Any) -> Any:
    """The GPU on which a MIG slice lies; the device itself where it is a GPU."""
    try:
        is_slice = nvml.nvmlDeviceIsMigDeviceHandle(device)
        if not getattr(is_slice, "value", is_slice):
            return device
        return nvml.nvmlDeviceGetDeviceHandleFromMigDeviceHandle(device)
    except nvml.NVMLError as error:
        if error.value in (GPU_IS_LOST, RESET_REQUIRED):
            raise
        return device


def _lost(nvml: Any, uuid: str, error: Any) -> GpuLost:
    how = "is lost" if error.value == GPU_IS_LOST else "needs a reset"
    return GpuLost(
        f"the GPU {uuid} {how} (NVML code {error.value})",
        "reset it (sudo nvidia-smi --gpu-reset) or reboot; the kernel's log (dmesg, Xid) has the cause",
        source_of(nvml),
    )
