"""Draft passes in the stream, the record and the file: one reducer for all of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from specprof.errors import RunFileProblem
from specprof.plan.drafter import drafter_from
from specprof.plan.plan import Row
from specprof.plan.presets import PRESETS
from specprof.run import events as ev
from specprof.run.cell_record import DraftRecord
from specprof.run.journal import document_text
from specprof.run.record import RunRecord
from specprof.run.reduce import Reduction
from specprof.run.schema import document_schema
from specprof.run.statistics import median_estimate
from specprof.run.unfold import unfold

from .run_files import load, refusal
from .streams import Story, build_stream, journal_bytes, reduce_all

ROWS = Row(1, 128), Row(1, 512)
STORY = Story(sliced=True, masked_baseline=True)


def with_drafts(
    story: Story = STORY, text: str = "eagle:5", *, failed: Row | None = None, suspended: int | None = None
) -> list[ev.EventModel]:
    """The story with a draft pass behind every K = 1, which takes a twentieth of it and a bit."""
    drafter = drafter_from(text, lambda _: PRESETS["tiny"])
    found: list[ev.EventModel] = []
    for event in build_stream(story):
        if isinstance(event, ev.RunStarted):
            event = event.model_copy(update={"plan": event.plan.model_copy(update={"drafter": drafter})})
        found.append(event)
        match event:
            case ev.RowStarted():
                row = event.row._asdict()
                found.append(ev.DraftStarted(t_s=event.t_s, **row))
                found.append(ev.DraftWarmedUp(t_s=event.t_s, **row, discarded_ms=[9, 8], settled=True))
            case ev.SampleTaken(candidates=1, masked=False) if _lives(found, event):
                row = Row(event.batch_size, event.seq_len)
                if row == failed and event.round == 5:
                    reason = "out of memory: tried 1 GiB"
                    found.append(ev.DraftFailed(t_s=event.t_s, **row._asdict(), verdict="oom", reason=reason))
                    continue
                found.append(
                    ev.DraftSampleTaken(
                        t_s=event.t_s,
                        **row._asdict(),
                        round=event.round,
                        measured_ms=event.measured_ms / 20 + 0.001 * event.round,
                        suspended=event.round == suspended,
                    )
                )
            case _:
                pass
    return found


def _lives(found: list[ev.EventModel], sample: ev.SampleTaken) -> bool:
    row = Row(sample.batch_size, sample.seq_len)
    return not any(isinstance(event, ev.DraftFailed) and event.row == row for event in found)


def record_with_drafts(**told: Any) -> RunRecord:
    return reduce_all(with_drafts(**told)).record()


def document_with_drafts(**told: Any) -> dict[str, Any]:
    return json.loads(document_text(record_with_drafts(**told)))


# What the stream gives


def test_each_row_has_a_record_of_the_plans_drafter() -> None:
    record = record_with_drafts()
    assert [draft.row for draft in record.drafts] == list(ROWS)
    for draft in record.drafts:
        assert (draft.drafter, draft.kind, draft.depth, draft.width) == ("eagle:5", "eagle", 5, 10)
        assert draft.pass_ms is not None
        assert len(draft.pass_ms.samples) == 12
        assert draft.discarded_ms == [9, 8]
        assert draft.failed_at_s is None


def test_without_a_drafter_there_are_none() -> None:
    assert reduce_all(build_stream(STORY)).record().drafts == []


def test_the_ratio_is_paired_with_k_1_at_full_depth_by_hand() -> None:
    events = with_drafts()
    ratios = []
    ones = [e for e in events if isinstance(e, ev.SampleTaken) and (e.candidates, e.masked) == (1, False)]
    for one in ones:
        if one.seq_len == 128:
            assert one.head_ms is not None
            full_depth = one.head_ms + (one.measured_ms - one.head_ms) * 32 / 2
            ratios.append((one.measured_ms / 20 + 0.001 * one.round) / full_depth)
    found = reduce_all(events).record().drafts[0].ratio
    assert found is not None
    assert found.median == pytest.approx(np.median(ratios))
    assert (found.ci_low, found.ci_high) == pytest.approx(median_estimate(ratios)[1:])


def test_a_pass_without_a_k_1_in_its_round_is_no_pair() -> None:
    events = with_drafts(Story(seq_lens=(128,)))
    last = max(e.round for e in events if isinstance(e, ev.RoundStarted))
    alone = ev.DraftSampleTaken(batch_size=1, seq_len=128, round=last + 1, measured_ms=1e6)
    reduction = reduce_all(events)
    before = reduction.draft_ratio(ROWS[0])
    reduction.apply(alone)
    assert reduction.draft_ratio(ROWS[0]) == before
    assert reduction.record().drafts[0].pass_ms.samples[-1] == 1e6


def test_a_drafter_that_failed_keeps_what_was_timed_and_costs_the_row_nothing() -> None:
    whole, record = record_with_drafts(), record_with_drafts(failed=ROWS[0])
    lost, kept = record.drafts
    assert (lost.verdict, lost.reasons) == ("oom", ["out of memory: tried 1 GiB"])
    assert lost.pass_ms is not None
    assert len(lost.pass_ms.samples) == 5
    assert lost.ratio is None
    assert lost.failed_at_s is not None
    assert kept == whole.drafts[1]
    assert record.cells == whole.cells
    assert record.status == "complete"


def test_rows_that_were_not_reached_or_dropped_say_so() -> None:
    cut = record_with_drafts(story=Story(cancelled_at=(0, 4)))
    assert [draft.verdict for draft in cut.drafts] == ["warn", "not_run"]
    assert cut.drafts[1].reasons == ["not reached"]
    dropped = record_with_drafts(story=Story(drop_after_first_round=(ROWS[1],)))
    assert dropped.drafts[1].reasons == ["dropped to keep to the 80 s budget"]


def test_a_suspended_pass_makes_its_row_invalid() -> None:
    draft = record_with_drafts(suspended=3).drafts[0]
    assert draft.suspended_rounds == [3]
    assert draft.verdict == "invalid"
    assert draft.reasons[0] == "suspended while it was measured (round 3)"


def test_on_a_gpu_without_its_clocks_a_pass_is_unverified() -> None:
    seen = record_with_drafts(story=Story(on_gpu=True))
    unseen = record_with_drafts(story=Story(on_gpu=True, telemetry=False))
    assert {draft.verdict for draft in unseen.drafts} == {"unverified"}
    assert "unverified" not in {draft.verdict for draft in seen.drafts}


# What cannot be


def refused(events: list[ev.EventModel], event: ev.EventModel) -> str:
    reduction = reduce_all(events)
    with pytest.raises(RunFileProblem) as caught:
        reduction.apply(event)
    return str(caught.value)


def test_an_event_of_no_drafter_or_of_another_row_is_refused() -> None:
    draft = ev.DraftSampleTaken(batch_size=1, seq_len=128, round=0, measured_ms=1.0)
    assert "a drafter, which the plan does not have" in refused(build_stream(STORY), draft)
    stranger = draft.model_copy(update={"seq_len": 129})
    assert "seq_len 129" in refused(with_drafts(), stranger)
    assert "header" in refused([], draft)


def test_more_passes_than_a_record_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("specprof.run.draft_state.MAX_SAMPLES", 12)
    draft = ev.DraftSampleTaken(batch_size=1, seq_len=128, round=99, measured_ms=1.0)
    assert "more than 12 draft passes at batch 1, seq_len 128" in refused(with_drafts(), draft)
    more = ev.DraftWarmedUp(batch_size=1, seq_len=128, discarded_ms=[1.0] * 20, settled=False)
    reduction = reduce_all(with_drafts())
    reduction.apply(more)
    assert len(reduction.drafts[ROWS[0]].discarded_ms) == 12


# There and back

TOLD: dict[str, dict[str, Any]] = {
    "complete": {},
    "failed": {"failed": ROWS[0]},
    "suspended": {"suspended": 3},
    "a small llama": {"text": "draft:5"},
    "cancelled": {"story": Story(cancelled_at=(1, 4))},
    "resumed": {"story": Story(resumed_at=(0, 5), on_gpu=True)},
    "dropped": {"story": Story(drop_after_first_round=(ROWS[1],))},
}


@pytest.mark.parametrize("name", TOLD)
def test_a_record_unfolds_into_what_gives_it_and_keeps_to_the_schema(name: str, tmp_path: Path) -> None:
    record = record_with_drafts(**TOLD[name])
    reduction = Reduction()
    for event in unfold(record):
        reduction.apply(event)
    assert reduction.record() == record
    document = json.loads(document_text(record))
    loaded = load(tmp_path, document)
    assert loaded.record == record
    assert loaded.warnings == ()
    jsonschema.Draft202012Validator(document_schema()).validate(document)


@pytest.mark.parametrize("name", ["complete", "failed", "resumed"])
def test_a_journal_gives_the_same_record(name: str, tmp_path: Path) -> None:
    loaded = load(tmp_path, journal_bytes(with_drafts(**TOLD[name])), "run.jsonl.part")
    assert loaded.record == record_with_drafts(**TOLD[name])


def test_a_file_from_before_there_were_drafters_still_loads(tmp_path: Path) -> None:
    record = reduce_all(build_stream(STORY)).record()
    document = json.loads(document_text(record))
    del document["drafts"], document["plan"]["drafter"]
    loaded = load(tmp_path, document)
    assert loaded.record == record
    assert loaded.warnings == ()


# Files that lie


def first_draft(document: dict[str, Any]) -> dict[str, Any]:
    return document["drafts"][0]


def test_what_a_file_says_of_its_passes_is_recomputed_from_their_samples(tmp_path: Path) -> None:
    document = document_with_drafts()
    first_draft(document)["ratio"]["median"] /= 2
    first_draft(document)["pass_ms"]["ci_high"] *= 3
    first_draft(document)["verdict"] = "invalid"
    del document["drafts"][1]
    loaded = load(tmp_path, document)
    whole = record_with_drafts()
    assert loaded.record.drafts[0] == whole.drafts[0]
    assert (loaded.record.drafts[1].verdict, loaded.record.drafts[1].reasons) == ("not_run", ["not reached"])
    said = "\n".join(loaded.warnings)
    for words in ("1 of the plan's 2 draft passes are missing", "drafts[0]: stored pass_ms upper bound",
                  "drafts[0]: stored ratio", "drafts[0]: stored verdict invalid"):  # fmt: skip
        assert words in said


def test_times_that_go_back_keep_the_order_of_the_passes(tmp_path: Path) -> None:
    document = document_with_drafts()
    times = first_draft(document)["pass_ms"]["sampled_at_s"]
    times[4], times[5] = times[5], times[4]
    loaded = load(tmp_path, document)
    assert loaded.record.drafts[0].pass_ms.samples == record_with_drafts().drafts[0].pass_ms.samples
    assert loaded.warnings[0] == "a time that goes back is held at the time before"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"depth": 6}, "drafts[0]: it is not the plan's drafter"),
        ({"drafter": "other:5"}, "drafts[0]: it is not the plan's drafter"),
        ({"seq_len": 129}, "drafts[0]: batch 1, seq_len 129 is not in the plan"),
        ({"seq_len": 512}, "drafts[1]: batch 1, seq_len 512 is there twice"),
    ],
)
def test_passes_that_are_not_the_plans_are_refused(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    document = document_with_drafts()
    first_draft(document).update(change)
    assert refusal(tmp_path, document) == f"run.json: {said}"


def test_passes_of_a_plan_without_a_drafter_are_refused(tmp_path: Path) -> None:
    document = document_with_drafts()
    document["plan"]["drafter"] = None
    assert refusal(tmp_path, document) == "run.json: drafts[0]: it is not the plan's drafter"


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("samples", [], "drafts[0].pass_ms.samples: empty"),
        ("rounds", [1], "drafts[0].pass_ms.rounds: 1 values for 12 samples"),
        ("samples", [0.0] * 12, "drafts[0].pass_ms.samples[0]: a step cannot take 0 ms"),
    ],
)
def test_lists_that_cannot_be_computed_with_are_refused(
    tmp_path: Path, name: str, values: list[float], said: str
) -> None:
    document = document_with_drafts()
    first_draft(document)["pass_ms"][name] = values
    assert refusal(tmp_path, document) == f"run.json: {said}"


def test_words_from_a_file_are_cleaned(tmp_path: Path) -> None:
    document = document_with_drafts(failed=ROWS[0])
    first_draft(document)["reasons"] = ["out of \x1b[31mmemory"]
    loaded = load(tmp_path, document)
    assert isinstance(loaded.record.drafts[0], DraftRecord)
    assert loaded.record.drafts[0].reasons[0].isprintable()
