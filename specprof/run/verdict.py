"""Whether a cell is to be believed: a verdict and the reasons for it, from what was recorded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from specprof.plan.stopping import StoppingRule
from specprof.run.events import StopReason, TelemetrySample
from specprof.run.record import Verdict
from specprof.run.statistics import Estimate, relative_spread

MIN_SAMPLES_FOR_95 = 6
NOISY_SPREAD = 0.10
BUSY_HOST_PCT = 20.0
PIDS_SHOWN = 8
ROUNDS_SHOWN = 8

INVALID_REASONS = {
    "hw_slowdown": "hardware slowdown",
    "sw_thermal": "thermal slowdown (software)",
    "hw_thermal": "thermal slowdown (hardware)",
    "hw_power_brake": "power brake",
}
WARN_REASONS = {
    "sw_power_cap": "held back by the power cap",
    "application_clocks": "application clocks are set",
    "sync_boost": "sync boost",
}


class Judgement(NamedTuple):
    verdict: Verdict
    reasons: tuple[str, ...]


def judge(
    *,
    samples: Sequence[float],
    latency: Estimate,
    stop_reason: StopReason | None,
    rule: StoppingRule,
    on_gpu: bool,
    telemetry: Iterable[TelemetrySample],
    suspended_rounds: Sequence[int] = (),
) -> Judgement:
    """The verdict of a measured cell. `telemetry` holds what was read while its row was measured.

    `suspended_rounds` are those in which one of its samples was interrupted.

    On a GPU a cell without NVML's word is `unverified`, never `valid`: nobody saw its clocks.
    """
    readings = list(telemetry)
    throttles = {reason for reading in readings for reason in reading.throttle_reasons or ()}
    invalid = _suspended(suspended_rounds)
    invalid += [text for key, text in INVALID_REASONS.items() if key in throttles]
    warnings = [text for key, text in WARN_REASONS.items() if key in throttles]
    warnings += _foreign(readings)
    warnings += _noise(samples, latency, stop_reason, rule)
    unseen = on_gpu and not any(reading.throttle_reasons is not None for reading in readings)
    if invalid:
        return Judgement("invalid", tuple(invalid + warnings))
    if unseen:
        return Judgement("unverified", ("no telemetry of the GPU's clocks", *warnings))
    return Judgement("warn" if warnings else "valid", tuple(warnings))


def _suspended(rounds: Sequence[int]) -> list[str]:
    if not rounds:
        return []
    shown = ", ".join(map(str, rounds[:ROUNDS_SHOWN])) + (" …" if len(rounds) > ROUNDS_SHOWN else "")
    return [f"suspended while it was measured (round{'s' if len(rounds) > 1 else ''} {shown})"]


def _foreign(readings: list[TelemetrySample]) -> list[str]:
    pids = sorted({pid for reading in readings for pid in reading.foreign_pids or ()})
    shown = ", ".join(map(str, pids[:PIDS_SHOWN])) + (" …" if len(pids) > PIDS_SHOWN else "")
    found = [f"another process on the GPU (pid {shown})"] if pids else []
    others = [reading.other_cpu_pct for reading in readings if reading.other_cpu_pct is not None]
    if others and sum(others) / len(others) > BUSY_HOST_PCT:
        found.append(f"other programs used {sum(others) / len(others):.0f} % of the host's CPU")
    return found


def _noise(
    samples: Sequence[float], latency: Estimate, stop_reason: StopReason | None, rule: StoppingRule
) -> list[str]:
    found = []
    if len(samples) < MIN_SAMPLES_FOR_95:
        found.append(f"only {len(samples)} samples: the interval covers less than 95 %")
    if stop_reason == "interrupted":
        found.append("interrupted")
    width = latency.relative_half_width
    if width > rule.target_ci:
        found.append(f"interval ±{width:.1%} is wider than the ±{rule.target_ci:.1%} asked for")
    spread = relative_spread(samples)
    if spread > NOISY_SPREAD:
        found.append(f"noisy: interquartile range {spread:.0%} of the median")
    return found
