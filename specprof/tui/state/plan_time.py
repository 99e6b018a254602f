"""How long a run may take: from its budget, or from what an earlier run of the same plan took."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from specprof.plan.plan import Plan
from specprof.run.record import RunRecord
from specprof.views.quantities import duration


@dataclass(frozen=True)
class Took:
    """How long a run took, pauses left out."""

    when: str
    """`25 Nov 20:54`: how it is called."""
    plan: Plan
    device: str
    seconds: float
    start_s: float | None
    """From the command to the first sample."""
    cells: int
    whole: bool
    """Whether it ran to its end."""


def took(record: RunRecord, when: str) -> Took | None:
    """None for a published figure, and where nothing was measured."""
    measured = [cell for cell in record.cells if cell.finished_at_s is not None]
    if record.environment is None or record.reference is not None or not measured:
        return None
    end_s = max(cell.finished_at_s or 0.0 for cell in measured)
    paused_s = sum((pause.until_s or end_s) - pause.t_s for pause in record.pauses if pause.t_s < end_s)
    starts = [cell.started_at_s for cell in measured if cell.started_at_s is not None]
    return Took(
        when=when,
        plan=record.plan,
        device=record.environment.device.name,
        seconds=max(0.0, end_s - paused_s),
        start_s=min(starts, default=None),
        cells=len(measured),
        whole=record.status == "complete",
    )


def time_words(plan: Plan, device: str, runs: Iterable[Took]) -> tuple[str, str]:
    """The time that the plan will take, and what that rests on. `runs` are newest first."""
    alike = [run for run in runs if run.device == device and _same_model(run.plan, plan)]
    same = next((run for run in alike if run.whole and _same_grid(run.plan, plan)), None)
    budget_s = plan.stopping.budget_s
    if budget_s is not None:
        started = next((run for run in alike if run.start_s is not None), None)
        if started is None or started.start_s is None:
            return f"at most {duration(budget_s)} of measuring", "the budget; start-up comes before it"
        most = duration(budget_s + started.start_s)
        rests = (
            f"the budget, and the {duration(started.start_s)} that the run of {started.when} took to start"
        )
        return f"at most about {most}", rests
    if same is not None:
        return f"about {duration(same.seconds)}", f"as the run of {same.when} took"
    whole = next((run for run in alike if run.whole), None)
    if whole is None:
        return "not known before the first round", "no run with this model on this device yet"
    took_words = f"the run of {whole.when} took {duration(whole.seconds)} for {whole.cells} other cells"
    return "not known before the first round", took_words


def _same_model(one: Plan, other: Plan) -> bool:
    return one.model == other.model and one.dtype == other.dtype and one.workload == other.workload


def _same_grid(one: Plan, other: Plan) -> bool:
    parts = ("batch_sizes", "seq_lens", "candidates", "attention", "execution", "stopping")
    return all(getattr(one, part) == getattr(other, part) for part in parts)
