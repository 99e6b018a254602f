"""Whether a cell is to be believed: a verdict and the reasons for it, from what was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from specprof.plan.stopping import StoppingRule
from specprof.run import clock_verdict, counter_verdict
from specprof.run.cell_record import Verdict
from specprof.run.events import StopReason
from specprof.run.statistics import Estimate, relative_spread
from specprof.run.telemetry import TelemetrySample

MIN_SAMPLES_FOR_95 = 6
NOISY_SPREAD = 0.10
BUSY_HOST_PCT = 20.0
PIDS_SHOWN = 8
ROUNDS_SHOWN = 8


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
    telemetry: Sequence[TelemetrySample],
    before: TelemetrySample | None = None,
    sampled_at_s: Sequence[float] = (),
    suspended_rounds: Sequence[int] = (),
) -> Judgement:
    """The verdict of a measured cell. `telemetry` holds what was read while its row was measured, in order.

    `before` is the last reading of the GPU before that, from which its counters count. `sampled_at_s` is
    when each sample ended. `suspended_rounds` are those in which one of its samples was interrupted.

    On a GPU a cell without NVML's word is `unverified`, never `valid`: nobody saw its clocks.
    """
    counted = [before, *telemetry] if before is not None else telemetry
    invalid = _suspended(suspended_rounds)
    invalid += clock_verdict.slowdowns(telemetry) + counter_verdict.spoilt(counted)
    warnings = clock_verdict.held_back(telemetry) + counter_verdict.warnings(counted)
    warnings += clock_verdict.drift(telemetry) + _foreign(telemetry)
    warnings += _noise(samples, latency, stop_reason, rule)
    unverified, partly = _unseen(telemetry, counted, sampled_at_s) if on_gpu else ([], [])
    if invalid:
        return Judgement("invalid", (*invalid, *warnings))
    if unverified:
        return Judgement("unverified", (*unverified, *warnings))
    warnings = partly + warnings
    return Judgement("warn" if warnings else "valid", tuple(warnings))


def _unseen(
    within: Sequence[TelemetrySample], counted: Sequence[TelemetrySample], sampled_at_s: Sequence[float]
) -> tuple[list[str], list[str]]:
    """Why nobody can vouch for the cell's clocks, or for a part of its samples."""
    if not any(reading.throttle_reasons is not None for reading in within):
        return [clock_verdict.UNSEEN], []
    count, of = clock_verdict.unseen(counted, sampled_at_s), len(sampled_at_s)
    words = [f"{clock_verdict.UNSEEN} for {count} of its {of} samples"] if count else []
    return (words, []) if 2 * count > of else ([], words)  # a median is that of the half that was seen


def _suspended(rounds: Sequence[int]) -> list[str]:
    if not rounds:
        return []
    shown = ", ".join(map(str, rounds[:ROUNDS_SHOWN])) + (" …" if len(rounds) > ROUNDS_SHOWN else "")
    return [f"suspended while it was measured (round{'s' if len(rounds) > 1 else ''} {shown})"]


def _foreign(readings: Sequence[TelemetrySample]) -> list[str]:
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
