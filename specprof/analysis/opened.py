"""A run as it is worked with once it has been opened: arrays, curves, findings.

    >>> import specprof
    >>> run = specprof.load("medusa-llama-7b-bs4")
    >>> run.candidates
    (1, 16, 32, 48, 64, 80, 96, 112)
    >>> float(run.speedup().median[0, 0, 2])      # batch 4, seq_len 128, 32 candidates
    2.48

Every array is `[B, S, K]`: the plan's batch sizes, sequence lengths and candidate counts, in this order,
NaN where there is no value.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from specprof.analysis.acceptance import PUBLISHED, AcceptanceModel
from specprof.analysis.arrays import Arrays
from specprof.analysis.beside import beside_of, under_second
from specprof.analysis.curves import Curve, CurveSet
from specprof.analysis.drafting import DraftCost, draft_from, formula_of
from specprof.analysis.findings import Finding, find_all
from specprof.analysis.floor import floors_of
from specprof.analysis.paired import PairedRow, WorstCase
from specprof.analysis.printed import check_reference, own_acceptance
from specprof.analysis.setting import setting_of
from specprof.errors import RunFileProblem, UsageProblem
from specprof.plan.plan import Cell, Row
from specprof.run.cell_record import CellRecord, Interval
from specprof.run.reading import load_record, shown_path
from specprof.run.record import RunRecord
from specprof.run.samples import resolve
from specprof.run.sanitize import clean


@dataclass(frozen=True)
class Run:
    """A run, or a published figure in the same form."""

    record: RunRecord
    warnings: tuple[str, ...] = ()
    """What the loader had to say, one sentence each."""
    path: Path | None = None
    """The file it came from; None for a run that is not in a file."""
    draft_cost: DraftCost | None = None
    """What drafting is said to cost; None for what the run measured."""

    def __post_init__(self) -> None:
        if self.record.reference is not None:
            check_reference(self.record.reference, self._shape)

    @classmethod
    def of(cls, record: RunRecord) -> Run:
        """A run without a file. Raises RunFileProblem where a published figure does not fit its plan."""
        return cls(record)

    @property
    def batch_sizes(self) -> tuple[int, ...]:
        """First axis of every array."""
        return self.record.plan.batch_sizes

    @property
    def seq_lens(self) -> tuple[int, ...]:
        """Second axis of every array: tokens in the prefix."""
        return self.record.plan.seq_lens

    @property
    def candidates(self) -> tuple[int, ...]:
        """Third axis of every array: candidate tokens of a verify step, the root included."""
        return self.record.plan.candidates

    @property
    def published(self) -> bool:
        """Whether this is a published figure: then no latency and no sample stands behind it."""
        return self.record.reference is not None

    @property
    def estimated(self) -> bool:
        """Whether full depth is an estimate from a slice of the layers."""
        return not self.record.plan.model.full_depth

    def latency_ms(self) -> Arrays:
        """Latency of the verify step at full depth, ms, `[B, S, K]`. NaN in a published figure."""
        return self._arrays(cell.latency_ms for cell in self._cells)

    def measured_ms(self) -> Arrays:
        """What was timed, ms, `[B, S, K]`: in a sliced run the slice with embedding, norm and head."""
        return self._arrays(cell.measured_ms for cell in self._cells)

    def ratio(self) -> Arrays:
        """Overhead T(K)/T(1) at full depth, paired within rounds, `[B, S, K]`; exactly 1 at K = 1.

        In a published figure it is derived: E(K) / speedup, under the figure's own acceptance model.
        """
        if self.record.reference is None:
            return self._arrays(cell.ratio for cell in self._cells)
        tokens = own_acceptance(self.record.reference).expected_tokens(self.candidates)
        with np.errstate(divide="ignore"):
            return Arrays(
                tokens / self._printed.median, tokens / self._printed.high, tokens / self._printed.low
            )

    def overhead(self) -> Arrays:
        """The published method's name for `ratio`."""
        return self.ratio()

    def speedup(self, acceptance: AcceptanceModel = PUBLISHED) -> Arrays:
        """E(K) / (T(K)/T(1) + D(K)/T(1)), `[B, S, K]`; exactly E(1) at K = 1.

        E is the model's expected tokens per verify step (Medusa, arXiv 2401.10774, appendix), D what
        drafting costs: see `draft`.
        The figure that was published comes back under the acceptance model it was printed with; under
        another, E'(K) / ratio.
        """
        tokens = acceptance.expected_tokens(self.candidates)
        cost = self.draft.relative(self.record, acceptance)
        if self.record.reference is not None and not np.any(cost.high):
            printed, own = self._printed, own_acceptance(self.record.reference)
            gain = tokens / own.expected_tokens(self.candidates)
            return Arrays(*(part * gain for part in printed))
        ratio = self.ratio()
        with np.errstate(divide="ignore", invalid="ignore"):
            return Arrays(
                tokens / (ratio.median + cost.median),
                tokens / (ratio.high + cost.high),
                tokens / (ratio.low + cost.low),
            )

    @property
    def draft(self) -> DraftCost:
        """What drafting costs where nothing else is said: as measured, or free where it was not."""
        return self.draft_cost or draft_from(None, self.record)

    def with_draft(self, text: str | None) -> Run:
        """The same run where drafting costs what `--draft-cost` says. Raises UsageProblem."""
        return self if text is None else replace(self, draft_cost=draft_from(text, self.record))

    def verdicts(self) -> NDArray[np.str_]:
        """Each cell's verdict, `[B, S, K]`: that of the record, or `published` in a published figure.

        Empty where the plan has no cell: a count that refinement added to other rows only.
        """
        found = np.full(self._shape, "", dtype="<U10")
        for planned in self.record.plan.cells():
            found[self._place(planned)] = "published" if self.published else "not_run"
        for cell in self._cells:
            found[self._place(cell.cell)] = cell.verdict
        return found

    def samples_ms(self, batch_size: int, seq_len: int, candidates: int) -> NDArray[np.float64]:
        """What was timed in one cell, ms, `[n]`, in the order it was taken; empty where nothing was.

        Raises UsageProblem for a cell outside the plan.
        """
        cell = Cell(batch_size, seq_len, candidates)
        if (
            batch_size not in self.batch_sizes
            or seq_len not in self.seq_lens
            or candidates not in self.candidates
        ):
            raise UsageProblem(
                f"this run's plan does not hold {cell}", "see batch_sizes, seq_lens, candidates"
            )
        record = self._by_cell.get(cell)
        samples = record.measured_ms.samples if record and record.measured_ms else []
        return np.asarray(samples, dtype=np.float64)

    def curves(self, acceptance: AcceptanceModel = PUBLISHED) -> CurveSet:
        """The speedup curves, one per batch size and sequence length that has a point."""
        plan, reference = self.record.plan, self.record.reference
        cost = self.draft
        relative = cost.relative(self.record, acceptance)
        rows = zip(plan.rows(), np.ndindex(*self._shape[:2]), strict=True)
        speedup, spoilt = self.speedup(acceptance), cost.invalid(self.record)
        curves = (
            self._curve(row, _row_of(speedup, place), acceptance, _row_of(relative, place), row not in spoilt)
            for row, place in rows
        )
        return CurveSet(
            title=clean(plan.model.title),
            curves=tuple(curve for curve in curves if curve.size),
            acceptance_name=acceptance.name,
            acceptance_formula=formula_of(acceptance, cost),
            estimated=self.estimated,
            published=self.published,
            candidates=plan.candidates,
            draft_formula=cost.formula,
            reading_error=reference.reading_error if reference else None,
            setting=setting_of(self.record),
            beside=beside_of(self.record, self._by_cell, lambda: self._under_second.curves(acceptance)),
            floors=floors_of(self.record, self._by_cell),
        )

    def findings(self, acceptance: AcceptanceModel = PUBLISHED) -> list[Finding]:
        """What the curves say, in plain sentences, in the order to show them."""
        return find_all(self.curves(acceptance))

    # How they are made

    @cached_property
    def _under_second(self) -> Run:
        """The same run under its second attention, as if it had no other."""
        return Run(under_second(self.record), draft_cost=self.draft_cost)

    @property
    def _shape(self) -> tuple[int, int, int]:
        return len(self.batch_sizes), len(self.seq_lens), len(self.candidates)

    @property
    def _cells(self) -> list[CellRecord]:
        return list(self._by_cell.values())

    @cached_property
    def _by_cell(self) -> dict[Cell, CellRecord]:
        known = set(self.record.plan.cells())
        return {cell.cell: cell for cell in self.record.cells if cell.cell in known}

    @cached_property
    def _indices(self) -> tuple[dict[int, int], ...]:
        axes = (self.batch_sizes, self.seq_lens, self.candidates)
        return tuple({value: index for index, value in enumerate(axis)} for axis in axes)

    def _place(self, cell: Cell) -> tuple[int, ...]:
        return tuple(index[value] for index, value in zip(self._indices, cell, strict=True))

    def _arrays(self, intervals: Iterable[Interval | None]) -> Arrays:
        """The intervals of `_cells`, in the same order, as arrays."""
        arrays = Arrays(*(np.full(self._shape, np.nan) for _ in range(3)))
        for cell, interval in zip(self._cells, intervals, strict=True):
            if interval is not None:
                place = self._place(cell.cell)
                arrays.median[place] = interval.median
                arrays.low[place] = interval.ci_low
                arrays.high[place] = interval.ci_high
        return arrays

    @cached_property
    def _printed(self) -> Arrays:
        """The speedups of a published figure, `[1, S, K]`. One candidate is compared with itself: E(1)."""
        reference = self.record.reference
        assert reference is not None
        median = np.asarray(reference.speedup, dtype=np.float64)[np.newaxis]
        error = reference.reading_error
        printed = Arrays(median, np.maximum(median - error, 0.0), median + error)
        for part in printed:
            part[:, :, 0] = own_acceptance(reference).expected_tokens(1)
        return printed

    def _curve(
        self, row: Row, speedup: Arrays, acceptance: AcceptanceModel, draft: Arrays, drafts_well: bool
    ) -> Curve:
        """One row's curve; the arrays are `[K]`, `draft` D(K)/T(1). A cell whose latency came out as 0 has
        no speedup."""
        kept = np.flatnonzero(np.isfinite(speedup.median) & (speedup.median > 0))
        counts = np.asarray(self.candidates, dtype=np.int64)[kept]
        median, low, high = (part[kept] for part in speedup)
        unpaired = WorstCase(median, low, high)
        if self.published:
            trusted = np.ones(kept.size, dtype=np.bool_)
            return Curve(*row, counts, median, low, high, trusted, unpaired.compare)
        cells = [self._by_cell[Cell(*row, int(count))] for count in counts]
        tokens, drafts = acceptance.expected_tokens(counts), [part[kept] for part in draft]
        pairs = PairedRow(cells, tokens, self.record.plan.model, unpaired, drafts)
        trusted = self._trusted(row, cells) & (drafts_well | (counts == 1))
        return Curve(*row, counts, median, low, high, trusted, pairs.compare, pairs.shared_rounds)

    def _trusted(self, row: Row, cells: Sequence[CellRecord]) -> NDArray[np.bool_]:
        baseline = self._by_cell.get(Cell(*row, 1))
        spoilt = baseline is None or baseline.verdict == "invalid"
        return np.asarray([not spoilt and cell.verdict != "invalid" for cell in cells], dtype=np.bool_)


def _row_of(arrays: Arrays, place: tuple[int, ...]) -> Arrays:
    """One row's, `[K]`."""
    return Arrays(*(part[place] for part in arrays))


def load(path: str | os.PathLike[str]) -> Run:
    """Opens a run file, a journal, or a sample by its name.

    Raises RunFileProblem for what is no file or sample and for a file that cannot be trusted.
    """
    loaded = load_record(resolve(os.fspath(path)))
    try:
        return Run(loaded.record, tuple(loaded.warnings), loaded.path)
    except RunFileProblem as problem:
        raise RunFileProblem(f"{shown_path(loaded.path)}: {problem.what}", problem.remedy) from None
