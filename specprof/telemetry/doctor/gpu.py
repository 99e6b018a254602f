"""What of a GPU would spoil a measurement, its clocks apart: power, heat, company, settings."""

from __future__ import annotations

from collections.abc import Iterator

from specprof.plan.memory import format_bytes
from specprof.telemetry.doctor.clocks import clock_findings
from specprof.telemetry.doctor.finding import Finding, unknown
from specprof.telemetry.doctor.memory import memory_finding
from specprof.telemetry.doctor.modes import mode_findings
from specprof.telemetry.probe import GpuHealth, ProbedDevice

NEAR_SLOWDOWN_C = 10.0
"""So near to its slowdown temperature before a run, a GPU will reach it in one."""
BUSY_PCT = 10.0
"""Utilisation that no idle GPU shows."""
PROCESSES_NAMED = 4

_NOT_ASKED = GpuHealth()


def gpu_findings(gpu: ProbedDevice) -> Iterator[Finding]:
    """Everything about the GPU itself."""
    health = gpu.health or _NOT_ASKED
    yield from clock_findings(gpu, health)
    yield _power(gpu, health)
    yield _temperature(health)
    yield _company(gpu)
    yield _utilisation(gpu, health)
    yield memory_finding("cuda", gpu.memory_bytes, gpu.free_bytes)
    yield _display(health)
    yield from mode_findings(gpu, health)


def _power(gpu: ProbedDevice, health: GpuHealth) -> Finding:
    limit, default = health.power_limit_w, health.default_power_limit_w
    if limit is None:
        return unknown("power", "the power limit", [health.missing.get("power_limit_w")])
    most = f" ({health.max_power_limit_w:.0f} W at most)" if health.max_power_limit_w is not None else ""
    if default is None:
        reason = health.missing.get("default_power_limit_w", "")
        words = f"power limit {limit:.0f} W{most}; the default cannot be read"
        return Finding("power", "unknown", f"{words}: {reason}" if reason else words)
    if round(limit) < round(default):
        words = f"power limit {limit:.0f} W, below the default of {default:.0f} W{most}"
        remedy = "raise it; if it stays, the power supply or the driver holds it there"
        return Finding("power", "warning", words, remedy, f"sudo nvidia-smi -i {gpu.index} -pl {default:.0f}")
    above = "the default" if round(limit) == round(default) else f"above the default of {default:.0f} W"
    return Finding("power", "good", f"power limit {limit:.0f} W, {above}{most}")


def _temperature(health: GpuHealth) -> Finding:
    now, slowdown, margin = health.temperature_c, health.slowdown_temperature_c, health.margin_c
    if margin is None and now is not None and slowdown is not None:
        margin = slowdown - now
    shown = f"{now:.0f} °C" if now is not None else "temperature not told"
    if margin is None:
        missing = health.missing
        if now is None:
            return unknown("temperature", "the temperature", [missing.get("temperature_c")])
        reasons = [missing.get("slowdown_temperature_c")]
        return unknown("temperature", f"{shown} now; the temperature at which it slows down", reasons)
    if margin <= 0:
        return Finding("temperature", "bad", f"{shown}: at or above the temperature of its slowdown", _COOL)
    words = f"{shown}, {margin:.0f} °C below its slowdown"
    if margin < NEAR_SLOWDOWN_C:
        return Finding("temperature", "warning", words, _COOL)
    return Finding("temperature", "good", words)


_COOL = "let it cool, and see to its fans and airflow"


def _company(gpu: ProbedDevice) -> Finding:
    """Other programs take time, memory and cache; a cell measured beside one is marked."""
    check = "processes"
    if gpu.processes is None:
        return unknown(check, "which programs use it", ["this user or this driver cannot list them"])
    if not gpu.processes:
        return Finding(check, "good", "no other program is listed on it")
    named = []
    for process in gpu.processes[:PROCESSES_NAMED]:
        memory = f", {format_bytes(process.memory_bytes)}" if process.memory_bytes is not None else ""
        named.append(f"{process.name or 'a program'} (pid {process.pid}{memory})")
    rest = len(gpu.processes) - len(named)
    words = ", ".join(named) + (f" and {rest} more" if rest else "")
    return Finding(check, "warning", f"other programs are on it: {words}", "end them, or wait for them")


def _utilisation(gpu: ProbedDevice, health: GpuHealth) -> Finding:
    check, busy = "utilisation", health.utilization_pct
    if busy is None:
        return unknown(check, "how busy it is", [health.missing.get("utilization_pct")])
    if busy < BUSY_PCT:
        return Finding(check, "good", f"{busy:.0f} % busy now")
    hidden = "" if gpu.processes else "; who it is may be hidden, in another container for instance"
    return Finding(check, "warning", f"{busy:.0f} % busy now{hidden}", "wait until it is idle")


def _display(health: GpuHealth) -> Finding:
    check = "display"
    if health.display_active is None:
        return unknown(check, "whether a display is drawn on it", [health.missing.get("display_active")])
    if health.display_active:
        words = "a display is drawn on it, which takes time and memory from what is measured"
        remedy = "connect the display to another GPU, or stop the desktop"
        return Finding(check, "warning", words, remedy, "sudo systemctl isolate multi-user.target")
    if health.display_attached:
        return Finding(check, "good", "a display is attached, and nothing is drawn on it")
    return Finding(check, "good", "no display is drawn on it")
