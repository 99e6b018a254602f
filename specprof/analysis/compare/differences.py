"""What two runs do not have in common: without it the difference of their curves says nothing."""

from __future__ import annotations

from typing import NamedTuple

from specprof.analysis.opened import Run
from specprof.run.environment import VERSIONS
from specprof.run.sanitize import clean

_DEVICE = {
    "uuid": "device id",
    "compute_capability": "compute capability",
    "sm_count": "multiprocessors",
    "cores": "cores",
    "threads": "threads",
}


class Difference(NamedTuple):
    """What the first run has, and what the second. What says itself has no name."""

    name: str
    here: str
    there: str


def differences(here: Run, there: Run, batch_size: int) -> tuple[Difference, ...]:
    """Where they differ in what shapes a curve, the gravest first. `batch_size` is the one shown."""
    found = []
    other_size = batch_laid_over(there, batch_size)
    if other_size != batch_size:
        found.append(Difference("batch size", f"{batch_size}", f"{other_size}"))
    return (*found, *_unlike(_facts(here), _facts(there)))


def all_differences(here: Run, there: Run) -> tuple[Difference, ...]:
    """Where plan and environment differ, the gravest first: what shapes a curve, the grid, then the rest.

    Of a published figure neither versions nor a way of measuring are told: there the grid is the last.
    """
    measured = not (here.published or there.published)
    mine, other = (
        _facts(run) + _grid(run) + (_way_of_measuring(run) + _machine(run) if measured else [])
        for run in (here, there)
    )
    return _unlike(mine, other)


def _unlike(here: list[tuple[str, str]], there: list[tuple[str, str]]) -> tuple[Difference, ...]:
    pairs = zip(here, there, strict=True)
    return tuple(Difference(name, mine, other) for (name, mine), (_, other) in pairs if mine != other)


def _facts(run: Run) -> list[tuple[str, str]]:
    record, plan = run.record, run.record.plan
    device = record.environment.device.name if record.environment else "not recorded"
    depth = plan.model.layers_measured, plan.model.layers_total
    return [
        ("", "published figure" if run.published else "measured"),
        ("model", plan.model.title),
        ("device", device),
        ("dtype", plan.dtype),
        ("quantization", plan.quantization or "none"),
        ("workload", plan.workload),
        ("attention", plan.attention if plan.workload == "full" else "-"),
        ("execution", record.execution or plan.execution),
        ("layers", f"all {depth[1]}" if depth[0] == depth[1] else f"{depth[0]} of {depth[1]}"),
        ("status", record.status),
    ]


def _grid(run: Run) -> list[tuple[str, str]]:
    plan = run.record.plan
    return [
        ("batch sizes", _listed(plan.batch_sizes)),
        ("sequence lengths", _listed(plan.seq_lens)),
        ("candidates", _listed(plan.candidates)),
        ("draft tree", plan.tree),
    ]


def _way_of_measuring(run: Run) -> list[tuple[str, str]]:
    record, plan = run.record, run.record.plan
    rule = plan.stopping
    return [
        ("target interval", f"±{100 * rule.target_ci:g} %"),
        ("budget", "none" if rule.budget_s is None else f"{rule.budget_s:g} s"),
        ("seed", f"{plan.seed}"),
        ("second attention", plan.attention_beside or "none"),
        ("drafter", ", ".join(dict.fromkeys(draft.drafter for draft in record.drafts)) or "none"),
        ("specprof", record.specprof_version),
    ]


def _machine(run: Run) -> list[tuple[str, str]]:
    environment = run.record.environment
    device = environment.device if environment else None
    # what takes no part is absent, and not left out by whoever wrote the file
    absent = set() if run.record.plan.quantization else {"torchao"}
    if device is not None and device.kind == "cpu":
        absent |= {"cuda", "driver"}
    versions = ((name, environment and getattr(environment, name)) for name in VERSIONS)
    return [
        *((name, "none" if said is None and name in absent else _said(said)) for name, said in versions),
        *((words, _said(device and getattr(device, name))) for name, words in _DEVICE.items()),
    ]


def _said(value: object) -> str:
    return "not recorded" if value is None else f"{value}"


def _listed(counts: tuple[int, ...]) -> str:
    shown = ", ".join(map(str, counts[:10]))
    return shown if len(counts) <= 10 else f"{shown}, … {counts[-1]} ({len(counts)} of them)"


def batch_laid_over(there: Run, batch_size: int) -> int:
    """The batch size of a second run that comes closest to the one shown."""
    return min(there.batch_sizes, key=lambda size: (abs(size - batch_size), size))


def name_of(run: Run) -> str:
    """How a run is called where there is one line for it: clean, since a file's name too is anybody's."""
    named = clean(run.path.stem) if run.path is not None else ""
    return named or clean(run.record.plan.model.title)
