"""`specprof validate` with its real measuring child and a tiny model, and what it refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from measure.accepting.written import LLAMA3_ROPE, write_checkpoint

from specprof.analysis.validation.peers import peer_results
from specprof.analysis.validation.results import validation_results
from specprof.plan.validation import Way
from specprof.run.reading import load_record
from specprof.run.record import RunRecord

from .command import Command, Done, finish

SCHEMA = json.loads((Path(__file__).parents[2] / "specprof" / "run" / "schema.json").read_text())
TINY = (
    "validate",
    "--model",
    "tiny",
    "--layers",
    "2",
    "--seq-len",
    "24",
    "--tokens",
    "16",
    "--device",
    "cpu",
)
MODELS = ("--acceptance", "chain:alpha=0.7", "--acceptance", "medusa:heads=3")


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    started = Command(tmp_path_factory.mktemp("home"))
    yield started
    started.end_all()


@pytest.fixture(scope="module")
def drawn(command: Command) -> Done:
    """Acceptance drawn, one sequence."""
    asked = (*TINY, *MODELS, "--candidates", "2,6", "--budget", "3", "--headless", "--output", "drawn.json")
    return finish(command.start(*asked), 120)


@pytest.fixture(scope="module")
def own(command: Command) -> Done:
    """The target's own continuation, corrupted; three sequences, whose prefixes become ragged."""
    asked = (*TINY, *MODELS, "--drafts", "own", "--batch-size", "3", "--candidates", "2,6")
    return finish(command.start(*asked, "--budget", "3", "--json", "--output", "own.json"), 120)


def record_of(command: Command, done: Done, name: str) -> RunRecord:
    assert done.code in (0, 1), done.said  # a busy machine may spoil a cell
    return load_record(command.home / name).record


def test_every_setting_is_set_beside_its_prediction(command: Command, drawn: Done):
    record = record_of(command, drawn, "drawn.json")
    results = validation_results(record)
    assert [(one.setting.name, one.setting.candidates) for one in results] == [
        (name, k) for name in ("chain:alpha=0.7", "medusa:heads=3,model=7b") for k in (2, 6)
    ]
    assert "Simulated against real decoding" in drawn.text
    assert re.search(r"[0-4] of 4 settings lie within 5.0 % of the prediction", drawn.text)
    assert all(one.rounds >= 1 and one.tokens >= 16 for one in results)
    assert record.plan.model.full_depth
    assert record.plan.model.title == "Tiny Llama of 2 layers"


def test_what_was_drawn_agrees_with_the_chances(command: Command, drawn: Done):
    for one in validation_results(record_of(command, drawn, "drawn.json")):
        assert abs(one.realised - one.setting.expected_tokens()) < 5 * one.realised_error + 1e-9


def test_the_output_is_that_of_greedy_decoding_token_for_token(command: Command, own: Done):
    record = record_of(command, own, "own.json")
    results = validation_results(record)
    assert len(results) == 4
    assert [one.unequal for one in results] == [0, 0, 0, 0]
    assert any(one.realised > 1.2 for one in results)
    assert any(one.spread_rows > 0 for one in results)
    shown = finish(command.start("show", "own.json"), 60)
    assert "are those of plain greedy decoding" in shown.text
    assert "ragged prefixes" in shown.text


def test_the_document_follows_the_published_schema(command: Command, own: Done):
    document = json.loads(own.text)
    jsonschema.validate(document, SCHEMA)
    assert document["schema_version"] == 2
    assert len(document["validation"]) == 5
    assert {one["setting"] for one in document["validation"]} == {None, 0, 1, 2, 3}
    assert document["analysis"]["validation"][0]["setting"] == "chain:alpha=0.7"


def test_transformers_generation_is_timed_in_the_same_rounds(command: Command, drawn: Done):
    """Acceptance that is drawn is nothing that it could do: plain decoding alone is compared."""
    record = record_of(command, drawn, "drawn.json")
    (plain,) = peer_results(record)
    assert plain.setting is None
    assert plain.rounds == validation_results(record)[0].rounds
    assert (plain.unequal, plain.own_tokens_per_step, plain.peer_tokens_per_step) == (0, 1, 1)
    assert "Beside transformers' own generate" in drawn.text
    assert "nor first step is in its time" in drawn.text.replace("\n", " ")


def test_prompt_lookup_is_timed_beside_that_of_transformers(command: Command):
    asked = (*TINY, "--drafts", "ngram:3", "--budget", "2", "--headless", "--output", "lookup.json")
    done = finish(command.start(*asked), 120)
    record = record_of(command, done, "lookup.json")
    plain, lookup = peer_results(record)
    assert (plain.setting, lookup.setting.candidates) == (None, 4)
    assert (plain.unequal, lookup.unequal) == (0, 0)
    (result,) = validation_results(record)
    assert result.unequal == 0
    blocks = [block for one in record.validation if one.way == Way(0) for block in one.blocks]
    alone = sum(block.plain_steps for block in blocks)
    assert 0 < alone <= sum(block.steps for block in blocks)
    assert "nothing to draft in" in done.text
    document = json.loads((command.home / "lookup.json").read_text())
    assert [one["candidates"] for one in document["analysis"]["transformers"]] == [1, 4]


def test_nobody_else_decodes_where_that_is_not_wanted(command: Command):
    asked = (*TINY, *MODELS, "--candidates", "2", "--budget", "1", "--no-peer", "--headless")
    done = finish(command.start(*asked, "--output", "alone.json"), 120)
    assert peer_results(record_of(command, done, "alone.json")) == []
    assert "transformers' own generate" not in done.text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--temperature", "0.8", "--drafts", "ngram:3", "--peer"), "transformers' generation is greedy"),
        (("--acceptance", "chain:alpha=1.5"), "alpha 1.5 is out of range"),
        (("--acceptance", "log-fit"), "not which candidates are right"),
        (("--candidates", "1"), "nothing to decode with"),
        (("--acceptance", "medusa:heads=1", "--candidates", "64"), "heads=1,model=7b has no 64 candidates"),
        (("--drafts", "noisy:0.1"), "is not complete"),
        (("--drafts", "noisy:x:4"), "the noise wants a number"),
        (("--drafts", "ngram:0"), "the depth wants a whole number"),
        (("--drafts", "nobody"), "does not say how deep"),
        (("--drafts", "ngram:3", "--acceptance", "chain"), "--acceptance is of no use"),
        (("--drafts", "llama-68m:4"), "llama-68m has 32000 tokens and tiny 256"),
        (("--attention", "split", "--batch-size", "2"), "one prefix for all sequences"),
        (("--tokens", "70000"), "tokens"),
        (("--temperature", "0.8"), "sampled is what a drafter drafts"),
    ],
)
def test_what_cannot_be_decoded_is_refused_in_one_line(command: Command, options, said):
    done = finish(command.start(*TINY, "--headless", *options), 60)
    line = done.said.strip().splitlines()[-1]
    assert (done.code, done.out) == (2, b""), done.said
    assert said in line
    assert "Traceback" not in done.said
    assert not list(command.home.rglob("*.part"))


def test_a_drafter_drafts_and_samples_are_decoded(command: Command):
    asked = (*TINY, "--drafts", "noisy:0.02:3", "--temperature", "0.8", "--budget", "2", "--headless")
    done = finish(command.start(*asked, "--output", "sampled.json"), 120)
    (result,) = validation_results(record_of(command, done, "sampled.json"))
    assert result.setting.candidates == 4
    assert result.unequal is None  # no two samples are the same
    assert 1 <= result.realised <= 4
    assert result.gap.draft < 0  # three passes of a model as large as the target
    assert "sampled at temperature 0.8" in done.text


@pytest.mark.parametrize("same", [True, False])
def test_a_checkpoint_decodes_with_its_positions_scaled(command: Command, same: bool):
    """The drafter has the target's own weights: all it drafts is right, if its positions are the target's."""
    target = write_checkpoint(command.home / "target", rope_scaling=LLAMA3_ROPE)
    draft = write_checkpoint(command.home / "draft", **({"rope_scaling": LLAMA3_ROPE} if same else {}))
    output = f"scaled-{same}.json"
    asked = ("validate", "--model", target, "--drafts", f"{draft}:3", "--seq-len", "96", "--tokens", "32")
    end = ("--budget", "1", "--device", "cpu", "--no-peer", "--headless", "--output", output)
    done = finish(command.start(*map(str, asked), *end), 120)
    (result,) = validation_results(record_of(command, done, output))
    assert result.unequal == 0
    assert (result.realised == 4) == same


def test_positions_scaled_in_an_unknown_way_are_refused(command: Command):
    target = write_checkpoint(command.home / "odd", rope_scaling={"rope_type": "yarn", "factor": 4.0})
    done = finish(command.start("validate", "--model", str(target), "--device", "cpu", "--headless"), 60)
    assert done.code == 3
    assert "rotary positions are scaled by 'yarn'; supported are" in done.said.replace(
        ": supported", "; supported"
    )
    # for the time of a step they do not matter
    small = ("--seq-len", "16", "--candidates", "1,2", "--budget", "1", "--output", "odd.json")
    run = finish(command.start("run", "--model", str(target), *small, "--device", "cpu", "--headless"), 60)
    assert run.code in (0, 1), run.said
