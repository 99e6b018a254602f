"""The cell in progress: the one to blame where the measuring child dies without a word."""

from __future__ import annotations

from specprof.plan.plan import Cell, Row
from specprof.run import events as ev
from specprof.run.reduce import Reduction


class InFlight:
    """Follows what one child says. `cells` are those it is about to run, the one in progress first."""

    def __init__(self, reduction: Reduction) -> None:
        self._reduction = reduction
        self._row: Row | None = None
        self._over: set[Cell] = set()
        self.cells: list[Cell] = []

    @property
    def blamed(self) -> Cell | None:
        return self.cells[0] if self.cells else None

    def follow(self, event: ev.EventModel) -> None:
        match event:
            case ev.RowStarted():
                self._row = event.row
                self.cells = self._warmed_up()
            case ev.RoundStarted():
                self.cells = [Cell(*event.row, k) for k in event.order]
            case ev.WarmedUp() | ev.SampleTaken(masked=False):
                if event.cell in self.cells:
                    self.cells.remove(event.cell)
            case ev.CellFailed() | ev.CellFinished():
                # a round may be left early, and K = 1 stands in it several times
                self.cells = [cell for cell in self.cells if cell != event.cell]
                self._over.add(event.cell)
            case ev.Paused():
                self.cells = []
            case ev.Continued():
                self.cells = self._warmed_up()
            case _:
                pass

    def _warmed_up(self) -> list[Cell]:
        """The row's cells in the order they warm up: on the CPU only K = 1 and the largest do."""
        if self._row is None:
            return []
        # the reduction is behind by what is still in the queue
        plan, ended = self._reduction.plan, self._reduction.finished_cells() | self._over
        left = [cell for k in plan.candidates if (cell := Cell(*self._row, k)) not in ended]
        return left if plan.device.startswith("cuda") else [*left[:1], *left[1:][-1:]]
