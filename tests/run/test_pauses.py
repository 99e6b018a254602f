"""Pauses and suspensions in a run: recorded, unfolded, and weighed where they matter to a verdict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specprof.plan.plan import Cell
from specprof.run import events as ev
from specprof.run.cell_record import MAX_SAMPLES
from specprof.run.events import MAX_DISCARDED
from specprof.run.journal import document_text
from specprof.run.pauses import Pauses
from specprof.run.reading import load_record
from specprof.run.record import PauseRecord, RunRecord
from specprof.run.telemetry import TelemetrySample
from specprof.run.unfold import unfold

from .streams import Story, build_record, build_stream, reduce_all
from .test_reduce import FOUR, ONE, begun, sampled


def paused(*spans: tuple[float, float | None]) -> list[ev.EventModel]:
    told: list[ev.EventModel] = []
    for start_s, end_s in spans:
        told.append(ev.Paused(t_s=start_s))
        if end_s is not None:
            told.append(ev.Continued(t_s=end_s))
    return told


def records(*spans: tuple[float, float | None]) -> list[PauseRecord]:
    return [PauseRecord(t_s=start_s, until_s=end_s) for start_s, end_s in spans]


# Pauses


@pytest.mark.parametrize(
    "spans", [[], [(3.0, 5.0)], [(3.0, 5.0), (5.0, 5.0), (5.0, 9.5)], [(1.0, 2.0), (3.0, None)]]
)
def test_pauses_are_recorded_and_unfold_into_themselves(spans: list[tuple[float, float | None]]) -> None:
    record = reduce_all([*begun(), *paused(*spans)]).record()
    assert record.pauses == records(*spans)
    assert reduce_all(list(unfold(record))).record() == record
    assert RunRecord.model_validate_json(document_text(record), strict=True) == record


@pytest.mark.parametrize(
    "end",
    [
        ev.Cancelled(t_s=7, reason="SIGINT"),
        ev.ChildLost(t_s=7, reason="signal 9", restarted=True),
        ev.Fatal(t_s=7, exit_code=3, what="no"),
        ev.Resumed(t_s=7),
        ev.RunEnded(t_s=7, cells_finished=0),
    ],
    ids=lambda event: event.event,
)
def test_whatever_ends_the_child_ends_its_pause(end: ev.EventModel) -> None:
    assert reduce_all([*begun(), ev.Paused(t_s=3), end]).record().pauses == records((3, 7))


def test_a_pause_in_a_pause_and_the_end_of_none_are_nothing() -> None:
    told = [ev.Continued(t_s=1), ev.Paused(t_s=2), ev.Paused(t_s=3), ev.Continued(t_s=4), ev.Continued(t_s=5)]
    assert reduce_all([*begun(), *told]).record().pauses == records((2, 4))


def test_time_in_pauses_is_counted_where_they_overlap_a_span() -> None:
    pauses = Pauses()
    for start_s, end_s in [(0, 10), (20, 30), (40, None)]:
        pauses.begin(start_s)
        if end_s is not None:
            pauses.end(end_s)
    assert pauses.between_s(5, 25) == 5 + 5
    assert pauses.between_s(10, 20) == 0
    assert pauses.between_s(0, 100) == 10 + 10 + 60
    assert pauses.between_s(41, 42) == 1


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100) | st.none()), max_size=6))
def test_pauses_of_a_forged_file_never_overlap_once_read(spans: list[tuple[float, float | None]]) -> None:
    record = build_record(Story(rounds=1)).model_copy(update={"pauses": records(*spans)})
    read = reduce_all(list(unfold(record))).record()
    ends = [0.0]
    for pause in read.pauses:
        assert pause.t_s >= ends[-1]
        ends.append(pause.until_s if pause.until_s is not None else float("inf"))
    assert reduce_all(list(unfold(read))).record() == read


def test_what_the_machine_did_in_a_pause_spoils_no_cell() -> None:
    def busy(t_s: float) -> ev.TelemetryTaken:
        sample = TelemetrySample(t_s=t_s, source="host", other_cpu_pct=90.0)
        return ev.TelemetryTaken(t_s=t_s, sample=sample)

    samples = [*sampled(ONE, [10.0] * 10), finished(ONE)]
    calm = ev.TelemetryTaken(sample=TelemetrySample(t_s=1.0, source="host", other_cpu_pct=1.0))
    outside = [*begun(), *samples, calm, busy(3.5)]
    assert reduce_all(outside).record().cells[0].verdict == "warn"
    within = [*outside, *paused((3.2, 3.8))]
    assert reduce_all(within).record().cells[0].verdict == "valid"
    # a pause that never ended lasts to the end, and one before it all touches nothing
    open_ended = [*begun(), *samples, calm, busy(3.5), *paused((3.2, None))]
    assert reduce_all(open_ended).record().cells[0].verdict == "valid"
    assert reduce_all([*outside, *paused((0.1, 0.2))]).record().cells[0].verdict == "warn"


def test_what_is_warmed_up_again_is_discarded_too_and_kept_in_the_record() -> None:
    warm = [ev.WarmedUp(**ONE._asdict(), t_s=n, discarded_ms=[float(n)] * 2, settled=True) for n in (1, 2)]
    record = reduce_all([*begun(), warm[0], *sampled(ONE, [9.0]), warm[1]]).record()
    assert record.cells[0].discarded_ms == [1.0, 1.0, 2.0, 2.0]
    assert reduce_all(list(unfold(record))).record() == record


def test_what_was_discarded_is_kept_up_to_what_a_record_may_hold() -> None:
    warm = ev.WarmedUp(**ONE._asdict(), discarded_ms=[1.0] * MAX_DISCARDED, settled=False)
    record = reduce_all([*begun(), *[warm] * 11, *sampled(ONE, [9.0])]).record()
    assert len(record.cells[0].discarded_ms) == MAX_SAMPLES
    assert reduce_all(list(unfold(record))).record() == record


# Suspensions (row 6)


def finished(cell: Cell) -> ev.CellFinished:
    return ev.CellFinished(**cell._asdict(), t_s=50, stop_reason="target")


def suspended(cell: Cell, number: int, **fields: Any) -> ev.SampleTaken:
    return ev.SampleTaken(
        **cell._asdict(), t_s=20 + number, round=number, measured_ms=4000.0, suspended=True, **fields
    )


def test_a_cell_that_was_suspended_in_a_sample_is_invalid_and_keeps_it_row_6() -> None:
    record = reduce_all([*begun(), *sampled(ONE, [10.0] * 12), suspended(ONE, 12), finished(ONE)]).record()
    cell = record.cells[0]
    assert cell.verdict == "invalid"
    assert cell.reasons == ["suspended while it was measured (round 12)"]
    assert cell.suspended_rounds == [12]
    assert cell.measured_ms.samples == [10.0] * 12 + [4000.0]
    assert cell.latency_ms.median == 10.0


def test_every_round_is_named_and_what_else_is_wrong_comes_after_it_row_6() -> None:
    events = [*begun(), *sampled(FOUR, [10.0] * 3), suspended(FOUR, 5), suspended(FOUR, 4)]
    reasons = reduce_all(events).record().cells[1].reasons
    assert reasons[0] == "suspended while it was measured (rounds 4, 5)"
    assert reasons[1] == "only 5 samples: the interval covers less than 95 %"
    many = [*begun(), *(suspended(FOUR, number) for number in range(20))]
    assert reduce_all(many).record().cells[1].reasons[0].endswith("(rounds 0, 1, 2, 3, 4, 5, 6, 7 …)")


def test_the_masked_form_is_a_diagnostic_and_judges_nobody_row_6() -> None:
    masked = suspended(ONE, 3, masked=True)
    record = reduce_all([*begun(), *sampled(ONE, [10.0] * 12), masked, finished(ONE)]).record()
    assert (record.cells[0].verdict, record.cells[0].suspended_rounds) == ("valid", [])
    assert record.cells[0].masked_ms.samples == [4000.0]


def test_a_suspended_cell_is_invalid_once_more_when_its_file_is_read_row_6(tmp_path: Path) -> None:
    events = [*build_stream(Story(rounds=8))]
    at = [n for n, event in enumerate(events) if isinstance(event, ev.SampleTaken)][4]
    events[at] = events[at].model_copy(update={"suspended": True})
    record = reduce_all(events).record()
    path = tmp_path / "run.json"
    path.write_text(document_text(record))
    loaded = load_record(path)
    assert (loaded.record, loaded.warnings) == (record, ())
    assert [cell.verdict for cell in record.cells].count("invalid") == 1
    journal = tmp_path / "run.jsonl.part"
    journal.write_text("".join(ev.line_of(event) + "\n" for event in events))
    assert load_record(journal).record == record


def test_a_baseline_sampled_several_times_in_a_round_is_suspended_in_it_once_row_6() -> None:
    taken = [suspended(ONE, 4).model_copy(update={"t_s": t_s, "suspended": t_s == 3}) for t_s in range(6)]
    record = reduce_all([*begun(), *taken]).record()
    assert record.cells[0].suspended_rounds == [4]
    assert reduce_all(list(unfold(record))).record() == record


def test_suspensions_without_a_sample_and_pauses_out_of_order_are_put_right_and_said(tmp_path: Path) -> None:
    record = build_record(Story(rounds=8))
    document = json.loads(document_text(record))
    document["cells"][0]["suspended_rounds"] = [99]
    document["pauses"] = [{"t_s": 9.0, "until_s": 8.0}, {"t_s": 2.0, "until_s": 3.0}]
    path = tmp_path / "run.json"
    path.write_text(json.dumps(document))
    loaded = load_record(path)
    assert any("suspended_rounds" in said for said in loaded.warnings)
    assert any("pauses" in said for said in loaded.warnings)
    assert loaded.record.cells == record.cells
    assert loaded.record.pauses == records((2.0, 3.0), (9.0, 9.0))


def test_a_document_from_before_there_were_pauses_is_read_as_it_was(tmp_path: Path) -> None:
    document = json.loads(document_text(build_record(Story(rounds=8))))
    del document["pauses"]
    for cell in document["cells"]:
        del cell["suspended_rounds"]
    path = tmp_path / "run.json"
    path.write_text(json.dumps(document))
    assert load_record(path).warnings == ()
