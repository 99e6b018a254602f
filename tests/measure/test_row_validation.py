"""Blocks of real decoding in the rounds of a row: what is decoded, by whom, and what goes without."""

from __future__ import annotations

import pytest

from specprof.measure import capacity, row_validation
from specprof.measure.row_sweep import RowSweep
from specprof.measure.row_validation import RowValidation
from specprof.plan.decoding_drafts import DecodingDrafts
from specprof.plan.decoding_memory import decoding_bytes
from specprof.plan.plan import Row
from specprof.plan.stopping import StoppingRule
from specprof.plan.validation import Setting, Validation, Way

from .conftest import small_plan
from .test_row_sweep import EVEN, ScriptedClock, Stage

ROW = Row(1, 24)
CHAIN = Setting(name="chain", parents=(-1, 0, 1, 2, 3, 4, 5), chances=(1.0, *(0.7,) * 6))
PLAIN, SETTING = Way(None), Way(0)
PEER, PEER_SETTING = Way(None, "transformers"), Way(0, "transformers")


def stage_with(kind="none", verdict="drawn", batch_size=1, settings=(CHAIN,), **fields):
    drafts = DecodingDrafts(text=kind, kind=kind, depth=6 if kind in ("ngram", "noisy") else 0, **fields)
    validation = Validation(tokens=8, verdict=verdict, drafts=drafts, settings=settings, peer=True)
    plan = small_plan(batch_sizes=(batch_size,), validation=validation, stopping=StoppingRule(target_ci=0.5))
    return Stage(ScriptedClock(EVEN), plan)


def opened(stage, row=ROW, lost=()):
    rows = RowSweep(stage.bench, row, set(), 0)
    rows.validation = RowValidation(stage.bench, row, lost)
    assert rows.open()
    return rows


def ways(events):
    return [Way(event["setting"], event["by"]) for event in events]


@pytest.mark.parametrize(
    ("kind", "verdict", "expected"),
    [
        ("none", "drawn", [PLAIN, SETTING, PEER]),
        ("own", "greedy", [PLAIN, SETTING, PEER]),
        ("ngram", "greedy", [PLAIN, SETTING, PEER, PEER_SETTING]),
        ("noisy", "greedy", [PLAIN, SETTING, PEER, PEER_SETTING]),
    ],
)
def test_every_round_has_a_block_of_each_way(kind, verdict, expected):
    stage = stage_with(kind, verdict)
    sweep = opened(stage)
    assert ways(stage.said("decoding_warmed_up")) == expected
    for number in range(2):
        sweep.measure_round()
        said = stage.said("block_decoded")
        assert sorted(ways(said), key=expected.index) == expected
        assert {event["block"]["round"] for event in said} == {number}
        for event in said:
            assert (event["block"]["parts"] is None) == (event["by"] == "transformers")
            greedy = verdict == "greedy" or event["setting"] is None
            assert event["block"]["unequal"] == (0 if greedy else None)


@pytest.mark.parametrize(("settings", "plain"), [(1, 1), (2, 1), (3, 2), (9, 3), (20, 4), (40, 5)])
def test_plain_decoding_has_more_blocks_the_more_is_compared_with_it(settings, plain):
    """As is best where many are compared with one: about the square root of their number."""
    validation = RowValidation(stage_with().bench, ROW, [])
    assert validation.turns == []
    validation.order = [PLAIN, *(Way(setting) for setting in range(settings)), PEER]
    assert sorted(validation.turns, key=validation.order.index) == [PLAIN] * (plain - 1) + validation.order
    validation.order = [PLAIN, PEER]
    assert validation.turns == [PLAIN, PEER]


def test_a_round_has_as_many_plain_blocks_as_that():
    stage = stage_with(settings=[CHAIN.model_copy(update={"name": str(number)}) for number in range(4)])
    opened(stage).measure_round()
    expected = [PLAIN, PLAIN, *(Way(setting) for setting in range(4)), PEER]
    assert sorted(ways(stage.said("block_decoded")), key=expected.index) == expected


def test_transformers_takes_one_sequence_only():
    stage = stage_with(batch_size=2)
    opened(stage, Row(2, 24))
    assert ways(stage.said("decoding_warmed_up")) == [PLAIN, SETTING]


def test_where_transformers_fails_ours_goes_on(monkeypatch):
    def fails(*_):
        raise RuntimeError("no such kernel\nand more")

    monkeypatch.setattr(row_validation, "peer_block", fails)
    stage = stage_with("ngram", "greedy")
    sweep = opened(stage)
    failed = stage.said("decoding_failed")
    assert ways(failed) == [PEER, PEER_SETTING]
    assert {event["reason"] for event in failed} == {"no such kernel"}
    sweep.measure_round()
    assert set(ways(stage.said("block_decoded"))) == {PLAIN, SETTING}


def test_what_failed_before_is_not_tried_again():
    stage = stage_with("ngram", "greedy")
    opened(stage, lost=[PEER_SETTING])
    assert ways(stage.said("decoding_warmed_up")) == [PLAIN, SETTING, PEER]


def test_what_there_is_no_room_for_is_left_out_and_said(monkeypatch):
    """A noisy copy is as large as the model."""
    stage = stage_with("noisy", "greedy")
    weights = sum(parameter.nbytes for parameter in stage.bench.workload.model.parameters())
    monkeypatch.setattr(capacity, "free_bytes", lambda _: weights)
    validation = RowValidation(stage.bench, ROW, [])
    assert [validation._fits(way) for way in (PLAIN, PEER, SETTING, PEER_SETTING)] == [
        True,
        True,
        False,
        False,
    ]
    failed = stage.said("decoding_failed")
    assert ways(failed) == [SETTING, PEER_SETTING]
    assert all(event["reason"].startswith("predicted not to fit: needs") for event in failed)


def test_a_round_goes_without_what_there_is_no_room_for(monkeypatch):
    stage = stage_with("ngram", "greedy")
    short = "predicted not to fit: needs 2 GB, 1 GB free"
    monkeypatch.setattr(
        capacity, "why_not_decoded", lambda plan, row, way, device: short if way == PEER_SETTING else None
    )
    sweep = opened(stage)
    assert ways(stage.said("decoding_failed")) == [PEER_SETTING]
    sweep.measure_round()
    assert set(ways(stage.said("block_decoded"))) == {PLAIN, SETTING, PEER}


def test_a_noisy_copy_takes_what_was_predicted():
    stage = stage_with("noisy", "greedy")
    sweep = opened(stage)
    decoder = sweep.validation._drafts[0].decoder
    tensors = [*decoder.model.parameters(), *(part for layer in decoder.caches for part in layer)]
    taken = sum(tensor.nbytes for tensor in tensors)
    predicted = decoding_bytes(stage.plan, ROW, SETTING)
    assert taken <= predicted <= 1.3 * taken
    assert decoding_bytes(stage.plan, ROW, PLAIN) == 0
    assert decoding_bytes(stage.plan, ROW, PEER) > 0
