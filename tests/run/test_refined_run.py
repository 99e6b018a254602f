"""A run whose grid was refined: counts that single rows gained while they were measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from specprof.errors import RunFileProblem
from specprof.plan.plan import Cell, Row
from specprof.run import events as ev
from specprof.run.job import Job
from specprof.run.journal import document_text
from specprof.run.record import RunRecord
from specprof.run.reduce import Reduction
from specprof.run.statistics import Estimate
from specprof.run.unfold import unfold

from .refined import ADDED, EVENTS, RECORD, ROW, STORY, added, sample
from .run_files import load, refusal
from .streams import build_stream, journal_bytes, reduce_all


def test_the_record_s_plan_holds_the_added_count_in_its_row_only() -> None:
    plan = RECORD.plan
    assert (plan.candidates, plan.grid_candidates) == ((1, 16, 40, 64), (1, 16, 64))
    assert [cell.cell for cell in RECORD.cells] == plan.cells()
    assert [cell.candidates for cell in RECORD.cells if cell.seq_len == 128] == [1, 16, 40, 64]
    assert [cell.candidates for cell in RECORD.cells if cell.seq_len == 512] == [1, 16, 64]
    assert plan.added[0].why == "latency rises by 30% between 16 and 64"
    assert RECORD.status == "complete"


def test_an_added_cell_is_paired_with_k_1_in_its_own_rounds() -> None:
    found = next(cell for cell in RECORD.cells if cell.cell == ADDED)
    assert found.ratio is not None
    assert found.ratio.median == pytest.approx(60 / 21)
    assert found.stop_reason == "target"


def test_neighbours_keep_their_samples_and_gain_those_of_its_rounds() -> None:
    plain = reduce_all(build_stream(STORY)).record()
    for k in (1, 16, 64):
        before = next(cell for cell in plain.cells if cell.cell == Cell(*ROW, k)).measured_ms
        after = next(cell for cell in RECORD.cells if cell.cell == Cell(*ROW, k)).measured_ms
        assert before is not None
        assert after is not None
        assert after.samples[: len(before.samples)] == before.samples
        assert after.rounds[len(before.rounds) :] == list(range(100, 110))


@pytest.mark.parametrize("cut", range(1, len(EVENTS) + 1, 7))
def test_any_prefix_survives_unfolding_and_its_document(cut: int) -> None:
    record = reduce_all(EVENTS[:cut]).record()
    assert RunRecord.model_validate_json(document_text(record), strict=True) == record
    assert reduce_all(list(unfold(record))).record() == record


def test_a_count_that_was_added_and_never_sampled_is_not_reached_and_leaves_the_run_partial() -> None:
    end = next(i for i, event in enumerate(EVENTS) if isinstance(event, ev.CandidatesAdded))
    reduction = reduce_all(EVENTS[: end + 1])
    record = reduction.record()
    found = next(cell for cell in record.cells if cell.cell == ADDED)
    assert (found.verdict, found.reasons) == ("not_run", ["not reached"])
    assert ADDED not in reduction.finished_cells()
    assert reduce_all(list(unfold(record))).record() == record


def test_journal_and_document_load_as_the_same_run_without_a_warning(tmp_path: Path) -> None:
    journal = load(tmp_path, journal_bytes(EVENTS), "a.jsonl.part")
    document = load(tmp_path, document_text(RECORD))
    assert (journal.warnings, document.warnings) == ((), ())
    assert journal.record == document.record == RECORD


def test_a_replayed_count_appears_when_it_was_added(tmp_path: Path) -> None:
    reduction = Reduction()
    seen: list[bool] = []
    for event in unfold(RECORD):
        if isinstance(event, ev.CandidatesAdded):
            assert ADDED not in reduction.cells
        reduction.apply(event)
        seen.append(ADDED in reduction.cells)
    assert seen[0] is False
    assert seen[-1] is True


@pytest.mark.parametrize(
    "event",
    [
        added(1, 16),
        added(1, 64),
        added(1, 65),
        added(1, 24, 24),
        added(1, 24, row=Row(1, 129)),
        added(1, 24, row=Row(2, 128)),
    ],
    ids=["of the grid", "the largest", "beyond it", "twice", "no such length", "no such batch"],
)
def test_a_count_that_cannot_be_added_is_refused_and_changes_nothing(event: ev.CandidatesAdded) -> None:
    reduction = reduce_all(EVENTS[:1])
    with pytest.raises(RunFileProblem) as caught:
        reduction.apply(event)
    assert "\n" not in str(caught.value)
    assert reduction.plan.candidates == (1, 16, 64)
    assert len(reduction.cells) == 6


def test_a_sample_of_a_count_that_only_another_row_gained_is_refused() -> None:
    reduction = reduce_all([EVENTS[0], added(1, 40)])
    with pytest.raises(RunFileProblem, match="does not hold"):
        reduction.apply(sample(Cell(1, 512, 40), 0, 2.0))


def test_a_document_whose_added_counts_do_not_fit_its_grid_is_refused(tmp_path: Path) -> None:
    document = json.loads(document_text(RECORD))
    document["plan"]["added"][0]["candidates"] = 41
    assert "plan: added: " in refusal(tmp_path, document)
    document["plan"]["added"] = []
    assert "missing: taken as not run" in load(tmp_path, document).warnings[0]


def test_a_job_carries_what_was_measured_before() -> None:
    job = Job(plan=RECORD.plan, origin_s=0.0, known=[(ADDED, Estimate(2.0, 1.9, 2.1))])
    again = Job.model_validate_json(job.model_dump_json())
    assert again.known == [(ADDED, Estimate(2.0, 1.9, 2.1))]
    assert again.plan.counts(ROW) == (1, 16, 40, 64)
