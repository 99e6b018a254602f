"""Opening NVML: pynvml, imported late, and what the library's refusals mean for the user.

Error codes are those of nvml.h, nvmlReturn_t.
"""

from __future__ import annotations

from typing import Any, Literal

from specprof.errors import EnvironmentProblem
from specprof.run.telemetry import TelemetrySource

FAKE_SYMBOL = "specprof_fake_nvml"

INVALID_ARGUMENT = 2
NOT_SUPPORTED = 3
NO_PERMISSION = 4
NOT_FOUND = 6
FUNCTION_NOT_FOUND = 13
GPU_IS_LOST = 15
RESET_REQUIRED = 16
VERSION_MISMATCH = 18
ARGUMENT_VERSION_MISMATCH = 25
GONE = (GPU_IS_LOST, RESET_REQUIRED)

REFUSED_READINGS = {
    INVALID_ARGUMENT: "NVML refuses it for this device",
    NOT_SUPPORTED: "this GPU does not support it",
    NO_PERMISSION: "this user may not read it",
    FUNCTION_NOT_FOUND: "this driver does not offer it",
    ARGUMENT_VERSION_MISMATCH: "this driver does not offer it in a known form",
}
"""Codes that a reading will go on to have, and why."""
NOT_IN_PYNVML = "this version of the package nvidia-ml-py does not offer it"

SourceName = Literal["nvml", "fake"]

_REFUSALS = {
    NO_PERMISSION: (
        "this user may not use the NVIDIA driver",
        "give the user access to /dev/nvidia* and /dev/nvidiactl",
    ),
    9: ("the NVIDIA driver is not loaded", "load it (sudo modprobe nvidia) or reboot"),
    12: (
        "the NVIDIA driver's library libnvidia-ml.so.1 was not found",
        "install the NVIDIA driver; in a container, start it with its GPUs (docker run --gpus all)",
    ),
    FUNCTION_NOT_FOUND: ("the NVIDIA driver is too old for this NVML", "update the NVIDIA driver"),
    VERSION_MISMATCH: (
        "the NVIDIA driver's kernel module and its library have different versions",
        "reboot, so that both come from the driver installed last",
    ),
    GPU_IS_LOST: ("a GPU has fallen off the bus", "reboot; if it comes back, check the GPU's power and slot"),
    RESET_REQUIRED: ("a GPU needs a reset", "reset it (sudo nvidia-smi --gpu-reset) or reboot"),
}


class NvmlProblem(EnvironmentProblem):
    """NVML cannot be read. `source` says whose NVML it was."""

    def __init__(self, what: str, remedy: str = "", source: SourceName = "nvml") -> None:
        super().__init__(what, remedy)
        self.source: SourceName = source

    def telemetry_source(self, device_uuid: str | None) -> TelemetrySource:
        """This problem as it stands in the run record."""
        return TelemetrySource(
            source=self.source,
            available=False,
            reason=self.what[:4096],
            remedy=self.remedy[:4096] or None,
            device_uuid=device_uuid,
        )


class NvmlUnavailable(NvmlProblem):
    """No telemetry on this machine or of this device; the measurement goes on without."""


class GpuLost(NvmlProblem):
    """The GPU answers no more (NVML codes 15 and 16): the run must stop."""


def open_library() -> Any:
    """The module pynvml with NVML initialised. Raises NvmlUnavailable."""
    try:
        import pynvml
    except ImportError as error:
        raise NvmlUnavailable(
            f"the Python package nvidia-ml-py cannot be imported ({error})", "pip install nvidia-ml-py"
        ) from None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        raise refusal(pynvml, error) from None
    return pynvml


def source_of(pynvml: Any) -> SourceName:
    """`fake` where the loaded library exports the test libraries' mark."""
    library = pynvml.nvmlLib
    return "fake" if library is not None and hasattr(library, FAKE_SYMBOL) else "nvml"


def refusal(pynvml: Any, error: Any) -> NvmlUnavailable:
    """An NVMLError that leaves no telemetry, in the user's terms."""
    what, remedy = _REFUSALS.get(error.value, (f"NVML failed: {error}", "see whether nvidia-smi works"))
    return NvmlUnavailable(what, remedy, source_of(pynvml))
