"""The cell in progress: the one to blame where the measuring child dies without a word."""

from __future__ import annotations

from specprof.plan.plan import Cell, Row
from specprof.plan.validation import Way
from specprof.run import events as ev
from specprof.run.mode_check import RanAs
from specprof.run.reduce import Reduction


class InFlight:
    """Follows what one child says, and from that knows what it is about to run."""

    def __init__(self, reduction: Reduction) -> None:
        self._reduction = reduction
        self._row: Row | None = None
        self._over: set[Cell] = set()
        self._preparing: list[Cell] = []
        self._running: list[Cell] = []
        self._run_any = False
        self.drafting: Row | None = None
        """The row whose draft pass is in progress: no cell is to blame then."""
        self.decoding: tuple[Row, Way] | None = None
        """The row and what is decoded there: no cell is to blame then either."""
        self.trying: RanAs | None = None
        """The execution mode that is being checked."""

    @property
    def cells(self) -> list[Cell]:
        """What is to be prepared and then warmed up, or sampled in this round: the one in progress first."""
        return self._preparing + self._running

    @property
    def blamed(self) -> Cell | None:
        elsewhere = self.drafting is not None or self.decoding is not None
        return None if elsewhere else next(iter(self.cells), None)

    @property
    def lost(self) -> str:
        """What is lost with the child, in words; nothing where nothing is to blame."""
        if self.trying is not None:
            return f"execution {self.trying}"
        if self.drafting is not None:
            row = self.drafting
            return f"the draft pass at batch {row.batch_size}, seq_len {row.seq_len}"
        if self.decoding is not None:
            row, way = self.decoding
            which = "plain decoding" if way.setting is None else f"decoding with setting {way.setting}"
            which += "" if way.by == "specprof" else f" by {way.by}"
            return f"{which} at batch {row.batch_size}, seq_len {row.seq_len}"
        return "" if self.blamed is None else str(self.blamed)

    def follow(self, event: ev.EventModel) -> None:
        self.drafting = event.row if isinstance(event, ev.DraftStarted) else None
        self.decoding = (event.row, event.way) if isinstance(event, ev.DecodingStarted) else None
        match event:
            case ev.ModeTried():
                self.trying = event.execution
            case ev.ModelBuilt():
                self.trying = None
            case ev.RowStarted():
                self._row = event.row
                self._begin(preparing=self._left(), running=self._warmed_up())
            case ev.CandidatesAdded():
                added = [Cell(*event.row, k) for k in event.candidates]
                self._begin(preparing=added, running=added)
            case ev.CellPrepared():
                self._preparing = _without_first(self._preparing, event.cell)
            case ev.WarmedUp():
                self._ran(event.cell)
            case ev.SampleTaken() if event.own:
                self._ran(event.cell)
            case ev.RoundStarted():
                self._begin(running=[Cell(*event.row, k) for k in event.order])
                self._run_any = True
            case ev.CellFailed() | ev.CellFinished():
                self._end(event.cell)
            case ev.Paused():
                self._begin(running=[])
            case ev.Continued():
                self._begin(running=self._warmed_up())
            case _:
                pass

    def _begin(self, *, running: list[Cell], preparing: list[Cell] | None = None) -> None:
        self._preparing, self._running, self._run_any = preparing or [], running, False

    def _ran(self, cell: Cell) -> None:
        self._run_any = True
        self._preparing, self._running = [], _without_first(self._running, cell)

    def _end(self, cell: Cell) -> None:
        self._over.add(cell)
        # a round may be left early, and K = 1 stands in it several times
        self._preparing = [other for other in self._preparing if other != cell]
        self._running = [other for other in self._running if other != cell]
        if self._running and not self._run_any:  # another one may be the largest now
            self._running = self._warmed_up()

    def _left(self) -> list[Cell]:
        """The row's cells that have not ended, in the order in which they are prepared."""
        if self._row is None:
            return []
        # the reduction is behind by what is still in the queue
        ended = self._reduction.finished_cells() | self._over
        cells = (Cell(*self._row, k) for k in self._reduction.plan.counts(self._row))
        return [cell for cell in cells if cell not in ended]

    def _warmed_up(self) -> list[Cell]:
        """Those of them that are warmed up, in order: on the CPU only K = 1 and the largest are."""
        left = self._left()
        on_cuda = self._reduction.plan.on_cuda
        return left if on_cuda else [*left[:1], *left[1:][-1:]]


def _without_first(cells: list[Cell], gone: Cell) -> list[Cell]:
    at = cells.index(gone) if gone in cells else len(cells)
    return cells[:at] + cells[at + 1 :]
