"""Reading one GPU through NVML. Blocks, may hang and may crash: for the telemetry child only.

What a device does not support (code 3) or this user may not read (4) is null with a reason, never 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from specprof.run.telemetry import TelemetrySample, TelemetrySource
from specprof.telemetry.nvml_find import find, gpu_under, lost
from specprof.telemetry.nvml_library import (
    GONE,
    NOT_IN_PYNVML,
    REFUSED_READINGS,
    open_library,
    refusal,
    source_of,
)
from specprof.telemetry.nvml_readings import OF_THE_WHOLE_GPU, PLAUSIBLE, Reading, readings_of
from specprof.telemetry.own_processes import OwnProcesses, Undecidable

_WHOLE_GPU = "measured for the whole GPU, not for a MIG slice"
_OTHER_NAMESPACE = "NVML lists the process numbers of another PID namespace (container)"


class NvmlReader:
    """The readings of one GPU or MIG slice; see `nvml_readings`."""

    def __init__(self, nvml: Any, device: Any, uuid: str, own_pids: Iterable[int]) -> None:
        self._nvml = nvml
        self._uuid = uuid
        self._source = source_of(nvml)
        self._missing: dict[str, str] = {}
        self._unsaid: dict[str, str] = {}
        gpu = gpu_under(nvml, device)
        self._readings = readings_of(nvml, device, gpu, OwnProcesses(own_pids))
        if gpu is not device:
            for name in OF_THE_WHOLE_GPU:
                self._say_missing(name, _WHOLE_GPU)

    @classmethod
    def open(cls, uuid: str, own_pids: Iterable[int]) -> NvmlReader:
        """The reader of the device with this UUID; see `uuid_forms`.

        `own_pids` and their descendants are not foreign to the GPU. Reads once, so that `source()` knows
        what is missing. Raises NvmlUnavailable, or GpuLost where the GPU is already gone.
        """
        nvml = open_library()
        try:
            device, found_uuid = find(nvml, uuid)
            reader = cls(nvml, device, found_uuid, own_pids)
            reader.sample(0.0)
        except nvml.NVMLError as error:
            if error.value in GONE:
                raise lost(nvml, uuid, error) from None
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

    def _read(self, name: str, reading: Reading) -> Any:
        try:
            value = reading()
        except self._nvml.NVMLError as error:
            if error.value in GONE:
                raise lost(self._nvml, self._uuid, error) from None
            if error.value in REFUSED_READINGS:
                self._say_missing(name, REFUSED_READINGS[error.value])
            return None
        except AttributeError:
            self._say_missing(name, NOT_IN_PYNVML)
            return None
        except Undecidable:
            self._say_missing(name, _OTHER_NAMESPACE)
            return None
        if name in PLAUSIBLE:
            low, high = PLAUSIBLE[name]
            return value if low <= value <= high else None
        return value

    def _say_missing(self, name: str, reason: str) -> None:
        if name not in self._missing:
            self._missing[name] = self._unsaid[name] = reason
