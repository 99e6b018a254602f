"""A session whose plan decodes: a child that dies in a block costs that setting and no cell."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from specprof.plan.decoding_drafts import DecodingDrafts
from specprof.plan.plan import Cell, Row
from specprof.plan.validation import Setting, Validation, Way
from specprof.run import events as ev
from specprof.run.decoding import Block, Parts
from specprof.run.reduce import Reduction
from specprof.session.in_flight import InFlight
from specprof.session.live import LiveSession
from specprof.session.patience import Patience

from .stage import HEADER, PLAN, Stage
from .test_live import of, only

CHAIN = Setting(name="chain:alpha=0.5", parents=(-1, 0, 1, 2), chances=(1.0, 0.5, 0.5, 0.5))
VALIDATION = Validation(
    tokens=4, verdict="drawn", drafts=DecodingDrafts(text="none", kind="none"), settings=(CHAIN,)
)
WHOLE = PLAN.model.model_copy(update={"layers_total": PLAN.model.layers_measured})
DECODED = HEADER.model_copy(
    update={"plan": PLAN.model_copy(update={"model": WHOLE, "validation": VALIDATION})}
)
PLACE = {"batch_size": 1, "seq_len": 16}
ROW = Row(**PLACE)


def session_of(stage: Stage, earlier: Reduction | None = None) -> LiveSession:
    script = str(Path(__file__).with_name("fake_child.py"))
    command = (sys.executable, "-S", script, str(stage.folder))
    return LiveSession(None if earlier else DECODED, earlier, command=command)


def block(number: int, total_ms: float = 8.0) -> Block:
    return Block(round=number, steps=2, accepted=[1, 0, 1], total_ms=total_ms, parts=Parts(verify=7.0))


@pytest.mark.parametrize(
    ("way", "words"),
    [
        (Way(0), "decoding with setting 0"),
        (Way(None), "plain decoding"),
        (Way(None, "transformers"), "plain decoding by transformers"),
    ],
    ids=["setting", "plain", "transformers"],
)
def test_no_cell_is_to_blame_while_a_block_is_decoded(way: Way, words: str) -> None:
    reduction = Reduction()
    reduction.apply(DECODED)
    follower = InFlight(reduction)
    follower.follow(ev.RoundStarted(**PLACE, round=0, order=[4, 1, 8]))
    follower.follow(ev.SampleTaken(**PLACE, candidates=4, round=0, measured_ms=1))
    follower.follow(ev.DecodingStarted(**PLACE, **way._asdict()))
    assert (follower.decoding, follower.blamed) == ((ROW, way), None)
    assert follower.lost == f"{words} at batch 1, seq_len 16"
    follower.follow(ev.BlockDecoded(**PLACE, **way._asdict(), block=block(0)))
    assert (follower.decoding, follower.blamed) == (None, Cell(1, 16, 1))


@pytest.mark.parametrize("moment", ["warmed", "sample 5"])
def test_a_child_killed_in_a_block_costs_the_rows_setting_and_no_cell(stage: Stage, moment: str) -> None:
    started = json.dumps({"event": "decoding_started", **PLACE, "setting": 0})
    stage.does((0, moment, "kill after " + started))
    session = session_of(stage)
    seen = stage.play(session)
    failed = only(ev.DecodingFailed, seen)
    assert (failed.row, failed.setting) == (ROW, 0)
    assert of(ev.CellFailed, seen) == []
    assert only(ev.ChildLost, seen).restarted
    assert "without decoding with setting 0 at batch 1, seq_len 16" in only(ev.Notice, seen).text
    assert stage.job(1)["without_decoding"] == [[list(ROW), [0, "specprof"]]]
    record = session.reduction.record()
    assert record.status == "complete"
    lost = [one for one in record.validation if one.failed]
    assert [(one.row, one.setting) for one in lost] == [(ROW, 0)]


def test_a_run_that_goes_on_leaves_out_what_failed_and_begins_behind_the_rounds_of_blocks(
    stage: Stage,
) -> None:
    earlier = Reduction()
    earlier.apply(DECODED)
    earlier.apply(ev.SampleTaken(**PLACE, candidates=1, round=2, measured_ms=1))
    earlier.apply(ev.BlockDecoded(**PLACE, setting=0, block=block(6)))
    earlier.apply(ev.DecodingFailed(batch_size=1, seq_len=32, setting=None, reason="out of memory"))
    stage.play(session_of(stage, earlier))
    assert stage.job(0)["without_decoding"] == [[[1, 32], [None, "specprof"]]]
    assert stage.job(0)["next_round"] == {"1x16": 7, "1x32": 0}


def test_what_a_child_says_of_decoding_that_nobody_asked_for_is_left_out(stage: Stage) -> None:
    said = {"event": "block_decoded", **PLACE, "setting": 0, "block": block(0).model_dump()}
    stage.does((0, "sample 5", "say " + json.dumps(said)))
    session = stage.session()
    assert "does not hold" in only(ev.Notice, stage.play(session)).text
    assert session.reduction.status() == "complete"


def test_a_slow_block_teaches_patience() -> None:
    patience = Patience()
    patience.follow(ev.BlockDecoded(**PLACE, setting=0, block=block(0, 30_000)), elapsed_s=1000)
    assert patience.silence_s == 300
