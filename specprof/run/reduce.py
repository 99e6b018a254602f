"""The reducer: events in, run record out. Live, resumed and replayed runs all go through it.

Any prefix of a stream gives a valid record of what was finished by then. Statistics are always
computed here from the samples, whoever wrote the file.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

from specprof.errors import RunFileProblem
from specprof.plan.plan import Cell, Plan, Row
from specprof.run import events as ev
from specprof.run.record import (
    SCHEMA_VERSION,
    CellRecord,
    Interval,
    Measured,
    NoticeRecord,
    RunRecord,
    Status,
)
from specprof.run.statistics import Estimate, Vector, full_depth, median_estimate, paired
from specprof.run.verdict import judge

MAX_TELEMETRY = 100_000
MAX_NOTICES = 10_000


@dataclass
class Series:
    """The samples of one form of one cell, in the order they were taken."""

    ms: list[float] = field(default_factory=list)
    head_ms: list[float | None] = field(default_factory=list)
    rounds: list[int] = field(default_factory=list)
    at_s: list[float] = field(default_factory=list)

    def add(self, event: ev.SampleTaken) -> None:
        self.ms.append(event.measured_ms)
        self.head_ms.append(event.head_ms)
        self.rounds.append(event.round)
        self.at_s.append(event.t_s)

    def heads(self) -> list[float] | None:
        """Head times where every sample has one."""
        known = [value for value in self.head_ms if value is not None]
        return known if known and len(known) == len(self.ms) else None


@dataclass
class CellState:
    """What the stream has said of one cell so far."""

    cell: Cell
    plain: Series = field(default_factory=Series)
    masked: Series = field(default_factory=Series)
    order: int | None = None
    discarded_ms: list[float] = field(default_factory=list)
    finished: ev.CellFinished | None = None
    failed: ev.CellFailed | None = None

    @property
    def ended(self) -> bool:
        return self.finished is not None or self.failed is not None


class Reduction:
    """Takes events one by one; `record()` gives the run as known so far."""

    def __init__(self) -> None:
        self.header: ev.RunStarted | None = None
        self.environment: ev.Environment | None = None
        self.built: ev.ModelBuilt | None = None
        self.cells: dict[Cell, CellState] = {}
        self.dropped: dict[Row, str] = {}
        self.notices: list[NoticeRecord] = []
        self.sources: list[ev.TelemetrySource] = []
        self.telemetry: list[ev.TelemetrySample] = []
        self.fatal: ev.Fatal | None = None
        self.cancelled: ev.Cancelled | None = None
        self.ended: ev.RunEnded | None = None
        self.last_t_s = 0.0
        self._first_samples = 0

    @property
    def plan(self) -> Plan:
        if self.header is None:
            raise RunFileProblem("the run has no header", "it was cut off before it began")
        return self.header.plan

    def apply(self, event: ev.EventModel) -> None:
        """Takes one event. An event of a cell outside the plan is a fault of the file."""
        if self.header is None and not isinstance(event, ev.RunStarted):
            raise RunFileProblem("the first event is not a run's header")
        self.last_t_s = max(self.last_t_s, event.t_s)
        match event:
            case ev.RunStarted():
                self._start(event)
            case ev.EnvironmentRead():
                self.environment = event.environment
            case ev.ModelBuilt():
                self.built = event
            case ev.RowsDropped():
                self._drop(event)
            case ev.WarmedUp():
                self._state(event.cell).discarded_ms = list(event.discarded_ms)
            case ev.SampleTaken():
                self._sample(event)
            case ev.CellFinished():
                self._state(event.cell).finished = event
            case ev.CellFailed():
                self._state(event.cell).failed = event
            case ev.Notice():
                self._note(event)
            case ev.TelemetryOpened():
                self.sources.append(event.telemetry)
            case ev.TelemetryTaken():
                if len(self.telemetry) < MAX_TELEMETRY:
                    self.telemetry.append(event.sample)
            case ev.Fatal():
                self.fatal = event
            case ev.Cancelled():
                self.cancelled = event
            case ev.Resumed():
                self.cancelled = self.ended = self.fatal = None
            case ev.RunEnded():
                self.ended = event

    def _start(self, event: ev.RunStarted) -> None:
        if self.header is not None:
            raise RunFileProblem("the run has two headers")
        self.header = event
        self.cells = {cell: CellState(cell) for cell in event.plan.cells()}

    def _state(self, cell: Cell) -> CellState:
        try:
            return self.cells[cell]
        except KeyError:
            raise RunFileProblem(f"an event speaks of {cell}, which the plan does not hold") from None

    def _drop(self, event: ev.RowsDropped) -> None:
        for row in event.rows:
            self.dropped[row] = event.reason

    def _sample(self, event: ev.SampleTaken) -> None:
        state = self._state(event.cell)
        if event.masked:
            state.masked.add(event)
            return
        if state.order is None:
            state.order = self._first_samples
            self._first_samples += 1
        state.plain.add(event)

    def _note(self, event: ev.Notice) -> None:
        if len(self.notices) < MAX_NOTICES:
            self.notices.append(NoticeRecord(t_s=event.t_s, level=event.level, text=event.text))

    # What is known so far

    def depth_samples(self, cell: Cell) -> Vector:
        """A cell's samples at full depth, ms, `[n]`."""
        series = self.cells[cell].plain
        shape = self.plan.model
        return full_depth(series.ms, series.heads(), shape.layers_measured, shape.layers_total)

    def latency(self, cell: Cell) -> Estimate | None:
        """Latency at full depth, ms; None before the first sample."""
        return median_estimate(self.depth_samples(cell)) if self.cells[cell].plain.ms else None

    def ratio(self, cell: Cell) -> Estimate | None:
        """Paired T(K)/T(1) at full depth; None before the first pair."""
        base = Cell(cell.batch_size, cell.seq_len, 1)
        if cell == base:
            return Estimate(1.0, 1.0, 1.0) if self.cells[cell].plain.ms else None
        mine, ones = paired(
            self.depth_samples(cell),
            self.cells[cell].plain.rounds,
            self.depth_samples(base),
            self.cells[base].plain.rounds,
        )
        return median_estimate(mine / ones) if mine.size else None

    def finished_cells(self) -> set[Cell]:
        """Cells that need no more measuring: finished, failed or dropped."""
        return {cell for cell, state in self.cells.items() if state.ended or cell.row in self.dropped}

    def status(self) -> Status:
        if self.fatal is not None:
            return "failed"
        if self.cancelled is not None:
            return "cancelled"
        return (
            "complete"
            if self.ended is not None and len(self.finished_cells()) == len(self.cells)
            else "partial"
        )

    def record(self) -> RunRecord:
        """The run record. Raises RunFileProblem where there was no header."""
        plan, header = self.plan, self.header
        assert header is not None
        return RunRecord(
            schema_version=SCHEMA_VERSION,
            run_id=header.run_id,
            created_at=header.created_at,
            status=self.status(),
            specprof_version=header.specprof_version,
            environment=self.environment,
            plan=plan,
            execution=self.built.execution if self.built else None,
            model_build_s=self.built.build_s if self.built else None,
            weight_bytes=self.built.weight_bytes if self.built else None,
            cells=[self.cell_record(cell) for cell in self.cells],
            notices=self.notices,
            telemetry_sources=self.sources,
            telemetry=self.telemetry,
        )

    def cell_record(self, cell: Cell) -> CellRecord:
        """One cell of the record, judged by what is known so far."""
        state = self.cells[cell]
        place = {"batch_size": cell.batch_size, "seq_len": cell.seq_len, "candidates": cell.candidates}
        if state.failed is not None:
            return CellRecord(**place, verdict=state.failed.verdict, reasons=[state.failed.reason],
                              finished_at_s=state.failed.t_s)  # fmt: skip
        if not state.plain.ms:
            why = self.dropped.get(cell.row, "not reached")
            return CellRecord(**place, verdict="not_run", reasons=[why])
        latency, ratio = self.latency(cell), self.ratio(cell)
        assert latency is not None
        stop_reason = state.finished.stop_reason if state.finished else "interrupted"
        started = state.plain.at_s[0]
        ended = state.finished.t_s if state.finished else state.plain.at_s[-1]
        judgement = judge(
            samples=state.plain.ms,
            latency=latency,
            stop_reason=stop_reason,
            rule=self.plan.stopping,
            on_gpu=self.plan.device.startswith("cuda"),
            telemetry=self._telemetry_between(started, ended),
        )
        head = state.plain.heads()
        return CellRecord(
            **place,
            measured_ms=_measured(state.plain),
            latency_ms=_interval(latency),
            ratio=_interval(ratio) if ratio else None,
            head_ms=_measured(state.plain, head) if head else None,
            masked_ms=_measured(state.masked) if state.masked.ms else None,
            verdict=judgement.verdict,
            reasons=list(judgement.reasons),
            stop_reason=stop_reason,
            order=state.order,
            started_at_s=started,
            finished_at_s=ended,
            estimated=not self.plan.model.full_depth,
            discarded_ms=state.discarded_ms,
            memory_bytes=state.finished.memory_bytes if state.finished else None,
            kernel=state.finished.kernel if state.finished else None,
        )

    def _telemetry_between(self, start_s: float, end_s: float) -> list[ev.TelemetrySample]:
        def time_of(sample: ev.TelemetrySample) -> float:
            return sample.t_s

        first = bisect_left(self.telemetry, start_s, key=time_of)
        return self.telemetry[first : bisect_right(self.telemetry, end_s, lo=first, key=time_of)]


def _interval(estimate: Estimate) -> Interval:
    return Interval(median=estimate.median, ci_low=estimate.low, ci_high=estimate.high)


def _measured(series: Series, values: list[float] | None = None) -> Measured:
    """An interval with its samples: of the series itself, or of other values taken with it."""
    samples = series.ms if values is None else values
    estimate = median_estimate(samples)
    return Measured(
        median=estimate.median,
        ci_low=estimate.low,
        ci_high=estimate.high,
        samples=samples,
        rounds=series.rounds,
        sampled_at_s=series.at_s,
    )
