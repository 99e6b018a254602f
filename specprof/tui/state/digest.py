"""The record of a run that still goes on, made again only where something has changed."""

from __future__ import annotations

from dataclasses import replace

from specprof.analysis.acceptance import PUBLISHED, AcceptanceModel
from specprof.analysis.drafting import DraftCost
from specprof.analysis.findings import Finding
from specprof.analysis.opened import Run
from specprof.plan.plan import Cell, Row
from specprof.run.cell_record import CellRecord, DraftRecord
from specprof.run.record import RunRecord
from specprof.run.reduce import Reduction

_Seen = tuple[int, int, int, int]
_DraftSeen = tuple[_Seen, int, bool]

LATE_S = 2.0
"""How long after a cell's end a reading of it may still arrive."""


class Digest:
    """Follows one reduction. A cell is judged anew when it has new samples or another end, and so is a draft
    pass. `draft_cost`: what drafting is said to cost; None for what the run measures."""

    def __init__(self, reduction: Reduction, draft_cost: DraftCost | None = None) -> None:
        self._reduction = reduction
        self._draft_cost = draft_cost
        self._cells: dict[Cell, tuple[_Seen, CellRecord]] = {}
        self._drafts: dict[Row, tuple[_DraftSeen, DraftRecord]] = {}
        self._run: tuple[object, Run] | None = None
        self._findings: tuple[object, list[Finding]] | None = None

    def cell(self, cell: Cell) -> CellRecord:
        """The cell as known so far."""
        seen = self._seen(cell)
        known = self._cells.get(cell)
        if known is None or known[0] != seen:
            known = seen, self._reduction.cell_record(cell)
            self._cells[cell] = known
        return known[1]

    def _seen(self, cell: Cell) -> _Seen:
        state, reduction = self._reduction.cells[cell], self._reduction
        baseline = reduction.cells[Cell(cell.batch_size, cell.seq_len, 1)]
        ending = state.finished or state.failed
        if ending is None:
            moment = len(reduction.telemetry)
        else:
            # the last readings of a cell come after its end
            moment = -1 if reduction.last_t_s > ending.t_s + LATE_S else -2 - len(reduction.telemetry)
        return len(state.plain.ms), len(baseline.plain.ms), moment, cell.row in reduction.dropped

    def _draft(self, row: Row) -> DraftRecord:
        """The row's draft pass as known so far. It goes on for as long as K = 1 does."""
        state = self._reduction.drafts[row]
        seen = self._seen(Cell(*row, 1)), len(state.series.ms), state.failed is not None
        known = self._drafts.get(row)
        if known is None or known[0] != seen:
            known = seen, self._reduction.draft_record(row)
            self._drafts[row] = known
        return known[1]

    def run(self) -> Run:
        """The run so far, without its telemetry: what curves and tables are made of."""
        reduction = self._reduction
        assert reduction.decodings is not None
        decodings = reduction.decodings
        cells = [self.cell(cell) for cell in reduction.cells]
        drafts = [self._draft(row) for row in reduction.drafts]
        seen = (
            *(self._cells[cell][0] for cell in reduction.cells),
            *(self._drafts[row][0] for row in reduction.drafts),
            *(len(state.blocks) for state in decodings.states.values()),
        )
        if self._run is None or self._run[0] != seen:
            header = reduction.header
            assert header is not None
            record = RunRecord(
                run_id=header.run_id,
                created_at=header.created_at,
                status=reduction.status(),
                specprof_version=header.specprof_version,
                environment=reduction.environment,
                plan=reduction.plan,
                execution=reduction.built.execution if reduction.built else None,
                cells=cells,
                drafts=drafts,
                validation=decodings.records(),
            )
            self._run = seen, Run(record, draft_cost=self._draft_cost)
        return self._run[1]

    def unfinished(self) -> frozenset[Cell]:
        """Cells that have samples and are still being measured: their points may move."""
        return frozenset(
            cell for cell, state in self._reduction.cells.items() if state.plain.ms and not state.ended
        )

    def findings(self, acceptance: AcceptanceModel = PUBLISHED) -> list[Finding]:
        """What the finished cells say so far, the significant only."""
        ended = frozenset(cell for cell, state in self._reduction.cells.items() if state.ended)
        key = (ended, acceptance)
        if self._findings is None or self._findings[0] != key:
            run = self.run()
            only = run.record.model_copy(update={"cells": [c for c in run.record.cells if c.cell in ended]})
            found = replace(run, record=only).findings(acceptance) if ended else []
            self._findings = key, [one for one in found if one.certainty == "significant"]
        return self._findings[1]
