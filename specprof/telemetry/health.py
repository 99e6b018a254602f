"""What NVML says of a GPU beside its readings: limits, modes, settings. For the probe's child only.

Nothing is ever set: each entry point named here is a getter.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from specprof.telemetry.nvml_library import NOT_IN_PYNVML, REFUSED_READINGS
from specprof.telemetry.nvml_readings import PLAUSIBLE, Reading, readings_of
from specprof.telemetry.own_processes import OwnProcesses

_SAMPLED = {
    "clock_events": "throttle_reasons",
    "temperature_c": "temperature_c",
    "utilization_pct": "utilization_pct",
    "ecc_uncorrected": "ecc_uncorrected",
}
"""What the telemetry of a run reads too, and its name there."""

_NO_READING = "the driver gives a number that can be none"

# nvml.h, nvmlEnableState_t and nvmlComputeMode_t
_STATES = (False, True)
_COMPUTE_MODES = ("default", "exclusive_thread", "prohibited", "exclusive_process")

# A number outside is no reading: drivers answer 0xFFFFFFFF where a sensor is silent.
_PLAUSIBLE = {
    **{name: PLAUSIBLE[sampled] for name, sampled in _SAMPLED.items() if sampled in PLAUSIBLE},
    "architecture": (0, 10_000),
    "application_clock_mhz": PLAUSIBLE["sm_clock_mhz"],
    "default_application_clock_mhz": PLAUSIBLE["sm_clock_mhz"],
    "power_limit_w": PLAUSIBLE["power_w"],
    "default_power_limit_w": PLAUSIBLE["power_w"],
    "max_power_limit_w": PLAUSIBLE["power_w"],
    "slowdown_temperature_c": (1, 300),
    "margin_c": (-300, 300),
}


def health_of(nvml: Any, device: Any) -> dict[str, Any]:
    """The fields of `probe.GpuHealth`; null, with its reason in `missing`, where the driver refuses."""
    found: dict[str, Any] = {}
    missing: dict[str, str] = {}
    for name, reading in _readings(nvml, device).items():
        found[name] = None
        try:
            value = reading()
        except nvml.NVMLError as error:
            missing[name] = REFUSED_READINGS.get(error.value, f"NVML failed: {error}")
        except AttributeError:
            missing[name] = NOT_IN_PYNVML
        except (LookupError, TypeError, ValueError):
            missing[name] = _NO_READING
        else:
            low, high = _PLAUSIBLE.get(name, (-math.inf, math.inf))
            if isinstance(value, (int, float)) and not low <= value <= high:
                missing[name] = _NO_READING
            else:
                found[name] = value
    return {**found, "missing": missing}


def _readings(nvml: Any, device: Any) -> dict[str, Reading]:
    sampled = readings_of(nvml, device, device, OwnProcesses(()))

    def of(getter: str, *arguments: Any) -> Any:
        return getattr(nvml, getter)(device, *arguments)

    def switch(getter: str, at: int | None = None) -> Callable[[], bool]:
        return lambda: _STATES[of(getter) if at is None else of(getter)[at]]

    def watts(getter: str) -> Callable[[], float]:
        return lambda: of(getter) / 1000

    return {
        **{name: sampled[other] for name, other in _SAMPLED.items()},
        "architecture": lambda: of("nvmlDeviceGetArchitecture"),
        "application_clock_mhz": lambda: of("nvmlDeviceGetApplicationsClock", nvml.NVML_CLOCK_GRAPHICS),
        "default_application_clock_mhz": lambda: of(
            "nvmlDeviceGetDefaultApplicationsClock", nvml.NVML_CLOCK_GRAPHICS
        ),
        "power_limit_w": watts("nvmlDeviceGetEnforcedPowerLimit"),
        "default_power_limit_w": watts("nvmlDeviceGetPowerManagementDefaultLimit"),
        "max_power_limit_w": lambda: of("nvmlDeviceGetPowerManagementLimitConstraints")[1] / 1000,
        "slowdown_temperature_c": lambda: of(
            "nvmlDeviceGetTemperatureThreshold", nvml.NVML_TEMPERATURE_THRESHOLD_SLOWDOWN
        ),
        "margin_c": lambda: of("nvmlDeviceGetMarginTemperature"),
        "display_active": switch("nvmlDeviceGetDisplayActive"),
        "display_attached": switch("nvmlDeviceGetDisplayMode"),
        "persistence": switch("nvmlDeviceGetPersistenceMode"),
        "ecc": switch("nvmlDeviceGetEccMode", 0),
        "ecc_pending": switch("nvmlDeviceGetEccMode", 1),
        "mig": switch("nvmlDeviceGetMigMode", 0),
        "compute_mode": lambda: _COMPUTE_MODES[of("nvmlDeviceGetComputeMode")],
    }
