"""Where a live run stands: what is measured now, how narrow its interval is, how long it will take."""

from __future__ import annotations

from dataclasses import dataclass

from specprof.plan.plan import Cell, Plan, Row
from specprof.run import events as ev
from specprof.run.reduce import Reduction
from specprof.run.statistics import Estimate
from specprof.run.telemetry import TelemetrySample

PHASES = ("starting", "building model", "measuring", "finishing")


@dataclass
class Position:
    """Follows the stream beside the reduction, which it reads and never changes."""

    reduction: Reduction
    phase: str = "starting"
    cell: Cell | None = None
    round: int = 0
    row: Row | None = None
    utilisation_pct: float | None = None
    utilisation_of: str = "host CPU"
    _sweep_began_s: float | None = None

    def follow(self, event: ev.EventModel) -> None:
        """Takes one event, after the reduction took it."""
        match event:
            case ev.EnvironmentRead():
                self.phase = "building model"
            case ev.RowStarted():
                self._enter(event.row, event.t_s)
            case ev.RoundStarted():
                self.round = event.round
            case ev.SampleTaken():
                # a run document holds samples only: in a replay they tell of row and round too
                self._enter(Row(event.batch_size, event.seq_len), event.t_s)
                self.round = event.round
                if event.own:
                    self.cell = event.cell
            case ev.TelemetryTaken():
                self._read(event.sample)
            case ev.RunEnded() | ev.Cancelled():
                self.phase = "finishing"
            case _:
                pass

    def _enter(self, row: Row, t_s: float) -> None:
        self.phase = "measuring"
        self.row = row
        if self._sweep_began_s is None:
            self._sweep_began_s = t_s

    def _read(self, sample: TelemetrySample) -> None:
        on_gpu = sample.source != "host"
        if sample.utilization_pct is not None and (on_gpu or self.utilisation_of == "host CPU"):
            self.utilisation_pct = sample.utilization_pct
            self.utilisation_of = "GPU" if on_gpu else "host CPU"

    @property
    def plan(self) -> Plan:
        return self.reduction.plan

    @property
    def paused(self) -> bool:
        """Whether the child rests. Asked to and still in its round, it is `LiveSession.pausing`."""
        return self.reduction.pauses.since_s is not None

    @property
    def cells_total(self) -> int:
        """Cells of the plan without those of dropped rows, which nobody waits for."""
        return sum(cell.row not in self.reduction.dropped for cell in self.reduction.cells)

    @property
    def cells_done(self) -> int:
        done = self.reduction.finished_cells()
        return sum(cell.row not in self.reduction.dropped for cell in done)

    @property
    def samples(self) -> int:
        """Samples of the current cell."""
        return len(self.reduction.cells[self.cell].plain.ms) if self.cell else 0

    def latency_ms(self) -> Estimate | None:
        """The current cell's latency at full depth, so far."""
        return self.reduction.latency(self.cell) if self.cell else None

    def achieved_ci(self) -> float | None:
        """Widest relative half-width among the row's cells: what the stopping rule waits for.

        One sample has no width: None until a cell has two.
        """
        if self.row is None:
            return None
        row = [Cell(*self.row, k) for k in self.plan.counts(self.row)]
        cells = [cell for cell in row if len(self.reduction.cells[cell].plain.ms) > 1]
        widths = [found.relative_half_width for cell in cells if (found := self.reduction.latency(cell))]
        return max(widths, default=None)

    def left_s(self, now_s: float) -> float | None:
        """Seconds to the end: to the budget's where there is one, else by the rows done; None at first."""
        if self._sweep_began_s is None:
            return None
        budget = self.plan.stopping.budget_s
        began_s = self._sweep_began_s
        spent = now_s - began_s - self.reduction.pauses.between_s(began_s, now_s)
        by_rows = None
        done, total = self.cells_done, self.cells_total
        if done > 0:
            by_rows = spent * (total - done) / done
        if budget is None:
            return by_rows
        # a row's cells all finish near its end, so on a budget the clock says more than the count
        return max(0.0, budget - spent) if done < total else 0.0
