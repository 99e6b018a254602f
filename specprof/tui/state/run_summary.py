"""One saved run in a few words, or the reason why its file cannot be read."""

from __future__ import annotations

import contextlib
import gc
import math
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from specprof.analysis.acceptance import PUBLISHED
from specprof.analysis.curves import CurveSet
from specprof.analysis.findings import Finding
from specprof.analysis.opened import Run, load
from specprof.errors import RunFileProblem
from specprof.run.reading import shown_path
from specprof.session.library import Entry

State = Literal["complete", "partial", "cancelled", "failed", "unfinished", "published", "unreadable"]

GOOD = ("valid", "warn", "unverified")
BAD = ("invalid", "failed", "oom")

MOST_KEPT = 1000


@dataclass(frozen=True)
class Best:
    """The highest speedup of a run, K = 1 included: without speculation it is 1."""

    candidates: int
    speedup: float
    low: float
    high: float
    batch_size: int
    seq_len: int


@dataclass(frozen=True)
class RunSummary:
    """`problem` is empty where the file could be read; nothing but `entry` and `state` is known else."""

    entry: Entry
    state: State
    model: str = ""
    device: str = ""
    batch_sizes: tuple[int, ...] = ()
    seq_lens: tuple[int, ...] = ()
    created_at: str = ""
    best: Best | None = None
    good: int = 0
    """Cells measured to their end."""
    bad: int = 0
    """Cells that failed, ran out of memory, or are invalid."""
    planned: int = 0
    estimated: bool = False
    problem: str = ""

    @property
    def may_go_on(self) -> bool:
        """Whether there is something left to measure."""
        return self.state in ("partial", "cancelled", "failed", "unfinished")


@dataclass(frozen=True, eq=False)
class Opened:
    """A file that was read: `run` is None where it cannot be."""

    summary: RunSummary
    run: Run | None = None
    findings: tuple[Finding, ...] = ()


_known: OrderedDict[Entry, RunSummary] = OrderedDict()


def known(entry: Entry) -> RunSummary | None:
    """The summary of a file that was read before and has not changed since."""
    return _known.get(entry)


def open_entry(entry: Entry) -> Opened:
    """Reads one file. Takes from milliseconds to seconds: not for the thread that draws."""
    with _without_collections():
        opened = _opened(entry)
    _known[entry] = opened.summary
    while len(_known) > MOST_KEPT:
        _known.popitem(last=False)
    return opened


@contextlib.contextmanager
def _without_collections() -> Iterator[None]:
    """Reading makes objects by the ten thousand: each full collection amid them stops keys for 0.1 s."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _opened(entry: Entry) -> Opened:
    if entry.problem:  # a pipe is not even touched
        return Opened(RunSummary(entry, "unreadable", problem=entry.problem))
    try:
        run = load(entry.path)
        curves = run.curves(PUBLISHED)
        findings = tuple(run.findings(PUBLISHED))
    except RunFileProblem as problem:
        return Opened(RunSummary(entry, "unreadable", problem=_reason(entry, problem)))
    return Opened(_summary(entry, run, curves), run, findings)


def _reason(entry: Entry, problem: RunFileProblem) -> str:
    """Why it cannot be read, without the path that stands above it anyway."""
    if not entry.path.exists():
        return "it is gone"
    words = str(problem).replace(shown_path(entry.path), entry.name)
    return words.removeprefix(f"{entry.name}: ")


def _summary(entry: Entry, run: Run, curves: CurveSet) -> RunSummary:
    record = run.record
    verdicts = [cell.verdict for cell in record.cells if cell.stop_reason != "interrupted"]
    state: State = record.status
    if run.published:
        state = "published"
    elif entry.kind == "unfinished":
        state = "unfinished"
    return RunSummary(
        entry=entry,
        state=state,
        model=record.plan.model.title,
        device=record.environment.device.name if record.environment else "",
        batch_sizes=run.batch_sizes,
        seq_lens=run.seq_lens,
        created_at=record.created_at,
        best=_best(curves),
        good=sum(verdict in GOOD for verdict in verdicts),
        bad=sum(verdict in BAD for verdict in verdicts),
        planned=len(record.plan.cells()),
        estimated=run.estimated,
    )


def _best(curves: CurveSet) -> Best | None:
    points = [
        Best(
            candidates=int(curve.candidates[at]),
            speedup=float(curve.speedup[at]),
            low=float(curve.low[at]),
            high=float(curve.high[at]),
            batch_size=curve.batch_size,
            seq_len=curve.seq_len,
        )
        for curve in curves.curves
        for at in range(curve.size)
        if curve.trusted[at] and math.isfinite(curve.speedup[at])
    ]
    return max(points, key=lambda point: point.speedup, default=None)
