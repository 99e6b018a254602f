"""A GPU with which nothing is wrong."""

from __future__ import annotations

from specprof.telemetry.probe import GpuHealth

WELL = GpuHealth(
    architecture=9,
    clock_events=("gpu_idle",),
    application_clock_mhz=1980,
    default_application_clock_mhz=1980,
    power_limit_w=700.0,
    default_power_limit_w=700.0,
    max_power_limit_w=700.0,
    temperature_c=31.0,
    slowdown_temperature_c=87.0,
    utilization_pct=0.0,
    display_active=False,
    display_attached=False,
    persistence=True,
    ecc=True,
    ecc_pending=True,
    ecc_uncorrected=0,
    mig=False,
    compute_mode="default",
)
