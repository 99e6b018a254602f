"""The reducer: any prefix of a stream is a run, and a record unfolds into the events that give it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specprof.errors import RunFileProblem
from specprof.plan.plan import Cell, Row
from specprof.run import events as ev
from specprof.run.journal import document_text
from specprof.run.record import RunRecord
from specprof.run.reduce import Reduction
from specprof.run.telemetry import TelemetrySample, TelemetrySource
from specprof.run.unfold import unfold

from .streams import GPU_UUID, STORIES, Story, build_record, build_stream, reduce_all

ONE, FOUR = Cell(1, 128, 1), Cell(1, 128, 4)
MOMENTS = st.none() | st.tuples(st.integers(0, 1), st.integers(0, 4))
CELLS = st.builds(Cell, st.just(1), st.sampled_from([128, 512]), st.sampled_from([1, 16, 64]))
ANY_STORY = st.builds(
    Story,
    seed=st.integers(0, 99),
    rounds=st.just(5),
    on_gpu=st.booleans(),
    sliced=st.booleans(),
    masked_baseline=st.booleans(),
    telemetry=st.booleans(),
    drop_after_first_round=st.sampled_from([(), (Row(1, 512),)]),
    drop_last_row_half_way=st.booleans(),
    oom=st.lists(CELLS, max_size=1).map(tuple),
    predicted_not_to_fit=st.lists(CELLS, max_size=2, unique=True).map(tuple),
    child_killed_at=st.none() | CELLS,
    cancelled_at=MOMENTS,
    says_interrupted=st.booleans(),
    resumed_at=MOMENTS,
    fatal_at=MOMENTS,
)


def begun(**story: Any) -> list[ev.EventModel]:
    """The header of a small run: one row, K = 1 and 4."""
    return build_stream(Story(seq_lens=(128,), candidates=(1, 4), **story))[:1]


def sampled(cell: Cell, values_ms: list[float], **fields: Any) -> list[ev.EventModel]:
    return [
        ev.SampleTaken(**cell._asdict(), t_s=number, round=number, measured_ms=value, **fields)
        for number, value in enumerate(values_ms)
    ]


# There and back


@pytest.mark.parametrize("name", STORIES)
def test_a_record_unfolds_into_events_that_give_it_again(name: str) -> None:
    record = build_record(STORIES[name])
    assert reduce_all(list(unfold(record))).record() == record


@settings(deadline=None, max_examples=60)
@given(story=ANY_STORY, data=st.data())
def test_any_prefix_of_any_stream_is_a_valid_run_that_survives_unfolding(
    story: Story, data: st.DataObject
) -> None:
    events = build_stream(story)
    prefix = events[: data.draw(st.integers(1, len(events)))]
    record = reduce_all(prefix).record()
    assert RunRecord.model_validate_json(document_text(record), strict=True) == record
    assert reduce_all(list(unfold(record))).record() == record
    assert [cell.cell for cell in record.cells] == record.plan.cells()
    if prefix != events:
        assert record.status != "complete"


@settings(deadline=None, max_examples=30)
@given(story=ANY_STORY, data=st.data())
def test_what_was_finished_stays_as_it_was_whatever_follows(story: Story, data: st.DataObject) -> None:
    # a row's ratios take K = 1 from later rounds too: the finished cell's own samples are what stays
    events = build_stream(replace(story, resumed_at=None))
    cut = data.draw(st.integers(1, len(events)))
    early, late = reduce_all(events[:cut]), reduce_all(events)
    for cell in early.finished_cells():
        assert late.cell_record(cell).measured_ms == early.cell_record(cell).measured_ms


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("complete", "complete"),
        ("out of memory", "complete"),
        ("a row dropped", "complete"),
        ("cancelled", "cancelled"),
        ("the GPU lost", "failed"),
        ("resumed", "complete"),
        ("resumed and cancelled", "cancelled"),
    ],
)
def test_the_status_is_how_the_run_ended(name: str, status: str) -> None:
    assert build_record(STORIES[name]).status == status


def test_a_stream_that_just_stops_is_partial() -> None:
    assert reduce_all(build_stream()[:-1]).record().status == "partial"


# What was measured, worked out by hand


def test_the_ratio_is_the_median_of_the_pairs_taken_in_the_same_rounds() -> None:
    events = [*begun(), *sampled(ONE, [10.0, 12.0, 11.0, 99.0]), *sampled(FOUR, [15.0, 24.0, 16.5])]
    record = reduce_all(events).record()
    # 15/10, 24/12, 16.5/11; round 3 has no K = 4
    assert record.cells[1].ratio.median == 1.5
    assert (record.cells[1].ratio.ci_low, record.cells[1].ratio.ci_high) == (1.5, 2.0)
    assert record.cells[1].latency_ms.median == 16.5
    assert record.cells[0].ratio.model_dump() == {"median": 1.0, "ci_low": 1.0, "ci_high": 1.0}


def test_two_layers_of_32_are_taken_to_full_depth_without_multiplying_the_head() -> None:
    events = [*begun(sliced=True), *sampled(ONE, [10.0], head_ms=4.0), *sampled(FOUR, [14.0], head_ms=6.0)]
    one, four = reduce_all(events).record().cells
    # 4 + 6 · 32/2 = 100 and 6 + 8 · 32/2 = 134
    assert (one.measured_ms.median, one.latency_ms.median) == (10.0, 100.0)
    assert (four.measured_ms.median, four.latency_ms.median) == (14.0, 134.0)
    assert four.ratio.median == 1.34
    assert one.estimated
    assert four.estimated
    assert one.head_ms.samples == [4.0]


def test_at_full_depth_the_latency_is_what_was_timed() -> None:
    record = build_record(Story())
    for cell in record.cells:
        assert cell.latency_ms.model_dump() == cell.measured_ms.model_dump(
            include={"median", "ci_low", "ci_high"}
        )
        assert not cell.estimated


def test_the_masked_form_of_k_1_is_kept_apart_from_the_baseline() -> None:
    events = [*begun(), *sampled(ONE, [10.0]), *sampled(ONE, [13.0], masked=True), *sampled(FOUR, [20.0])]
    one, four = reduce_all(events).record().cells
    assert (one.measured_ms.samples, one.masked_ms.samples) == ([10.0], [13.0])
    assert four.ratio.median == 2.0


def test_order_is_that_of_the_first_samples() -> None:
    record = reduce_all([*begun(), *sampled(FOUR, [20.0]), *sampled(ONE, [10.0])]).record()
    assert [cell.order for cell in record.cells] == [1, 0]
    # both at the same moment: their order still survives
    assert reduce_all(list(unfold(record))).record() == record


# Cells that came to nothing


def test_a_failed_cell_keeps_its_samples_but_no_latency() -> None:
    failed = ev.CellFailed(**FOUR._asdict(), t_s=9, verdict="failed", reason="signal 9")
    reduction = reduce_all([*begun(), *sampled(ONE, [10.0]), *sampled(FOUR, [20.0]), failed])
    cell = reduction.record().cells[1]
    assert (cell.verdict, cell.reasons, cell.finished_at_s) == ("failed", ["signal 9"], 9)
    assert cell.measured_ms.samples == [20.0]
    assert cell.latency_ms is cell.ratio is reduction.latency(FOUR) is reduction.ratio(FOUR) is None


def test_a_cell_that_failed_and_was_measured_again_is_no_longer_failed() -> None:
    failed = ev.CellFailed(**ONE._asdict(), verdict="failed", reason="the measuring child died (signal 9)")
    again = ev.CellFinished(**ONE._asdict(), stop_reason="budget")
    reduction = reduce_all([*begun(), failed, *sampled(ONE, [2.0, 3.0, 4.0]), again])
    cell = reduction.cell_record(ONE)
    assert cell.latency_ms is not None
    assert (cell.latency_ms.median, cell.stop_reason) == (3.0, "budget")


def test_a_baseline_that_failed_later_still_serves_the_rounds_it_was_timed_in() -> None:
    failed = ev.CellFailed(**ONE._asdict(), t_s=9, verdict="failed", reason="signal 9")
    one, four = (
        reduce_all([*begun(), *sampled(ONE, [10.0]), failed, *sampled(FOUR, [20.0, 99.0])]).record().cells
    )
    assert one.ratio is None
    assert four.ratio.median == 2.0


def test_a_cell_of_a_dropped_row_is_not_run_for_the_reason_given() -> None:
    record = build_record(STORIES["a row dropped"])
    dropped = [cell for cell in record.cells if cell.seq_len == 512]
    assert {(cell.verdict, *cell.reasons) for cell in dropped} == {
        ("not_run", "dropped to keep to the 80 s budget")
    }


def test_a_row_dropped_while_it_was_measured_stopped_for_the_budget() -> None:
    record = build_record(STORIES["a row dropped while it was measured"])
    assert {cell.stop_reason for cell in record.cells if cell.seq_len == 512} == {"budget"}


def test_an_interrupted_cell_is_not_finished_and_a_resumed_run_goes_on_with_it() -> None:
    said = ev.CellFinished(**FOUR._asdict(), t_s=2, stop_reason="interrupted")
    events = [*begun(), *sampled(ONE, [10.0]), *sampled(FOUR, [20.0]), said]
    reduction = reduce_all(events)
    assert reduction.finished_cells() == set()
    assert reduction.record().cells[1].stop_reason == "interrupted"
    reduction.apply(ev.Resumed(t_s=3))
    later = ev.SampleTaken(**FOUR._asdict(), t_s=4, round=5, measured_ms=22.0)
    reduction.apply(later)
    assert reduction.record().cells[1].finished_at_s == 4
    reduction.apply(ev.CellFinished(**FOUR._asdict(), t_s=5, stop_reason="target"))
    assert reduction.finished_cells() == {FOUR}


def test_a_cell_said_to_be_finished_without_a_sample_is_not() -> None:
    reduction = reduce_all([*begun(), ev.CellFinished(**FOUR._asdict(), stop_reason="target")])
    assert reduction.finished_cells() == set()
    assert reduction.record().cells[1].reasons == ["not reached"]


# Telemetry


def test_readings_of_two_processes_are_put_in_order_of_time() -> None:
    taken = [
        ev.TelemetryTaken(t_s=3, sample=TelemetrySample(t_s=t_s, source=source))
        for t_s, source in [(1.0, "host"), (0.9, "nvml"), (2.0, "host"), (1.0, "nvml")]
    ]
    record = reduce_all([*begun(), *taken]).record()
    assert [(sample.t_s, sample.source) for sample in record.telemetry] == [
        (0.9, "nvml"), (1.0, "host"), (1.0, "nvml"), (2.0, "host"),
    ]  # fmt: skip


def test_a_run_resumed_forty_times_names_each_telemetry_source_once() -> None:
    source = TelemetrySource(source="nvml", available=True, device_uuid=GPU_UUID)
    opened = [
        ev.TelemetryOpened(telemetry=source.model_copy(update={"available": n == 39})) for n in range(40)
    ]
    record = reduce_all([*begun(), *opened]).record()
    assert record.telemetry_sources == [source]


def test_a_cell_is_judged_by_the_readings_between_its_first_and_its_last_sample() -> None:
    def reading(t_s: float, *reasons: str) -> ev.TelemetryTaken:
        return ev.TelemetryTaken(
            sample=TelemetrySample(t_s=t_s, source="nvml", throttle_reasons=list(reasons))
        )

    samples = sampled(ONE, [10.0] * 10)
    for t_s, verdict in [(4.5, "invalid"), (0, "invalid"), (9, "invalid"), (9.5, "warn")]:
        seen = [reading(second) for second in range(10)]
        events = [*begun(on_gpu=True), *samples, *seen, reading(t_s, "hw_thermal")]
        assert reduce_all(events).record().cells[0].verdict == verdict


@pytest.mark.parametrize(("before_s", "verdict"), [(0.5, "invalid"), (-0.6, "warn")])
def test_counters_count_from_the_last_reading_of_the_gpu_shortly_before_the_cell(
    before_s: float, verdict: str
) -> None:
    def reading(t_s: float, violation_s: float) -> TelemetrySample:
        return TelemetrySample(t_s=t_s, source="nvml", throttle_reasons=[], thermal_violation_s=violation_s)

    host = TelemetrySample(t_s=1.9, source="host")
    samples = [event.model_copy(update={"t_s": event.t_s + 2}) for event in sampled(ONE, [10.0] * 10)]
    readings = [reading(before_s + 1, 3.0), host, *(reading(2.5 + second, 3.25) for second in range(9))]
    taken = [ev.TelemetryTaken(sample=one) for one in readings]
    cell = reduce_all([*begun(on_gpu=True), *samples, *taken]).record().cells[0]
    assert cell.verdict == verdict


# Streams that are none


def test_a_stream_must_begin_with_its_one_header() -> None:
    with pytest.raises(RunFileProblem, match="not a run's header"):
        Reduction().apply(ev.Resumed())
    with pytest.raises(RunFileProblem, match="no header"):
        Reduction().record()
    with pytest.raises(RunFileProblem, match="two headers"):
        reduce_all(begun() * 2)


@pytest.mark.parametrize(
    "stranger",
    [
        *sampled(Cell(1, 128, 2), [1.0]),
        ev.CellFinished(batch_size=1, seq_len=128, candidates=2, stop_reason="target"),
        ev.WarmedUp(batch_size=1, seq_len=128, candidates=2, discarded_ms=[], settled=True),
        ev.RowsDropped(rows=[Row(1, 129)], reason="budget"),
    ],
    ids=lambda event: event.event,
)
def test_an_event_of_a_cell_outside_the_plan_is_refused(stranger: ev.EventModel) -> None:
    with pytest.raises(RunFileProblem, match="which the plan does not hold"):
        reduce_all([*begun(), stranger])


def test_the_made_up_streams_are_the_same_every_time() -> None:
    assert build_stream(Story(seed=3)) == build_stream(Story(seed=3)) != build_stream(Story(seed=4))
    assert json.loads(document_text(build_record()))["cells"][0]["order"] is not None
