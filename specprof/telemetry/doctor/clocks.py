"""A GPU's clocks: how fast they run, what holds them down, and whether they can be held still."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from specprof.run.clock_verdict import INVALID_REASONS
from specprof.telemetry.doctor.finding import Finding, Level, unknown
from specprof.telemetry.probe import GpuHealth, ProbedDevice

VOLTA = 5
"""From this architecture on clocks can be locked: nvmlDeviceSetGpuLockedClocks, nvml.h."""

_IDLE = "gpu_idle"


class _Event(NamedTuple):
    words: str
    remedy: str
    command: str = ""


# `{index}` is the GPU's, as nvidia-smi counts it
_COOL = "let it cool; if it comes back under load, see to its fans, its airflow and the room's temperature"
_EVENTS = {
    "hw_slowdown": _Event(
        INVALID_REASONS["hw_slowdown"],
        "too hot, or the power supply asks for it",
        "nvidia-smi -i {index} -q -d PERFORMANCE,TEMPERATURE,POWER",
    ),
    "sw_thermal": _Event(INVALID_REASONS["sw_thermal"], _COOL),
    "hw_thermal": _Event(INVALID_REASONS["hw_thermal"], _COOL),
    "hw_power_brake": _Event(
        INVALID_REASONS["hw_power_brake"], "the power supply asks for it: check it and its cables"
    ),
    "sw_power_cap": _Event(
        "the power cap", "lock the clocks at one that it holds under load, or raise the limit"
    ),
    "application_clocks": _Event(
        "the application clocks that are set",
        "reset them",
        "sudo nvidia-smi -i {index} --reset-applications-clocks",
    ),
    "sync_boost": _Event(
        "sync boost: its clocks follow the slowest GPU of a group", "take it out of the group (dcgmi config)"
    ),
    "display_clocks": _Event(
        "the display's clock setting", "connect the display to another GPU, or stop the desktop"
    ),
}


def clock_findings(gpu: ProbedDevice, health: GpuHealth) -> Iterator[Finding]:
    """The clocks now, what holds them down, application clocks, and whether they can be locked."""
    yield _now(gpu, health)
    yield from _held_down(gpu, health)
    yield _application_clocks(gpu, health)
    yield _locking(gpu, health)


def _now(gpu: ProbedDevice, health: GpuHealth) -> Finding:
    if gpu.sm_clock_mhz is None:
        return unknown("clocks", "the SM clock", [])
    words = f"SM clock {gpu.sm_clock_mhz} MHz now"
    if gpu.max_sm_clock_mhz is not None:
        words += f", {gpu.max_sm_clock_mhz} MHz at most"
    if _IDLE in (health.clock_events or ()):
        words += "; the GPU is idle, and a run warms it up first"
    return Finding("clocks", "good", words)


def _held_down(gpu: ProbedDevice, health: GpuHealth) -> Iterator[Finding]:
    check = "clock events"
    if health.clock_events is None:
        yield unknown(check, "what holds the clocks down", [health.missing.get("clock_events")])
        return
    holding = [event for event in health.clock_events if event != _IDLE]
    if not holding:
        yield Finding(check, "good", "nothing holds the clocks down now")
    for event in holding:
        known = _EVENTS.get(event)
        if known is None:
            yield Finding(check, "warning", f"the clocks are held down for a reason unknown here ({event})")
            continue
        level: Level = "bad" if event in INVALID_REASONS else "warning"
        yield Finding(
            check,
            level,
            f"clocks held down now: {known.words}",
            known.remedy,
            known.command.format(index=gpu.index),
        )


def _application_clocks(gpu: ProbedDevice, health: GpuHealth) -> Finding:
    """Set below their default they bind; the default itself may lie below the maximum and does not."""
    check = "application clocks"
    now, default, most = (
        health.application_clock_mhz,
        health.default_application_clock_mhz,
        gpu.max_sm_clock_mhz,
    )
    if now is None:
        return unknown(check, "the application clocks", [health.missing.get("application_clock_mhz")])
    if now == default:
        return Finding(check, "good", f"application clocks are the default, {now} MHz")
    if most is None or now >= most:
        return Finding(check, "good", f"application clocks are {now} MHz")
    words = f"application clocks are set to {now} MHz, below the {most} MHz that the GPU can run at"
    command = f"sudo nvidia-smi -i {gpu.index} --reset-applications-clocks"
    return Finding(check, "warning", words, "reset them", command)


def _locking(gpu: ProbedDevice, health: GpuHealth) -> Finding:
    check = "clock lock"
    if health.architecture is None:
        reason = health.missing.get("architecture")
        return unknown(check, "whether its clocks can be locked", [reason])
    if health.architecture < VOLTA:
        words = "its clocks cannot be locked (from Volta on they can): they move with load and temperature"
        return Finding(check, "warning", words, "take longer runs, and compare within one run only")
    words = "the driver does not tell whether the clocks are locked; unlocked ones move with load and heat"
    remedy = (
        "lock them for a comparison, at a clock that it holds under load (nvidia-smi -q -d SUPPORTED_CLOCKS "
        "lists them, --reset-gpu-clocks undoes it); specprof itself changes no setting"
    )
    command = f"sudo nvidia-smi -i {gpu.index} --lock-gpu-clocks=MHZ,MHZ"
    return Finding(check, "unknown", words, remedy, command)
