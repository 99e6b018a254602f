"""The way back: a run record as the stream of events that gives it.

Replay and resume of a published file start here, and so does the loader: what it hands out is always
the reduction of these events, so nothing that a file says of its own statistics is believed.
"""

from __future__ import annotations

from collections.abc import Iterator

from specprof.plan.modes import Attention
from specprof.plan.plan import Row
from specprof.run import events as ev
from specprof.run.cell_record import CellRecord, DraftRecord, Measured
from specprof.run.decoding import DecodingRecord
from specprof.run.events import MAX_DISCARDED
from specprof.run.held_times import held_times
from specprof.run.record import RunRecord


def unfold(record: RunRecord) -> Iterator[ev.EventModel]:
    """The events of a measured run, ordered by time, ending as the run ended.

    A cell's samples keep the order they were taken in, whatever their times say.
    """
    record, _ = held_times(record)
    yield ev.RunStarted(
        schema_version=record.schema_version,
        run_id=record.run_id,
        created_at=record.created_at,
        specprof_version=record.specprof_version,
        plan=record.plan.without_added(),
    )
    body: list[ev.EventModel] = [ev.TelemetryOpened(telemetry=source) for source in record.telemetry_sources]
    if record.environment is not None:
        body.append(ev.EnvironmentRead(environment=record.environment))
    body.extend(_built(record))
    body.extend(ev.Notice(t_s=n.t_s, level=n.level, text=n.text) for n in record.notices)
    body.extend(ev.TelemetryTaken(t_s=sample.t_s, sample=sample) for sample in record.telemetry)
    body.extend(_pauses(record))
    body.extend(_dropped(record))
    for cell in sorted(record.cells, key=lambda c: (c.order is None, c.order or 0)):
        body.extend(_cell_events(cell, record.plan.attention_beside))
    for draft in record.drafts:
        body.extend(_draft_events(draft))
    for decoding in record.validation:
        body.extend(_decoding_events(decoding))
    body[:0] = _added(record, body)
    # sort is stable: events of one moment keep the order above
    yield from sorted(body, key=lambda event: event.t_s)
    end = max((event.t_s for event in body), default=0.0)
    yield from _ending(record, end)


def _built(record: RunRecord) -> Iterator[ev.EventModel]:
    if record.execution is not None:
        starts = [cell.started_at_s for cell in record.cells if cell.started_at_s is not None]
        yield ev.ModelBuilt(
            t_s=min(starts, default=0.0),
            build_s=record.model_build_s or 0.0,
            weight_bytes=record.weight_bytes or 0,
            execution=record.execution,
            checks_s=record.checks_s or 0.0,
            checks=record.checks,
            sdpa_backends=record.sdpa_backends,
        )


def _pauses(record: RunRecord) -> Iterator[ev.EventModel]:
    for pause in record.pauses:
        yield ev.Paused(t_s=pause.t_s)
        if pause.until_s is not None:
            yield ev.Continued(t_s=max(pause.t_s, pause.until_s))


def _dropped(record: RunRecord) -> Iterator[ev.EventModel]:
    """Rows given up: every cell `not_run` without a moment at which it was given up by itself."""
    reasons: dict[Row, str] = {}
    for cell in record.cells:
        if cell.verdict == "not_run" and cell.finished_at_s is None and cell.reasons[:1] != ["not reached"]:
            reasons[cell.cell.row] = cell.reasons[0] if cell.reasons else ""
    for reason in dict.fromkeys(reasons.values()):
        yield ev.RowsDropped(rows=[row for row, why in reasons.items() if why == reason], reason=reason)


def _added(record: RunRecord, body: list[ev.EventModel]) -> list[ev.EventModel]:
    """The counts that refinement added, each when its cell is first spoken of, else at the end."""
    firsts = dict.fromkeys(one.place for one in record.plan.added)
    for event in body if firsts else ():
        if isinstance(event, ev.CellEvent) and event.cell in firsts:
            before_s = firsts[event.cell]
            firsts[event.cell] = event.t_s if before_s is None else min(before_s, event.t_s)
    end_s = max((event.t_s for event in body), default=0.0)
    return [
        ev.CandidatesAdded(
            t_s=end_s if firsts[one.place] is None else firsts[one.place],
            batch_size=one.batch_size,
            seq_len=one.seq_len,
            candidates=[one.candidates],
            why=one.why,
        )
        for one in record.plan.added
    ]


def _cell_events(cell: CellRecord, beside: Attention | None) -> Iterator[ev.EventModel]:
    place = {"batch_size": cell.batch_size, "seq_len": cell.seq_len, "candidates": cell.candidates}
    if cell.measured_ms is not None:
        for start in range(0, len(cell.discarded_ms), MAX_DISCARDED):
            some = cell.discarded_ms[start : start + MAX_DISCARDED]
            yield ev.WarmedUp(**place, t_s=cell.started_at_s or 0.0, discarded_ms=some, settled=True)
        yield from _samples(cell, cell.measured_ms, cell.head_ms)
        if cell.masked_ms is not None:
            yield from _samples(cell, cell.masked_ms, None, masked=True)
        if cell.beside_ms is not None:
            yield from _samples(cell, cell.beside_ms, cell.beside_head_ms, attention=beside)
        if cell.breakdown is not None:
            yield ev.CellProfiled(**place, t_s=cell.finished_at_s or 0.0, breakdown=cell.breakdown)
    if cell.verdict in ("oom", "failed") or (cell.verdict == "not_run" and cell.finished_at_s is not None):
        reason = "; ".join(cell.reasons)[:4096]
        yield ev.CellFailed(**place, t_s=cell.finished_at_s or 0.0, verdict=cell.verdict, reason=reason)
    elif cell.measured_ms is not None and cell.stop_reason is not None:
        yield ev.CellFinished(
            **place,
            t_s=cell.finished_at_s or 0.0,
            stop_reason=cell.stop_reason,
            memory_bytes=cell.memory_bytes,
            predicted_bytes=cell.predicted_bytes,
        )


def _draft_events(draft: DraftRecord) -> Iterator[ev.EventModel]:
    row = draft.row._asdict()
    measured, suspended = draft.pass_ms, frozenset(draft.suspended_rounds)
    if measured is not None:
        for start in range(0, len(draft.discarded_ms), MAX_DISCARDED):
            some = draft.discarded_ms[start : start + MAX_DISCARDED]
            began_s = measured.sampled_at_s[0]
            yield ev.DraftWarmedUp(**row, t_s=began_s, discarded_ms=some, settled=True)
        for sample_ms, number, at_s in zip(
            measured.samples, measured.rounds, measured.sampled_at_s, strict=True
        ):
            yield ev.DraftSampleTaken(
                **row, t_s=at_s, round=number, measured_ms=sample_ms, suspended=number in suspended
            )
    if draft.failed_at_s is not None and draft.verdict in ("oom", "failed", "not_run"):
        reason = "; ".join(draft.reasons)[:4096]
        yield ev.DraftFailed(**row, t_s=draft.failed_at_s, verdict=draft.verdict, reason=reason)


def _decoding_events(decoding: DecodingRecord) -> Iterator[ev.EventModel]:
    place = {**decoding.row._asdict(), **decoding.way._asdict()}
    for total_ms in decoding.discarded_ms:
        yield ev.DecodingWarmedUp(**place, t_s=min(decoding.sampled_at_s, default=0.0), total_ms=total_ms)
    for block, at_s in zip(decoding.blocks, decoding.sampled_at_s, strict=True):
        yield ev.BlockDecoded(**place, t_s=at_s, block=block)
    if decoding.failed is not None:
        yield ev.DecodingFailed(**place, t_s=decoding.failed_at_s or 0.0, reason=decoding.failed)


def _samples(
    cell: CellRecord,
    measured: Measured,
    head: Measured | None,
    *,
    masked: bool = False,
    attention: Attention | None = None,
) -> Iterator[ev.SampleTaken]:
    heads: list[float] | list[None] = [None] * len(measured.samples)
    if head is not None and len(head.samples) == len(measured.samples):
        heads = head.samples
    suspended = frozenset(() if masked or attention else cell.suspended_rounds)
    moments = zip(measured.samples, heads, measured.rounds, measured.sampled_at_s, strict=True)
    for sample_ms, head_ms, round_number, at_s in moments:
        yield ev.SampleTaken(
            t_s=at_s,
            batch_size=cell.batch_size,
            seq_len=cell.seq_len,
            candidates=cell.candidates,
            round=round_number,
            measured_ms=sample_ms,
            head_ms=head_ms,
            masked=masked,
            attention=attention,
            suspended=round_number in suspended,
        )


def _ending(record: RunRecord, t_s: float) -> Iterator[ev.EventModel]:
    if record.status == "cancelled":
        yield ev.Cancelled(t_s=t_s, reason="as recorded")
    elif record.status == "failed":
        yield ev.Fatal(t_s=t_s, exit_code=1, what="the run failed, as recorded")
    elif record.status == "complete":
        # of a complete run every cell was finished, failed or dropped
        yield ev.RunEnded(t_s=t_s, cells_finished=len(record.plan.cells()))
