"""What two runs do not have in common: without it the difference of their curves says nothing."""

from __future__ import annotations

from typing import NamedTuple

from specprof.analysis.opened import Run


class Difference(NamedTuple):
    """What the run shown has, and what the one laid over it has. What says itself has no name."""

    name: str
    here: str
    there: str


def differences(here: Run, there: Run, batch_size: int) -> tuple[Difference, ...]:
    """Where they differ, the gravest first. `batch_size` is the one shown."""
    found = []
    other_size = batch_laid_over(there, batch_size)
    if other_size != batch_size:
        found.append(Difference("batch size", f"{batch_size}", f"{other_size}"))
    for (name, mine), (_, other) in zip(_facts(here), _facts(there), strict=True):
        if mine != other:
            found.append(Difference(name, mine, other))
    return tuple(found)


def _facts(run: Run) -> list[tuple[str, str]]:
    record, plan = run.record, run.record.plan
    device = record.environment.device.name if record.environment else "not recorded"
    depth = plan.model.layers_measured, plan.model.layers_total
    return [
        ("", "published figure" if run.published else "measured"),
        ("model", plan.model.title),
        ("device", device),
        ("dtype", plan.dtype),
        ("workload", plan.workload),
        ("attention", plan.attention if plan.workload == "full" else "-"),
        ("execution", record.execution or plan.execution),
        ("layers", f"all {depth[1]}" if depth[0] == depth[1] else f"{depth[0]} of {depth[1]}"),
        ("status", record.status),
    ]


def batch_laid_over(there: Run, batch_size: int) -> int:
    """The batch size of a second run that comes closest to the one shown."""
    return min(there.batch_sizes, key=lambda size: (abs(size - batch_size), size))


def name_of(run: Run) -> str:
    """How a run is called where there is one line for it."""
    if run.path is not None:
        return run.path.stem
    return run.record.plan.model.title
