"""What telemetry says of a GPU's clocks while a cell was measured: what held them down, whether they drifted,
and whether they were seen at all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from specprof.run.telemetry import TelemetrySample

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
UNSEEN = "no telemetry of the GPU's clocks"

MAX_DRIFT = 0.02
MIN_READINGS_FOR_DRIFT = 5
SEEN_WITHIN_S = 1.0
"""A sample was seen where a reading was taken so shortly before or after its end."""


def slowdowns(readings: Sequence[TelemetrySample]) -> list[str]:
    """What no sample can be trusted under."""
    said = _said(readings)
    return [words for key, words in INVALID_REASONS.items() if key in said]


def held_back(readings: Sequence[TelemetrySample]) -> list[str]:
    """Clocks held down on purpose."""
    said = _said(readings)
    return [words for key, words in WARN_REASONS.items() if key in said]


def _said(readings: Sequence[TelemetrySample]) -> set[str]:
    return {reason for reading in readings for reason in reading.throttle_reasons or ()}


def drift(readings: Sequence[TelemetrySample]) -> list[str]:
    """By how much the SM clock fell or rose: least-squares slope × duration over the median."""
    known = [(one.t_s, one.sm_clock_mhz) for one in readings if one.sm_clock_mhz is not None]
    if len(known) < MIN_READINGS_FOR_DRIFT:
        return []
    t_s, mhz = np.asarray(known, dtype=np.float64).T
    apart = t_s - t_s.mean()
    spread, median = float(apart @ apart), float(np.median(mhz))
    if spread <= 0 or median <= 0:
        return []
    slope = float(apart @ (mhz - mhz.mean())) / spread
    change = slope * float(t_s[-1] - t_s[0]) / median
    if abs(change) <= MAX_DRIFT:
        return []
    return [f"the SM clock {'rose' if change > 0 else 'fell'} by {abs(change):.1%} while it was measured"]


def unseen(readings: Sequence[TelemetrySample], sampled_at_s: Sequence[float]) -> int:
    """How many samples were taken while nobody saw the clocks; of `sampled_at_s`, when each ended."""
    seen_s = np.asarray([one.t_s for one in readings if one.throttle_reasons is not None])
    at_s = np.asarray(sampled_at_s, dtype=np.float64)
    if not seen_s.size:
        return int(at_s.size)
    after = np.searchsorted(seen_s, at_s)
    next_s = seen_s[np.minimum(after, seen_s.size - 1)]
    last_s = seen_s[np.maximum(after - 1, 0)]
    return int(np.sum(np.minimum(abs(next_s - at_s), abs(at_s - last_s)) > SEEN_WITHIN_S))
