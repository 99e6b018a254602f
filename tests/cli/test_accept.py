"""`specprof accept`: the whole way from two checkpoints and prompts to settings, and what is refused.

A real child imports torch, which takes seconds: two of them run, side by side.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from measure.accepting.written import VOCAB, write_checkpoint, write_prompts

from specprof.cli.accept import accept
from specprof.cli.recommend import recommend
from specprof.engines.metrics import read_acceptance

from .asked import Answer, ask
from .command import Command, Done, Process, finish

QUICK = ("--depth", "15", "--device", "cpu")  # K = 16, the first that the sample run measured after 1


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    command = Command(tmp_path_factory.mktemp("home"))
    write_checkpoint(command.home / "target", max_position_embeddings=100_000)
    write_checkpoint(command.home / "noisy", noise=0.05, max_position_embeddings=100_000)
    write_prompts(command.home / "p.jsonl", 12)
    yield command
    command.end_all()


@pytest.fixture(scope="module")
def started(command: Command) -> tuple[Process, Process]:
    models = ("accept", "--model", "target", "--draft", "noisy", "--prompts", "p.jsonl", *QUICK)
    endless = command.start(*models, "--tokens", "50000", "--output", "stopped.json")
    return command.start(*models, "--tokens", "48"), endless


@pytest.fixture(scope="module")
def counted(started: tuple[Process, Process]) -> Done:
    return finish(started[0], 120)


@pytest.fixture(scope="module")
def file(command: Command, counted: Done) -> Path:
    assert counted.code == 0, counted.said
    return command.home / "acceptance.json"


def test_the_table_says_what_was_run_and_what_comes_next(counted: Done, file: Path):
    first, how, head, *rows, length, following, next_command = counted.text.splitlines()
    assert first.startswith("specprof accept, draft noisy of target, ")
    assert first.endswith(" drafts on 12 prompts")
    assert how == "greedy, depth 15, 48 new tokens a prompt, float32 on cpu"
    assert head.split() == ["position", "accepted", "rate", "95", "%", "interval", "given", "all", "before"]
    assert [int(row.split()[0]) for row in rows] == list(range(15))
    assert length.startswith("mean length ")
    assert following == "next, with a file of specprof run that has candidates among 1:16:"
    assert next_command.endswith("--acceptance positions:file=acceptance.json")
    assert counted.said.startswith("specprof: complete acceptance written to acceptance.json\n")


def test_the_file_is_one_that_is_read_back_as_it_was_counted(file: Path):
    document, read = json.loads(file.read_bytes()), read_acceptance(file)
    assert (read.drafts, list(read.accepted)) == (document["drafts"], document["accepted_per_position"])
    assert list(read.rates) == pytest.approx(document["acceptance_rates"])
    assert read.mean_length == pytest.approx(document["mean_length"])
    assert read.source == document["source"]
    assert 0 < read.rates[2] < read.rates[0] < 1
    for rate, (low, high) in zip(read.rates, document["intervals_95"], strict=True):
        assert low <= rate <= high
        assert low < high or rate == 0


def test_the_file_says_of_what_it_was_counted_and_adds_up(file: Path):
    document = json.loads(file.read_bytes())
    assert document["status"] == "complete"
    assert document["environment"]["device"]["kind"] == "cpu"
    assert [document["models"][role]["name"] for role in ("target", "draft")] == ["target", "noisy"]
    assert (document["prompts"]["count"], document["prompts"]["counted"]) == (12, 12)
    steps = [one["steps_by_accepted"] for one in document["per_prompt"]]
    assert sum(map(sum, steps)) == document["drafts"]
    for position, accepted in enumerate(document["accepted_per_position"]):
        assert sum(sum(one[position + 1 :]) for one in steps) == accepted
    assert {one["ended"] for one in document["per_prompt"]} == {"length"}


def test_settings_are_recommended_with_it(file: Path):
    text = f"positions:file={file}"
    given = ask(recommend, "llama-7b-cpu-bs1", "--engine", "llama.cpp", "--acceptance", text)
    assert given.code == 0, given.said
    assert "up to K = 16 (specprof accept, draft noisy of target, " in given.said
    assert "--spec-draft-n-max 15" in given.out


def test_ctrl_c_ends_it_after_its_step_and_keeps_what_was_counted(
    command: Command, started: tuple[Process, Process], counted: Done
):
    endless = started[1]
    # it was started first and imports as long as the other one, which has ended
    endless.send_signal(signal.SIGINT)
    done = finish(endless, 30)
    assert done.code == 130
    document = json.loads((command.home / "stopped.json").read_bytes())
    assert document["status"] == "partial"
    assert document["drafts"] > 0
    assert "The counting was stopped: 0 of 12 prompts are at their end." in done.said
    assert "Traceback" not in done.said


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_checkpoint(tmp_path / "target")
    write_checkpoint(tmp_path / "draft")
    write_prompts(tmp_path / "p.jsonl")
    return tmp_path


def asked(**options: str) -> Answer:
    """accept with these options in the place of good ones."""
    given = {"model": "target", "draft": "draft", "prompts": "p.jsonl", **options}
    return ask(accept, *(word for name, value in given.items() for word in (f"--{name}", value)))


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ({"model": "gone"}, 3, "there is no checkpoint at"),
        ({"draft": "gone"}, 3, "there is no checkpoint at"),
        ({"draft": "larger"}, 3, f"--model has a vocabulary of {VOCAB} tokens and --draft one of 80"),
        ({"draft": "bare"}, 3, "has a config.json and no weights"),
        ({"draft": "pickled"}, 3, "pytorch_model.bin is not safetensors"),
        ({"draft": "noisy:much"}, 2, "no size of noise"),
        ({"prompts": "gone.txt"}, 4, "cannot read gone.txt"),
        ({"prompts": "empty.txt"}, 4, "there is no prompt in it"),
        ({"prompts": "bad.jsonl"}, 4, "bad.jsonl, line 2: not JSON"),
        ({"prompts": "large.txt"}, 4, "larger than 16 MB"),
        ({"prompts": "p.csv"}, 2, "no file of prompts by its name"),
        ({"device": "tpu"}, 2, "--device is never 'tpu'"),
        ({"depth": "0"}, 2, ""),
        ({"tokens": "1"}, 2, ""),
        ({"output": "there.json"}, 5, "there.json exists"),
        ({"output": "no/where.json"}, 5, "the folder no does not exist"),
    ],
)
def test_bad_input_is_one_line_and_its_code_before_any_child(here: Path, monkeypatch, options, code, said):
    write_checkpoint(here / "larger", vocab=80)
    for name in ("bare", "pickled"):
        write_checkpoint(here / name)
        (here / name / "model.safetensors").unlink()
    (here / "pickled" / "pytorch_model.bin").touch()
    (here / "empty.txt").touch()
    (here / "there.json").touch()
    (here / "bad.jsonl").write_text('{"tokens": [1]}\n{"tokens": [1\n')
    with open(here / "large.txt", "wb") as large:
        large.truncate(17 << 20)
    monkeypatch.setattr("specprof.cli.accept_counting.Accepting.run", None)
    given = asked(**options)
    assert (given.code, given.out) == (code, "")
    assert said in given.said
    if said:
        assert given.said.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "options", "code", "said"),
    [
        ({"tokens": [1, 64]}, {}, 4, "p.jsonl, line 1: token 64 is not in the vocabulary of 64"),
        ({"tokens": [1] * 200}, {}, 2, "p.jsonl, line 1: 200 tokens, 128 new ones and 5 drafts"),
        ({"prompt": "text"}, {}, 3, "tokenizer.json is missing"),
    ],
)
def test_what_the_child_refuses_is_one_line_too_and_writes_nothing(here: Path, line, options, code, said):
    (here / "p.jsonl").write_text(json.dumps(line))
    given = asked(**options)
    assert (given.code, given.out) == (code, "")
    assert said in given.said
    assert given.said.count("\n") == 1
    assert not (here / "acceptance.json").exists()
