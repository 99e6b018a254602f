"""What is computed of a run, kept: the crosshair must not wait for a table of ten thousand cells."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.arrays import Arrays
from specprof.analysis.curves import CurveSet
from specprof.analysis.opened import Run
from specprof.analysis.quantities import Quantity
from specprof.plan.plan import Cell
from specprof.run.cell_record import CellRecord
from specprof.tui.state.decision import Decision, decide
from specprof.tui.state.result_rows import ResultRow, result_rows

Result = TypeVar("Result")

MOST_KEPT = 16


class Computed:
    """Of one run, the last things that were asked for."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._kept: OrderedDict[Hashable, object] = OrderedDict()

    def curves(self, acceptance: AcceptanceModel) -> CurveSet:
        return self._once(("curves", acceptance), lambda: self.run.curves(acceptance))

    def arrays(self, quantity: Quantity, acceptance: AcceptanceModel) -> Arrays:
        """Median and interval, `[B, S, K]` each."""
        return self._once((quantity.name, acceptance), lambda: quantity.arrays(self.run, acceptance))

    def rows(self, acceptance: AcceptanceModel, batch_size: int) -> tuple[ResultRow, ...]:
        """The cells of one batch size, by sequence length and K."""
        return self._once(
            ("rows", acceptance, batch_size),
            lambda: tuple(result_rows(self.run, self.curves(acceptance), acceptance, batch_size)),
        )

    def recorded(self, cell: Cell) -> CellRecord | None:
        """What the run holds of a cell."""
        cells = self._once(("cells",), lambda: {one.cell: one for one in self.run.record.cells})
        return cells.get(cell)

    def decision(self, acceptance: AcceptanceModel, models: tuple[AcceptanceModel, ...]) -> Decision:
        return self._once(("decision", acceptance, models), lambda: decide(self.run, acceptance, models))

    def _once(self, key: Hashable, make: Callable[[], Result]) -> Result:
        if key not in self._kept:
            self._kept[key] = make()
        self._kept.move_to_end(key)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return cast("Result", self._kept[key])
