"""What the GPU's cumulative counters say of the time in which a cell was measured: by how much they grew."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from specprof.run.telemetry import TelemetrySample

MAX_STEP_S = 2.0
"""Between readings further apart, in a gap or a pause or while a resumed run was down, nothing is known of
when a counter grew."""
LEAST_POWER_SHARE = 0.001
"""A GPU that boosts up to its power limit touches it for microseconds at a time: no sample shows that."""

Counter = Literal["power_violation_s", "thermal_violation_s", "ecc_uncorrected", "ecc_corrected"]


class Growth(NamedTuple):
    """By how much a counter grew, and over how much time it was watched."""

    amount: float
    over_s: float

    @property
    def share(self) -> float:
        return min(1.0, self.amount / self.over_s) if self.over_s > 0 else 0.0


def growth(readings: Sequence[TelemetrySample], counter: Counter) -> Growth:
    """The growth between the first and the last of these readings, which are in order of time.

    One that is lower than the one before it began again, with the driver.
    """
    known = [(one.t_s, value) for one in readings if (value := getattr(one, counter)) is not None]
    steps = [
        (later - earlier, after_s - before_s)
        for (before_s, earlier), (after_s, later) in pairwise(known)
        if after_s - before_s <= MAX_STEP_S
    ]
    return Growth(sum(max(0, step) for step, _ in steps), sum(step_s for _, step_s in steps))


def spoilt(readings: Sequence[TelemetrySample]) -> list[str]:
    """What no sample can be trusted under."""
    found = []
    heat = growth(readings, "thermal_violation_s")
    if heat.amount > 0:
        found.append(f"thermal limits held the clocks down for {_share(heat.share)} of its time")
    errors = int(growth(readings, "ecc_uncorrected").amount)
    if errors:
        found.append(f"{errors} memory error{_s(errors)} that ECC could not correct")
    return found


def warnings(readings: Sequence[TelemetrySample]) -> list[str]:
    """What to be wary of."""
    found = []
    power = growth(readings, "power_violation_s")
    if power.share >= LEAST_POWER_SHARE:
        found.append(f"power limits held the clocks down for {_share(power.share)} of its time")
    errors = int(growth(readings, "ecc_corrected").amount)
    if errors:
        found.append(f"{errors} memory error{_s(errors)} that ECC corrected")
    return found


def _share(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "less than 0.1%"


def _s(count: int) -> str:
    return "" if count == 1 else "s"
