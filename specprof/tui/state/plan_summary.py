"""What a plan comes to: its cells, its memory, its time, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from specprof.plan.memory import cell_bytes, weight_bytes
from specprof.plan.plan import Cell, Plan
from specprof.tui.state.device_card import Machine
from specprof.tui.state.plan_check import Checked
from specprof.tui.state.plan_fields import FIELDS
from specprof.tui.state.plan_fit import Fit, fit
from specprof.tui.state.plan_time import Took, time_words
from specprof.views.palette import Role

MOST_ROWS = 12
MOST_COLUMNS = 8

_LABELS = {field.name: field.label for field in FIELDS}


@dataclass(frozen=True)
class PlanLine:
    label: str
    words: str
    role: Role = "text"
    most: int = 2
    """Lines that it may take."""


@dataclass(frozen=True)
class MemoryTable:
    """What cells of the largest batch size need with the weights, bytes, and whether they fit.

    Of a large grid it has the first and last rows and columns, and some between.
    """

    batch_size: int
    candidates: tuple[int, ...]
    rows: tuple[tuple[int, tuple[tuple[int, bool], ...]], ...]
    """Sequence length, and bytes of each of `candidates`."""


@dataclass(frozen=True)
class PlanNow:
    lines: tuple[PlanLine, ...]
    memory: MemoryTable | None = None
    ready: bool = False
    """Whether Enter would start it."""


def plan_summary(
    checked: Checked, machine: Machine, device: str | None, runs: Sequence[Took], refusal: str = ""
) -> PlanNow:
    """The lines for the plan on a device, None where it is not known yet.

    `refusal` is why the last start came to nothing.
    """
    refused = (PlanLine("start", refusal, "bad", most=3),) if refusal else ()
    faults = tuple(
        PlanLine(_LABELS[name], str(fault), "bad", most=3) for name, fault in checked.faults.items()
    )
    plan = checked.plan
    if plan is None:
        return PlanNow((*refused, *faults))
    free = machine.free_bytes(device)
    found = fit(plan, free)
    lines = (
        *refused,
        *_misfits(found),
        PlanLine("cells", _cells(plan, found)),
        *_time(plan, machine.name(device), runs),
        PlanLine("memory", found.words),
        *_notes(checked, plan),
    )
    return PlanNow(lines, memory_table(plan, free), ready=not found.fault)


def fault_of_fit(checked: Checked, machine: Machine, device: str | None) -> str:
    """Why nothing of the plan fits; nothing where something does."""
    return fit(checked.plan, machine.free_bytes(device)).fault if checked.plan is not None else ""


def memory_table(plan: Plan, free_bytes: int | None) -> MemoryTable:
    weights = weight_bytes(plan)
    batch_size = plan.batch_sizes[-1]
    counts = some_of(plan.candidates, MOST_COLUMNS)
    rows = []
    for seq_len in some_of(plan.seq_lens, MOST_ROWS):
        needed = [weights + cell_bytes(plan, Cell(batch_size, seq_len, k)) for k in counts]
        rows.append((seq_len, tuple((one, free_bytes is None or one <= free_bytes) for one in needed)))
    return MemoryTable(batch_size, counts, tuple(rows))


def some_of(values: Sequence[int], most: int) -> tuple[int, ...]:
    """At most so many, evenly chosen, the first and the last among them."""
    if len(values) <= most:
        return tuple(values)
    return tuple(values[round(i * (len(values) - 1) / (most - 1))] for i in range(most))


def _misfits(found: Fit) -> Iterable[PlanLine]:
    if found.fault:
        return (PlanLine("no room", found.fault, "bad", most=3),)
    shown = [PlanLine("no room", miss, "warn") for miss in found.misses[:2]]
    if len(found.misses) > 2:
        shown[1:] = [PlanLine("no room", f"{found.misses[1]}; and {len(found.misses) - 2} more", "warn")]
    return shown


def _cells(plan: Plan, found: Fit) -> str:
    sizes = len(plan.batch_sizes), len(plan.seq_lens), len(plan.candidates)
    total = sizes[0] * sizes[1] * sizes[2]
    batches = "1 batch size" if sizes[0] == 1 else f"{sizes[0]} batch sizes"
    fits = f", {total - found.cells_out} of them fit" if found.cells_out else ""
    return f"{total}: {batches} × {sizes[1]} seq_len × {sizes[2]} K{fits}"


def _time(plan: Plan, device: str, runs: Sequence[Took]) -> Iterable[PlanLine]:
    words, basis, known = time_words(plan, device, runs)
    return (PlanLine("time", f"{'estimate: ' if known else ''}{words} ({basis})"),)


def _notes(checked: Checked, plan: Plan) -> Iterable[PlanLine]:
    if not plan.model.full_depth:
        measured, total = plan.model.layers_measured, plan.model.layers_total
        yield PlanLine("depth", f"{measured} of {total} layers: full depth is an estimate", "muted")
    for note in checked.notes:
        yield PlanLine("note", note, "muted")
