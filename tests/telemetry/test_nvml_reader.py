"""The NVML reader's tables, and what it does where NVML lists processes that cannot be told apart."""

from __future__ import annotations

from types import SimpleNamespace

import pynvml

from specprof.telemetry import own_processes
from specprof.telemetry.nvml import NvmlReader
from specprof.telemetry.nvml_find import uuid_forms
from specprof.telemetry.nvml_readings import clock_events

NOWHERE = 2**22 + 7  # above the largest pid that Linux gives


def test_every_clock_event_bit_has_a_name_or_its_number():
    assert clock_events(0) == []
    assert clock_events(0x1FF) == [
        "gpu_idle",
        "application_clocks",
        "sw_power_cap",
        "hw_slowdown",
        "sync_boost",
        "sw_thermal",
        "hw_thermal",
        "hw_power_brake",
        "display_clocks",
    ]
    assert clock_events(0x400) == ["bit_0x400"]


def test_a_uuid_is_tried_as_gpu_and_as_mig_slice_unless_it_says_which():
    assert uuid_forms("abc") == ("GPU-abc", "MIG-abc")
    assert uuid_forms("GPU-abc") == ("GPU-abc",)
    assert uuid_forms("MIG-GPU-abc/1/0") == ("MIG-GPU-abc/1/0",)


class NvmlWithProcessesOnly:
    """Supports nothing but the list of compute processes."""

    NVMLError = pynvml.NVMLError
    nvmlLib = None  # noqa: N815
    nvmlMemory_v2 = NVML_CLOCK_SM = NVML_CLOCK_MEM = NVML_TEMPERATURE_GPU = 0  # noqa: N815

    def __init__(self, pids: list[int]) -> None:
        self.pids = pids

    def nvmlDeviceGetComputeRunningProcesses_v3(self, device: object) -> list[SimpleNamespace]:
        return [SimpleNamespace(pid=pid) for pid in self.pids]

    def __getattr__(self, name: str) -> object:
        def unsupported(*arguments: object) -> None:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)

        return unsupported


def test_untranslated_process_numbers_in_a_container_are_missing_with_a_reason_not_foreign(
    monkeypatch,
):
    monkeypatch.setattr(own_processes, "in_pid_namespace", lambda: True)
    reader = NvmlReader(NvmlWithProcessesOnly([NOWHERE]), object(), "GPU-abc", [])
    assert reader.sample(0.0).foreign_pids is None
    assert "PID namespace" in reader.newly_missing()["foreign_pids"]
    reader.sample(0.1)
    assert reader.newly_missing() == {}
    assert len(reader.source().missing) == 13


class NvmlWithoutViolations(NvmlWithProcessesOnly):
    """As a later pynvml may be: the call is deprecated."""

    def __getattr__(self, name: str) -> object:
        if name == "nvmlDeviceGetViolationStatus":
            raise AttributeError(name)
        return super().__getattr__(name)


def test_a_call_that_pynvml_no_longer_has_costs_its_fields_only():
    reader = NvmlReader(NvmlWithoutViolations([]), object(), "GPU-abc", [])
    sample = reader.sample(0.0)
    assert (sample.power_violation_s, sample.thermal_violation_s) == (None, None)
    assert "nvidia-ml-py" in reader.source().missing["thermal_violation_s"]
    assert sample.foreign_pids == []
