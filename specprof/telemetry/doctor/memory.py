"""A device's free memory against what the default run on it needs."""

from __future__ import annotations

from specprof.plan.asked import Asked
from specprof.plan.assemble import assemble
from specprof.plan.memory import cell_bytes, format_bytes, weight_bytes
from specprof.plan.plan import Cell
from specprof.telemetry.doctor.finding import Finding, unknown


def memory_finding(
    kind: str, total_bytes: int | None, free_bytes: int | None, reason: str | None = None
) -> Finding:
    """`kind` is `cuda` or `cpu`. Whoever measures something else is told by the plan what will not fit."""
    if free_bytes is None or total_bytes is None:
        return unknown("memory", "free memory", [reason])
    smallest, largest = default_need_bytes(kind)
    words = f"{format_bytes(free_bytes)} of {format_bytes(total_bytes)} free"
    needs = f"{words}; the default run needs {format_bytes(smallest)} to {format_bytes(largest)}"
    remedy = "close other programs, or measure fewer layers (--layers) or a smaller model (--model)"
    if free_bytes < smallest:
        return Finding("memory", "bad", needs, remedy)
    if free_bytes < largest:
        return Finding("memory", "warning", f"{needs}: its largest cells are left out", remedy)
    return Finding("memory", "good", needs)


def default_need_bytes(kind: str) -> tuple[int, int]:
    """Bytes for the smallest and for the largest cell of the default run, weights included."""
    plan = assemble(Asked(), kind).plan
    weights = weight_bytes(plan)
    ends = [Cell(plan.batch_sizes[at], plan.seq_lens[at], plan.candidates[at]) for at in (0, -1)]
    smallest, largest = (weights + cell_bytes(plan, cell) for cell in ends)
    return smallest, largest
