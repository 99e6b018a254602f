"""Blocks of decoding in the stream, in the record, and in a document that nobody trusts."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from specprof.errors import RunFileProblem
from specprof.plan.validation import Setting
from specprof.run import events as ev
from specprof.run.decoding import Block, Parts, pooled
from specprof.run.journal import document_text
from specprof.run.reading import load_record
from specprof.run.reduce import Reduction

from .decoded_run import block, events, plain_block, plan, record

MOST_MS = 1e12
"""That a file may say."""


def test_a_document_gives_back_what_was_decoded(tmp_path):
    path = tmp_path / "run.json"
    path.write_text(document_text(record()))
    loaded = load_record(path)
    assert loaded.warnings == ()
    assert loaded.record.validation == record().validation
    assert [len(one.blocks) for one in loaded.record.validation] == [10, 10, 10]


def spoilt(change) -> str:
    document = json.loads(document_text(record()))
    change(document)
    return json.dumps(document)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d["plan"].update(validation=None), "validation[0]: the plan does not decode"),
        (lambda d: d["validation"].append(d["validation"][0]), "validation[3]: it is there twice"),
        (lambda d: d["validation"][1].update(setting=7), "twice, or not in the plan"),
        (lambda d: d["validation"][0]["sampled_at_s"].pop(), "9 values for 10 blocks"),
        (lambda d: d["validation"][2]["blocks"][4].update(accepted=[5, 3, 1, 1]), "blocks[4]: a block"),
        (lambda d: d["validation"][1]["blocks"][0].update(accepted=[10, 6, 2, 2]), "blocks[0]: a block of 2"),
        (lambda d: d["validation"][1]["blocks"][0].update(steps=7), "accepted: 10 for 7 steps"),
        (lambda d: d["validation"][1]["blocks"][0].update(total_ms=0), "total_ms"),
        (lambda d: d["validation"][1]["blocks"][3].update(parts=None), "by specprof, without its parts"),
    ],
)  # fmt: skip
def test_decoding_that_cannot_be_is_refused_with_its_place(tmp_path, change, said):
    path = tmp_path / "run.json"
    path.write_text(spoilt(change))
    with pytest.raises(RunFileProblem) as refused:
        load_record(path)
    assert said in str(refused.value)


def test_times_that_go_back_are_held(tmp_path):
    path = tmp_path / "run.json"
    path.write_text(spoilt(lambda d: d["validation"][1]["sampled_at_s"].__setitem__(5, 0.0)))
    loaded = load_record(path)
    assert any("goes back" in warning for warning in loaded.warnings)
    assert loaded.record.validation[1].blocks == record().validation[1].blocks


@pytest.mark.parametrize(
    "event",
    [
        ev.BlockDecoded(batch_size=1, seq_len=64, setting=2, block=block(0)),
        ev.BlockDecoded(batch_size=1, seq_len=65, setting=0, block=block(0)),
        ev.BlockDecoded(batch_size=1, seq_len=64, setting=None, block=block(0)),
        ev.BlockDecoded(batch_size=1, seq_len=64, setting=0, block=block(0, batch_size=2)),
    ],
    ids=["no such setting", "no such row", "drafts of plain decoding", "another batch"],
)
def test_an_event_that_is_not_of_this_run_is_refused(event):
    reduction = Reduction()
    reduction.apply(events()[0])
    with pytest.raises(RunFileProblem):
        reduction.apply(event)
    reduction.apply(ev.BlockDecoded(batch_size=1, seq_len=64, setting=None, block=plain_block(0)))


def test_transformers_blocks_have_no_parts():
    reduction = Reduction()
    reduction.apply(events(plan(peer=True))[0])
    theirs = plain_block(0).model_copy(update={"parts": None})
    place = {"batch_size": 1, "seq_len": 64, "setting": None, "by": "transformers"}
    reduction.apply(ev.BlockDecoded(**place, block=theirs))
    with pytest.raises(RunFileProblem, match="by transformers, with its parts"):
        reduction.apply(ev.BlockDecoded(**place, block=plain_block(1)))


def test_a_run_that_does_not_decode_refuses_blocks():
    reduction = Reduction()
    start = events()[0]
    reduction.apply(start.model_copy(update={"plan": plan().model_copy(update={"validation": None})}))
    with pytest.raises(RunFileProblem, match="decoding that the plan does not hold"):
        reduction.apply(ev.BlockDecoded(batch_size=1, seq_len=64, block=plain_block(0)))


def test_a_block_counts_its_tokens():
    assert block(0).tokens == 18
    assert block(0, batch_size=3).tokens == 54
    assert block(0, batch_size=3).sequences == 3
    assert block(0, batch_size=3).tokens_per_step == pytest.approx(1.8)
    with pytest.raises(ValidationError):
        Block(**{**block(0).model_dump(), "accepted": [0, 0]})


@pytest.mark.parametrize(
    ("parents", "chances", "said"),
    [
        ((0, -1), (), "the root is first"),
        ((-1, 1), (), "after its parent"),
        ((-1, 0), (1.0,), "1 for 2 candidates"),
        ((-1, 0, 0), (1.0, 0.7, 0.7), "more than 1"),
    ],
)
def test_a_tree_that_is_none_is_refused(parents, chances, said):
    with pytest.raises(ValidationError, match=said):
        Setting(name="x", parents=parents, chances=chances)


def test_blocks_of_one_round_count_as_one():
    first = block(3, accepted=[5, 3, 1, 1], steps=10, moved_rows=2, spread_rows=1.0, unequal=1)
    second = block(3, accepted=[5], steps=5, moved_rows=1, spread_rows=4.0, plain_steps=5)
    late, stopped = block(4), block(3, total_ms=1e6, suspended=True)
    found = pooled([first, late, stopped, second])
    assert found.keys() == {3, 4}
    assert found[4] == late
    both = found[3]
    assert Block.model_validate(both.model_dump()) == both
    assert (both.steps, both.accepted, both.plain_steps) == (15, [10, 3, 1, 1], 5)
    assert both.tokens == first.tokens + second.tokens
    assert both.total_ms == first.total_ms + second.total_ms
    assert both.parts.verify == first.parts.verify + second.parts.verify
    assert both.parts.accept == first.parts.accept + second.parts.accept
    assert (both.moved_rows, both.unequal, both.suspended) == (3, 1, False)
    assert both.spread_rows == pytest.approx((1.0 * 10 + 4.0 * 5) / 15)
    most = [one.model_copy(update={"parts": Parts(verify=MOST_MS)}) for one in (first, second)]
    assert pooled(most)[3].parts.verify == 2 * MOST_MS
    peers = [one.model_copy(update={"parts": None, "unequal": None}) for one in (first, second)]
    assert pooled(peers)[3].parts is None
    assert pooled(peers)[3].unequal is None
