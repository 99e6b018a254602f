"""What a plan comes to, in lines: its cells, its memory, its time, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from specprof.plan.plan import Plan
from specprof.tui.state.device_card import Machine
from specprof.tui.state.plan_check import Checked
from specprof.tui.state.plan_fields import FIELDS
from specprof.tui.state.plan_fit import Fit, fit
from specprof.tui.state.plan_time import Took, time_words
from specprof.views.palette import Role


@dataclass(frozen=True)
class PlanLine:
    label: str
    words: str
    role: Role = "text"
    most: int = 2
    """Lines that it may take."""


_LABELS = {field.name: field.label for field in FIELDS}


def plan_summary(
    checked: Checked, machine: Machine, device: str | None, runs: Sequence[Took]
) -> tuple[PlanLine, ...]:
    """The lines for the plan on a device, None where it is not known yet."""
    faults = tuple(
        PlanLine(_LABELS[name], str(fault), "bad", most=3) for name, fault in checked.faults.items()
    )
    plan = checked.plan
    if plan is None:
        return faults or (PlanLine("plan", "nothing to measure", "muted"),)
    found = fit(plan, machine.free_bytes(device))
    return (
        *_misfits(found),
        PlanLine("cells", _cells(plan, found)),
        PlanLine("memory", found.words),
        *_time(plan, machine.name(device), runs),
        *(PlanLine("note", note, "muted") for note in _notes(checked, plan)),
    )


def fault_of_fit(checked: Checked, machine: Machine, device: str | None) -> str:
    """Why nothing of the plan fits; nothing where something does."""
    return fit(checked.plan, machine.free_bytes(device)).fault if checked.plan is not None else ""


def _misfits(found: Fit) -> Iterable[PlanLine]:
    if found.fault:
        return (PlanLine("memory", found.fault, "bad", most=3),)
    shown = [PlanLine("memory", miss, "warn") for miss in found.misses[:2]]
    if len(found.misses) > 2:
        shown.append(PlanLine("memory", f"and {len(found.misses) - 2} more rows in part", "warn", most=1))
    return shown


def _cells(plan: Plan, found: Fit) -> str:
    sizes = len(plan.batch_sizes), len(plan.seq_lens), len(plan.candidates)
    total = sizes[0] * sizes[1] * sizes[2]
    fits = f", {total - found.cells_out} of them fit" if found.cells_out else ""
    return f"{total}: {sizes[0]} batch × {sizes[1]} seq_len × {sizes[2]} K{fits}"


def _time(plan: Plan, device: str, runs: Sequence[Took]) -> Iterable[PlanLine]:
    words, basis = time_words(plan, device, runs)
    return (PlanLine("time", f"estimate: {words} ({basis})" if words[0] == "a" else f"{words} ({basis})"),)


def _notes(checked: Checked, plan: Plan) -> Iterable[str]:
    if not plan.model.full_depth:
        model = plan.model
        yield f"{model.layers_measured} of {model.layers_total} layers: full depth is an estimate"
    yield from checked.notes
