"""Finding the device that is measured: by its UUID, never by an index, which CUDA counts in its own way."""

from __future__ import annotations

from typing import Any

from specprof.telemetry.nvml_library import (
    GONE,
    GPU_IS_LOST,
    INVALID_ARGUMENT,
    NOT_FOUND,
    GpuLost,
    NvmlUnavailable,
    source_of,
)


def uuid_forms(uuid: str) -> tuple[str, ...]:
    """How NVML may write a UUID: torch leaves out the prefix, for a GPU as for a MIG slice."""
    uuid = uuid.strip()
    return (uuid,) if uuid.startswith(("GPU-", "MIG-")) else (f"GPU-{uuid}", f"MIG-{uuid}")


def find(nvml: Any, uuid: str) -> tuple[Any, str]:
    """The device with this UUID, and the UUID as NVML writes it. Raises NvmlUnavailable, NVMLError."""
    for form in uuid_forms(uuid):
        try:
            return nvml.nvmlDeviceGetHandleByUUID(form), form
        except nvml.NVMLError as error:
            if error.value not in (NOT_FOUND, INVALID_ARGUMENT):
                raise
    raise NvmlUnavailable(
        f"NVML knows no device {uuid}", "compare with what nvidia-smi -L lists", source_of(nvml)
    )


def gpu_under(nvml: Any, device: Any) -> Any:
    """The GPU on which a MIG slice lies; the device itself where it is a GPU."""
    try:
        is_slice = nvml.nvmlDeviceIsMigDeviceHandle(device)
        if not getattr(is_slice, "value", is_slice):
            return device
        return nvml.nvmlDeviceGetDeviceHandleFromMigDeviceHandle(device)
    except nvml.NVMLError as error:
        if error.value in GONE:
            raise
        return device


def lost(nvml: Any, uuid: str, error: Any) -> GpuLost:
    """What codes 15 and 16 mean for the user."""
    how = "is lost" if error.value == GPU_IS_LOST else "needs a reset"
    return GpuLost(
        f"the GPU {uuid} {how} (NVML code {error.value})",
        "reset it (sudo nvidia-smi --gpu-reset) or reboot; the kernel's log (dmesg, Xid) has the cause",
        source_of(nvml),
    )
