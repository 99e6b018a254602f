"""All that the results show, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.curves import CurveSet
from specprof.analysis.drafting import formula_of
from specprof.analysis.findings import Finding
from specprof.analysis.opened import Run
from specprof.analysis.quantities import QUANTITIES, Quantity
from specprof.tui.state.acceptance_choice import AcceptanceChoice
from specprof.tui.state.analysed import Analysed
from specprof.tui.state.computed import Computed
from specprof.tui.state.crosshair import Place
from specprof.tui.state.result_rows import ResultRow, Sort, Standings, sorted_rows
from specprof.tui.state.result_views import View


@dataclass(frozen=True, eq=False)
class ResultsNow:
    computed: Computed
    notes: tuple[str, ...]
    view: View
    batch_size: int
    choice: AcceptanceChoice
    analysed: Analysed | None
    """Under the model chosen or, until that is ready, the one before; None before the first."""
    place: Place | None
    """The cell under the crosshair."""
    overlay: Run | None
    sort: Sort
    descending: bool

    @property
    def run(self) -> Run:
        return self.computed.run

    @property
    def acceptance(self) -> AcceptanceModel:
        return self.choice.model

    @property
    def formula(self) -> str:
        """What speedups rest on."""
        return formula_of(self.acceptance, self.run.draft)

    @property
    def quantity(self) -> Quantity:
        """What is drawn, in a view of curves."""
        return QUANTITIES[self.view.quantity]

    @property
    def reason(self) -> str:
        """Why this run has no such curves; empty where it has."""
        if self.view.kind != "curves":
            return ""
        return self.quantity.unavailable(self.run) or self._without_values

    @property
    def _without_values(self) -> str:
        at = self.run.batch_sizes.index(self.batch_size)
        if np.isfinite(self.computed.arrays(self.quantity, self.acceptance).median[at]).any():
            return ""
        return f"no cell of batch size {self.batch_size} has a result, the table (6) says why"

    @property
    def curves(self) -> CurveSet:
        return self.computed.curves(self.acceptance)

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.analysed.findings if self.analysed is not None else ()

    @property
    def findings_here(self) -> tuple[Finding, ...] | None:
        """Those of the batch size shown first; None while they are being computed."""
        if self.analysed is None:
            return None
        return tuple(sorted(self.findings, key=lambda finding: finding.batch_size != self.batch_size))

    @property
    def standings(self) -> Standings:
        return self.analysed.standings if self.analysed is not None else {}

    @cached_property
    def rows(self) -> tuple[ResultRow, ...]:
        """The cells of the batch size, in the order of the table."""
        rows = self.computed.rows(self.acceptance, self.batch_size)
        return sorted_rows(rows, self.sort, descending=self.descending)

    @property
    def row(self) -> ResultRow | None:
        """The cell under the crosshair."""
        rows = self.computed.rows(self.acceptance, self.batch_size)
        return next((row for row in rows if self.place == (row.seq_len, row.candidates)), None)
