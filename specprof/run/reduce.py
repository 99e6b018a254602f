"""The reducer: events in, run record out. Live, resumed and replayed runs all go through it.

Any prefix of a stream gives a valid record of what was finished by then. Statistics are always
computed here from the samples, whoever wrote the file.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort

import numpy as np

from specprof.errors import RunFileProblem
from specprof.plan.plan import Cell, Plan, Row
from specprof.run import events as ev
from specprof.run.cell_record import MAX_SAMPLES, CellRecord, DraftRecord
from specprof.run.cell_state import CellState, beside_fields, interval, paired_ratio, timed_fields
from specprof.run.counter_verdict import MAX_STEP_S
from specprof.run.decoding_state import Decodings
from specprof.run.draft_state import DraftState, draft_record
from specprof.run.environment import Environment
from specprof.run.pauses import Pauses
from specprof.run.record import SCHEMA_VERSION, NoticeRecord, RunRecord, Status
from specprof.run.statistics import Estimate, Vector, median_estimate, paired
from specprof.run.telemetry import TelemetrySample, TelemetrySource
from specprof.run.validity import validity_of
from specprof.run.verdict import judge

MAX_TELEMETRY = 100_000
MAX_NOTICES = 10_000
MAX_SOURCES = 16
ENDS_OF_PAUSES = (ev.Continued, ev.ChildLost, ev.Fatal, ev.Cancelled, ev.Resumed, ev.RunEnded)


class Reduction:
    """Takes events one by one; `record()` gives the run as known so far."""

    def __init__(self) -> None:
        self.header: ev.RunStarted | None = None
        self.environment: Environment | None = None
        self.built: ev.ModelBuilt | None = None
        self.cells: dict[Cell, CellState] = {}
        self.drafts: dict[Row, DraftState] = {}
        self.decodings: Decodings | None = None
        self.dropped: dict[Row, str] = {}
        self.notices: list[NoticeRecord] = []
        self.sources: list[TelemetrySource] = []
        self.telemetry: list[TelemetrySample] = []
        self.pauses = Pauses()
        self.fatal: ev.Fatal | None = None
        self.cancelled: ev.Cancelled | None = None
        self.ended: ev.RunEnded | None = None
        self.last_t_s = 0.0
        self._plan: Plan | None = None
        self._first_samples = 0
        self._rows: set[Row] = set()

    @property
    def plan(self) -> Plan:
        """The header's plan, with the counts that refinement has added so far."""
        if self._plan is None:
            raise RunFileProblem("the run has no header", "it was cut off before it began")
        return self._plan

    def fault(self, event: ev.EventModel) -> str | None:
        """Why an event cannot be one of this run; None where it can."""
        if self.header is None:
            return None if isinstance(event, ev.RunStarted) else "the first event is not a run's header"
        match event:
            case ev.SampleTaken():
                state = self.cells.get(event.cell)
                if state is None:
                    return _stranger(event.cell)
                if event.attention not in (None, self.plan.attention_beside):
                    return f"a sample with attention {event.attention}, which the plan does not have"
                if len(state.series_of(event).ms) >= MAX_SAMPLES:
                    return f"more than {MAX_SAMPLES} samples of {event.cell}"
            case ev.CellEvent():
                return None if event.cell in self.cells else _stranger(event.cell)
            case ev.RoundStarted():
                cells = (Cell(*event.row, k) for k in event.order)
                strangers = (cell for cell in cells if cell not in self.cells)
                return next(map(_stranger, strangers), None) or self._row_fault([event.row])
            case ev.RowStarted():
                return self._row_fault([event.row])
            case ev.CandidatesAdded():
                return self._row_fault([event.row]) or self._added_fault(event)
            case ev.DraftEvent():
                if not self.drafts:
                    return "an event speaks of a drafter, which the plan does not have"
                return self._row_fault([event.row]) or self.drafts[event.row].fault(event)
            case ev.DecodingEvent():
                assert self.decodings is not None
                return self.decodings.fault(event)
            case ev.RowsDropped():
                return self._row_fault(event.rows)
            case ev.RunStarted():
                return "the run has two headers"
        return None

    def _row_fault(self, rows: list[Row]) -> str | None:
        return next((_stranger(Cell(*row, 1)) for row in rows if row not in self._rows), None)

    def _added_fault(self, event: ev.CandidatesAdded) -> str | None:
        try:
            self.plan.with_added(*event.added())
        except ValueError as error:
            return f"counts that cannot be added: {error}"
        return None

    def apply(self, event: ev.EventModel) -> None:
        """Takes one event. Raises RunFileProblem for one with a `fault`, and is as it was before."""
        fault = self.fault(event)
        if fault is not None:
            raise RunFileProblem(fault)
        self.last_t_s = max(self.last_t_s, event.t_s)
        if isinstance(event, ENDS_OF_PAUSES):
            self.pauses.end(event.t_s)
        match event:
            case ev.RunStarted():
                self._start(event)
            case ev.EnvironmentRead():
                self.environment = event.environment
            case ev.ModelBuilt():
                self.built = event
            case ev.RowsDropped():
                self._drop(event)
            case ev.CandidatesAdded():
                self._add(event)
            case ev.WarmedUp():
                self.cells[event.cell].discard(event.discarded_ms)
            case ev.SampleTaken():
                self._sample(event)
            case ev.CellProfiled():
                self.cells[event.cell].breakdown = event.breakdown
            case ev.DraftEvent():
                self.drafts[event.row].take(event)
            case ev.DecodingEvent():
                assert self.decodings is not None
                self.decodings.take(event)
            case ev.CellFinished():
                state = self.cells[event.cell]
                state.finished = event
                state.failed = None  # K = 1 is measured again by the child that follows a lost one
            case ev.CellFailed():
                state = self.cells[event.cell]
                if not state.measured:  # K = 1 may be measured again beside others: its result stands
                    state.failed = event
            case ev.Notice():
                self._note(event)
            case ev.TelemetryOpened():
                self._open_source(event.telemetry)
            case ev.TelemetryTaken():
                # host and GPU are read by two processes: their readings may arrive out of order
                if len(self.telemetry) < MAX_TELEMETRY:
                    insort(self.telemetry, event.sample, key=_time_of)
            case ev.Paused():
                self.pauses.begin(event.t_s)
            case ev.Fatal():
                self.fatal = event
            case ev.Cancelled():
                self.cancelled = event
            case ev.Resumed():
                self.cancelled = self.ended = self.fatal = None
            case ev.RunEnded():
                self.ended = event

    def _start(self, event: ev.RunStarted) -> None:
        self.header = event
        self._plan = event.plan
        self.cells = {cell: CellState(cell) for cell in event.plan.cells()}
        self._rows = set(event.plan.rows())
        self.decodings = Decodings(event.plan)
        if event.plan.drafter is not None:
            self.drafts = {row: DraftState() for row in event.plan.rows()}

    def _add(self, event: ev.CandidatesAdded) -> None:
        self._plan = self.plan.with_added(*event.added())
        # in the plan's order, whenever they were added
        self.cells = {cell: self.cells.get(cell) or CellState(cell) for cell in self._plan.cells()}

    def _drop(self, event: ev.RowsDropped) -> None:
        for row in event.rows:
            self.dropped[row] = event.reason

    def _sample(self, event: ev.SampleTaken) -> None:
        state = self.cells[event.cell]
        state.take(event)
        if not event.own:
            return
        if state.finished is not None and state.finished.stop_reason == "interrupted":
            state.finished = None
        if state.order is None:
            state.order = self._first_samples
            self._first_samples += 1

    def _note(self, event: ev.Notice) -> None:
        if len(self.notices) < MAX_NOTICES:
            notice = NoticeRecord(t_s=event.t_s, level=event.level, text=event.text)
            insort(self.notices, notice, key=_time_of)

    def _open_source(self, source: TelemetrySource) -> None:
        """Takes a source's own word; a resumed run opens its sources again, and the last word counts."""
        for index, known in enumerate(self.sources):
            if (known.source, known.device_uuid) == (source.source, source.device_uuid):
                self.sources[index] = source
                return
        if len(self.sources) < MAX_SOURCES:
            self.sources.append(source)

    # What is known so far

    def depth_samples(self, cell: Cell) -> Vector:
        """A cell's samples at full depth, ms, `[n]`."""
        return self.cells[cell].plain.at_depth(self.plan.model)

    def _base_of(self, cell: Cell) -> CellState:
        """K = 1 of the cell's row."""
        return self.cells[Cell(cell.batch_size, cell.seq_len, 1)]

    def latency(self, cell: Cell) -> Estimate | None:
        """Latency at full depth, ms; None before the first sample and for a failed cell."""
        state = self.cells[cell]
        known = state.plain.ms and state.failed is None
        return median_estimate(self.depth_samples(cell)) if known else None

    def ratio(self, cell: Cell) -> Estimate | None:
        """Paired T(K)/T(1) at full depth; None before the first pair and for a failed cell.

        Samples of K = 1 serve as the baseline even where that cell failed later: they were timed.
        """
        if self.cells[cell].failed is not None:
            return None
        state, base = self.cells[cell], self._base_of(cell)
        if state is base:
            return Estimate(1.0, 1.0, 1.0) if state.plain.ms else None
        return paired_ratio(state.plain, base.plain, self.plan.model)

    def draft_ratio(self, row: Row) -> Estimate | None:
        """Paired draft pass over T(1) at full depth; None before the first pair and where it failed."""
        draft, base = self.drafts[row], self.cells[Cell(*row, 1)].plain
        if draft.failed is not None:
            return None
        passes, ones = paired(
            np.asarray(draft.series.ms, dtype=np.float64),
            draft.series.rounds,
            base.at_depth(self.plan.model),
            base.rounds,
        )
        return median_estimate(passes / ones) if passes.size else None

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
        status, cells = self.status(), [self.cell_record(cell) for cell in self.cells]
        return RunRecord(
            schema_version=SCHEMA_VERSION,
            run_id=header.run_id,
            created_at=header.created_at,
            status=status,
            specprof_version=header.specprof_version,
            environment=self.environment,
            plan=plan,
            execution=self.built.execution if self.built else None,
            checks_s=self.built.checks_s if self.built else None,
            checks=self.built.checks if self.built else [],
            sdpa_backends=self.built.sdpa_backends if self.built else [],
            model_build_s=self.built.build_s if self.built else None,
            weight_bytes=self.built.weight_bytes if self.built else None,
            cells=cells,
            drafts=[self.draft_record(row) for row in self.drafts],
            validation=self.decodings.records() if self.decodings else [],
            notices=self.notices,
            pauses=self.pauses.records,
            telemetry_sources=self.sources,
            telemetry=self.telemetry,
            validity=validity_of(status, cells, self.sources),
        )

    def cell_record(self, cell: Cell) -> CellRecord:
        """One cell of the record, judged by what is known so far. A failed cell keeps what was timed."""
        state = self.cells[cell]
        place = {"batch_size": cell.batch_size, "seq_len": cell.seq_len, "candidates": cell.candidates}
        timed = timed_fields(state)
        if state.failed is not None:
            return CellRecord(**place, **timed, verdict=state.failed.verdict, reasons=[state.failed.reason],
                              finished_at_s=state.failed.t_s)  # fmt: skip
        latency, ratio = self.latency(cell), self.ratio(cell)
        if latency is None:
            why = self.dropped.get(cell.row, "not reached")
            return CellRecord(**place, verdict="not_run", reasons=[why])
        stop_reason = self._stop_reason(state)
        ended = state.finished.t_s if state.finished else state.plain.at_s[-1]
        judgement = judge(
            samples=state.plain.ms,
            latency=latency,
            stop_reason=stop_reason,
            rule=self.plan.stopping,
            on_gpu=self.plan.on_cuda,
            telemetry=self._telemetry_between(state.plain.at_s[0], ended),
            before=self._gpu_before(state.plain.at_s[0]),
            sampled_at_s=state.plain.at_s,
            suspended_rounds=sorted(state.suspended_rounds),
        )
        return CellRecord(
            **place,
            **timed,
            latency_ms=interval(latency),
            ratio=interval(ratio) if ratio else None,
            verdict=judgement.verdict,
            reasons=list(judgement.reasons),
            stop_reason=stop_reason,
            finished_at_s=ended,
            estimated=not self.plan.model.full_depth,
            **beside_fields(state, self._base_of(cell), self.plan.model),
            memory_bytes=state.finished.memory_bytes if state.finished else None,
            predicted_bytes=state.finished.predicted_bytes if state.finished else None,
        )

    def draft_record(self, row: Row) -> DraftRecord:
        """The draft pass of one row, judged as a cell is."""
        assert self.plan.drafter is not None
        state = self.drafts[row]
        series, judgement = state.series, None
        if series.ms and state.failed is None:
            judgement = judge(
                samples=series.ms,
                latency=median_estimate(series.ms),
                stop_reason=None,
                rule=self.plan.stopping,
                on_gpu=self.plan.on_cuda,
                telemetry=self._telemetry_between(series.at_s[0], series.at_s[-1]),
                before=self._gpu_before(series.at_s[0]),
                sampled_at_s=series.at_s,
                suspended_rounds=sorted(state.suspended_rounds),
            )
        why_not = self.dropped.get(row, "not reached")
        return draft_record(
            self.plan.drafter, row, state, ratio=self.draft_ratio(row), judgement=judgement, why_not=why_not
        )

    def _stop_reason(self, state: CellState) -> ev.StopReason:
        """Why sampling stopped. A row given up while it was measured stopped for the budget."""
        reason = state.finished.stop_reason if state.finished else "interrupted"
        return "budget" if reason == "interrupted" and state.cell.row in self.dropped else reason

    def _telemetry_between(self, start_s: float, end_s: float) -> list[TelemetrySample]:
        first = bisect_left(self.telemetry, start_s, key=_time_of)
        after = bisect_right(self.telemetry, end_s, lo=first, key=_time_of)
        return self.pauses.without(self.telemetry[first:after])

    def _gpu_before(self, start_s: float) -> TelemetrySample | None:
        """The last reading of a GPU before a moment, if one was taken shortly before."""
        after = bisect_left(self.telemetry, start_s, key=_time_of)
        first = bisect_left(self.telemetry, start_s - MAX_STEP_S, hi=after, key=_time_of)
        gpu = (one for one in reversed(self.telemetry[first:after]) if one.source != "host")
        return next(gpu, None)


def _stranger(cell: Cell) -> str:
    return f"an event speaks of {cell}, which the plan does not hold"


def _time_of(moment: TelemetrySample | NoticeRecord) -> float:
    return moment.t_s
