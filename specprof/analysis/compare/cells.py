"""Cell by cell: what a second run took against a first one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.arrays import Arrays
from specprof.analysis.compare.certainty import Looked, certainties
from specprof.analysis.compare.ratios import Samples, inverse, ratio_of_medians
from specprof.analysis.findings.finding import Certainty
from specprof.analysis.opened import Run
from specprof.analysis.paired import depth_samples
from specprof.plan.plan import Cell
from specprof.run.cell_record import CellRecord, Interval, Verdict
from specprof.run.statistics import Estimate, over, paired

Method = Literal["bootstrap", "intervals"]
"""`bootstrap`: from the samples of both runs. `intervals`: the worst case of both intervals, where one of
the runs has no samples."""


@dataclass(frozen=True)
class Change:
    """The second run's value over the first's, with its 95 % interval."""

    ratio: Estimate
    rounds: int | None
    """Behind it, on the side that has fewer; None where it is not known."""
    method: Method
    certainty: Certainty = "within noise"


@dataclass(frozen=True)
class CellPair:
    """One cell in both runs. Ratios are second over first; None where the runs do not allow one."""

    cell: Cell
    base_ms: Estimate
    other_ms: Estimate
    base_verdict: Verdict
    other_verdict: Verdict
    latency: Change
    overhead: Change | None
    """T(K)/T(1) of the second run over that of the first; None at K = 1, where both are 1."""
    speedup: Change | None
    """The same of the simulated speedups."""
    baseline_invalid: bool = False
    """Whether the K = 1 of its row, which overhead and speedup rest on, is invalid in a run."""

    @property
    def claimable(self) -> bool:
        """Whether its latency may carry a claim: neither run calls it invalid."""
        return "invalid" not in (self.base_verdict, self.other_verdict)

    @property
    def ratio_claimable(self) -> bool:
        """Whether its overhead and speedup may."""
        return self.claimable and not self.baseline_invalid

    @property
    def certainty(self) -> Certainty:
        """How sure it is that its latency changed."""
        return self.latency.certainty


@dataclass(frozen=True)
class Missing:
    """A cell that one run has a latency for and the other none, though it planned it."""

    cell: Cell
    verdict: Verdict
    """In the run that has none."""
    in_base: bool
    """Whether it is the first run that has none."""


def pairs_of(base: Run, other: Run, acceptance: AcceptanceModel) -> list[CellPair]:
    """Every cell that both have a latency for, in the order of the plan, with certainties over all of them.

    What is invalid takes no part in a claim: it stays within noise and is not counted.
    """
    mine, its = _measured(base), _measured(other)
    common = [cell for cell in base.record.plan.cells() if cell in mine and cell in its]
    found = [_pair(base, other, mine, its, cell) for cell in common]
    return _judged(_with_speedups(found, base, other, acceptance))


def missing_cells(base: Run, other: Run) -> list[Missing]:
    """The cells in both plans that one run alone has a latency for."""
    planned = set(other.record.plan.cells())
    common = [cell for cell in base.record.plan.cells() if cell in planned]
    verdicts = [{cell.cell: cell.verdict for cell in run.record.cells} for run in (base, other)]
    has = [_measured(run).keys() for run in (base, other)]
    found = []
    for cell in common:
        here, there = (cell in cells for cells in has)
        if here != there:
            lacking = 1 if here else 0
            verdict = verdicts[lacking].get(cell, "not_run")
            found.append(Missing(cell, verdict, in_base=lacking == 0))
    return found


def _measured(run: Run) -> dict[Cell, CellRecord]:
    return {cell.cell: cell for cell in run.record.cells if cell.latency_ms and cell.latency_ms.median > 0}


def _pair(
    base: Run, other: Run, mine: dict[Cell, CellRecord], its: dict[Cell, CellRecord], cell: Cell
) -> CellPair:
    here, there = mine[cell], its[cell]
    assert here.latency_ms is not None
    assert there.latency_ms is not None
    plain = Cell(*cell.row, 1)
    overhead = None
    if cell.candidates > 1 and here.ratio is not None and there.ratio is not None:
        overhead = _change(
            _overheads(base, mine, cell),
            _overheads(other, its, cell),
            here.ratio,
            there.ratio,
        )
    spoilt = [cells[plain].verdict == "invalid" for cells in (mine, its) if plain in cells]
    return CellPair(
        cell,
        here.latency_ms.estimate,
        there.latency_ms.estimate,
        here.verdict,
        there.verdict,
        _change(
            Samples(*depth_samples(here, base.record.plan.model)),
            Samples(*depth_samples(there, other.record.plan.model)),
            here.latency_ms,
            there.latency_ms,
        ),
        overhead,
        None,
        baseline_invalid=any(spoilt),
    )


def _overheads(run: Run, cells: dict[Cell, CellRecord], cell: Cell) -> Samples:
    """T(K)/T(1) of each round that measured both."""
    base = cells.get(Cell(*cell.row, 1))
    if base is None:
        return Samples(np.empty(0), ())
    shape = run.record.plan.model
    steps, singles = paired(*depth_samples(cells[cell], shape), *depth_samples(base, shape))
    if singles.size and singles.min() <= 0:
        return Samples(np.empty(0), ())
    return Samples(steps / singles, range(steps.size))


def _change(base: Samples, other: Samples, base_interval: Interval, other_interval: Interval) -> Change:
    sizes = base.values.size, other.values.size
    if min(sizes) and base.values.min() > 0 and other.values.min() > 0:
        rounds = min(base.round_count, other.round_count)
        return Change(ratio_of_medians(other, base), rounds, "bootstrap")
    ratio = over(other_interval.estimate, base_interval.estimate)
    return Change(ratio, None, "intervals")


def _with_speedups(
    pairs: Sequence[CellPair], base: Run, other: Run, acceptance: AcceptanceModel
) -> Iterator[CellPair]:
    """Under one acceptance model, and where drafting is free, E(K) cancels: the speedups' ratio is the
    overheads' turned over. A draft cost of its own in each run leaves the worst case of both intervals."""
    if not base.draft.formula and not other.draft.formula:
        for pair in pairs:
            overhead = pair.overhead
            speedup = replace(overhead, ratio=inverse(overhead.ratio)) if overhead else None
            yield replace(pair, speedup=speedup)
        return
    mine, its = base.speedup(acceptance), other.speedup(acceptance)
    for pair in pairs:
        here, there = _at(mine, base, pair.cell), _at(its, other, pair.cell)
        known = all(math.isfinite(part) and part > 0 for part in (*here, *there))
        speedup = None
        if pair.overhead is not None and known:
            speedup = Change(over(there, here), pair.overhead.rounds, "intervals")
        yield replace(pair, speedup=speedup)


def _at(arrays: Arrays, run: Run, cell: Cell) -> Estimate:
    axes = (run.batch_sizes, run.seq_lens, run.candidates)
    place = tuple(axis.index(value) for axis, value in zip(axes, cell, strict=True))
    return Estimate(*(float(part[place]) for part in arrays))


def _judged(pairs: Iterable[CellPair]) -> list[CellPair]:
    """With certainties: of latency over all cells, of overhead and speedup over all beyond K = 1."""
    found = list(pairs)
    latencies = iter(_sure([pair.latency for pair in found if pair.claimable]))
    overheads = iter(_sure([pair.overhead for pair in found if pair.overhead and pair.ratio_claimable]))
    speedups = iter(_sure([pair.speedup for pair in found if pair.speedup and pair.ratio_claimable]))
    for i, pair in enumerate(found):
        latency = next(latencies) if pair.claimable else pair.latency
        overhead, speedup = pair.overhead, pair.speedup
        if pair.ratio_claimable:
            overhead = next(overheads) if overhead else None
            speedup = next(speedups) if speedup else None
        found[i] = replace(pair, latency=latency, overhead=overhead, speedup=speedup)
    return found


def _sure(changes: Sequence[Change]) -> list[Change]:
    found = certainties([Looked(change.ratio, change.rounds) for change in changes])
    return [replace(change, certainty=sure) for change, sure in zip(changes, found, strict=True)]
