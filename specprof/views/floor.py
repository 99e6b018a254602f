"""What the floors of a run are: which of the two limits they stand on, in words."""

from __future__ import annotations

from specprof.analysis.floor import Floors

FLOOR = "T/floor"
"""A cell's latency over its floor."""


def floor_facts(floors: Floors) -> tuple[str, ...]:
    """What the floors are and, where they are those of one limit alone, why."""
    why = floors.rates.why_no_flops
    if not why:
        return ("the least it could take at the measured rates",)
    return "its bytes at the measured bandwidth", why


def floor_note(floors: Floors) -> str:
    return f"time over {'; '.join(floor_facts(floors))}"
