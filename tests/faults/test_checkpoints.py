"""Checkpoints: local ones, of safetensors. Nothing in their folder runs, and nothing outside it is read."""

from __future__ import annotations

import ctypes
import json
import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli.command import Command, finish
from plan.conftest import Checkpoint
from safetensors.numpy import save_file
from session.stage import Stage

from specprof.run.reading import load_record

from .canaries import CODE, PICKLED, Canaries
from .opened import watched

HERE = Path(__file__).resolve().parent
CLONE_NEWNET = 0x40000000
READ = {"config.json", "model.safetensors"}


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    """A tiny checkpoint with whole weights of small random numbers."""
    made = Checkpoint(tmp_path / "Tiny-Llama")
    made.config()
    save_weights(made, made.folder / "model.safetensors")
    return made


@pytest.fixture
def canaries(tmp_path: Path) -> Canaries:
    return Canaries(tmp_path / "sung")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder beside the checkpoint's, from which nothing may be read."""
    folder = tmp_path / "outside"
    folder.mkdir()
    return folder


def save_weights(checkpoint: Checkpoint, path: Path) -> None:
    random = np.random.default_rng(0)
    tensors = {name: random.normal(0, 0.02, shape) for name, shape in checkpoint.tensors.items()}
    save_file({name: tensor.astype(np.float32) for name, tensor in tensors.items()}, path)


def refused(faked: Command, folder: Path | str, code: int = 3, *more: str) -> str:
    """What is said of a checkpoint that is refused before a child is started."""
    return faked("run", "--model", folder, "--device", "cpu", *more).refused(code)


# Rows


def test_row_50_positions_beyond_a_checkpoints_are_refused(
    faked: Command, stage: Stage, checkpoint: Checkpoint
):
    said = refused(faked, checkpoint.folder, 2, "--seq-len", "256")
    assert "beyond the 256 positions of Tiny-Llama" in said
    assert stage.log() == []


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/llama", "meta-llama/Llama-2-7b"])
def test_row_52_a_checkpoint_that_is_not_there_is_said_with_its_path(faked: Command, stage: Stage, name: str):
    said = refused(faked, name)
    assert name.removeprefix("./") in said
    assert "nothing is downloaded" in said
    assert stage.log() == []


def test_row_52_a_checkpoint_that_is_not_there_asks_no_network(faked: Command, tmp_path: Path):
    environment, noted = noting(tmp_path)
    done = faked("run", "--model", "meta-llama/Llama-2-7b", shell='exec "$@"', **environment)
    assert "there is no checkpoint at" in done.refused(3)
    assert any(event == "open" for event, _ in noted()), "the watch itself must see"
    assert [event for event in noted() if event[0].startswith("socket.")] == []


def test_row_53_a_missing_shard_is_refused(faked: Command, stage: Stage, checkpoint: Checkpoint):
    (checkpoint.folder / "model.safetensors").unlink()
    checkpoint.sharded()
    (checkpoint.folder / "model-2.safetensors").unlink()
    assert "model-2.safetensors is missing" in refused(faked, checkpoint.folder)
    assert stage.log() == []


@pytest.mark.parametrize("kept", [0, 7, 100, -1], ids="cut to {}".format)
def test_row_53_a_truncated_shard_is_refused(faked: Command, stage: Stage, checkpoint: Checkpoint, kept: int):
    weights = checkpoint.folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:kept])
    assert "cut short" in refused(faked, checkpoint.folder)
    assert stage.log() == []


@pytest.mark.parametrize("way", ["../outside/model.safetensors", "{outside}/model.safetensors"])
def test_row_53_an_index_that_leads_out_of_its_folder_is_refused_and_not_followed(
    faked: Command, checkpoint: Checkpoint, outside: Path, way: str
):
    (checkpoint.folder / "model.safetensors").rename(outside / "model.safetensors")
    checkpoint.index(dict.fromkeys(checkpoint.tensors, way.format(outside=outside)))
    with watched(outside) as opened:
        assert "model.safetensors.index.json" in refused(faked, checkpoint.folder)
        assert opened.files() == set()


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "model.safetensors.index.json"])
def test_row_53_a_link_that_leads_out_of_the_folder_is_refused_and_not_followed(
    faked: Command, checkpoint: Checkpoint, outside: Path, name: str
):
    if name.endswith("index.json"):
        (checkpoint.folder / "model.safetensors").unlink()
        checkpoint.sharded()
    (checkpoint.folder / name).rename(outside / name)
    (checkpoint.folder / name).symlink_to(outside / name)
    with watched(outside) as opened:
        assert f"{name} is a link that leads out of" in refused(faked, checkpoint.folder)
        assert opened.files() == set()


@pytest.mark.parametrize("name", PICKLED[:3])
def test_row_54_pickled_weights_are_refused_and_never_opened(
    faked: Command, stage: Stage, checkpoint: Checkpoint, canaries: Canaries, name: str
):
    (checkpoint.folder / "model.safetensors").unlink()
    (checkpoint.folder / name).write_bytes(canaries.pickled(name))
    with watched(checkpoint.folder) as opened:
        assert f"{name} is not safetensors" in refused(faked, checkpoint.folder)
        assert opened.files() == {checkpoint.folder / "config.json"}
    assert canaries.heard() == []
    assert stage.log() == []


@pytest.mark.parametrize("name", ["model.safetensors", "model-1.safetensors"])
def test_row_54_a_pickle_that_calls_itself_safetensors_is_refused_and_never_run(
    faked: Command, stage: Stage, checkpoint: Checkpoint, canaries: Canaries, name: str
):
    (checkpoint.folder / "model.safetensors").unlink()
    checkpoint.sharded()
    (checkpoint.folder / name).write_bytes(canaries.pickled(name))
    assert name in refused(faked, checkpoint.folder)
    assert canaries.heard() == []
    assert stage.log() == []


CHOOSING_CODE: dict[str, dict[str, Any]] = {
    "auto_map": {"auto_map": {"AutoModelForCausalLM": "evil.Evil", "AutoConfig": "evil.Evil"}},
    "auto_map within": {"rope_scaling": {"type": "linear", "auto_map": {"AutoConfig": "evil.Evil"}}},
    "_attn_implementation_internal": {"_attn_implementation_internal": "someone/evil-kernel"},
    "_attn_implementation": {"_attn_implementation": "someone/evil-kernel"},
    "attn_implementation": {"attn_implementation": {"": "someone/evil-kernel:evil"}},
    "_experts_implementation_internal": {"_experts_implementation_internal": "someone/evil-kernel"},
    "custom_pipelines": {"custom_pipelines": {"evil": {"impl": "evil.Evil", "pt": ["AutoModel"]}}},
    "trust_remote_code": {"trust_remote_code": True},
}


@pytest.mark.parametrize("case", CHOOSING_CODE)
def test_row_55_a_config_that_names_code_is_refused_and_its_code_never_read(
    faked: Command, stage: Stage, checkpoint: Checkpoint, canaries: Canaries, case: str
):
    checkpoint.config(**CHOOSING_CODE[case])
    canaries.put_into(checkpoint.folder)
    with watched(checkpoint.folder, checkpoint.folder / "custom_generate") as opened:
        said = refused(faked, checkpoint.folder)
        assert opened.files() == {checkpoint.folder / "config.json"}
    assert f"'{case.split()[0]}'" in said
    assert "never runs code that a checkpoint names" in said
    assert canaries.heard() == []
    assert stage.log() == []


@pytest.mark.parametrize("case", ["auto_map", "_attn_implementation_internal"])
def test_row_55_a_drafter_that_names_code_is_refused_too(
    faked: Command, stage: Stage, checkpoint: Checkpoint, canaries: Canaries, case: str
):
    checkpoint.config(**CHOOSING_CODE[case])
    canaries.put_into(checkpoint.folder)
    assert f"'{case}'" in refused(faked, "tiny", 3, "--drafter", f"{checkpoint.folder}:2")
    assert canaries.heard() == []
    assert stage.log() == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2"}, "GPT2LMHeadModel"),
        ({"architectures": ["LlamaForCausalLM"], "model_type": "mistral"}, "mistral"),
        ({"architectures": ["EvilForCausalLM"]}, "EvilForCausalLM"),
    ],
    ids=["GPT-2", "of two minds", "unheard of"],
)
def test_row_56_another_architecture_is_refused_with_what_is_supported(
    faked: Command, stage: Stage, checkpoint: Checkpoint, fields: dict[str, Any], said: str
):
    checkpoint.config(**fields)
    refusal = refused(faked, checkpoint.folder)
    assert said in refusal
    assert "supported is LlamaForCausalLM" in refusal
    assert stage.log() == []


# A checkpoint that is measured, among canaries


def test_the_canaries_can_sing(checkpoint: Checkpoint, canaries: Canaries):
    canaries.put_into(checkpoint.folder)
    for name in CODE:
        exec((checkpoint.folder / name).read_text(), {})
    for name in PICKLED:
        pickle.loads((checkpoint.folder / name).read_bytes()).close()
    assert len(canaries.heard()) == len(CODE) + len(PICKLED)


def noting(folder: Path) -> tuple[dict[str, str], Callable[[], list[tuple[str, int | str]]]]:
    """The environment in which every Python notes what it opens and connects to, and what was noted."""
    log = folder / "noted"

    def noted() -> list[tuple[str, int | str]]:
        return [(event, first) for event, first in map(json.loads, log.read_text().splitlines())]

    return {"PYTHONPATH": str(HERE / "watching"), "SPECPROF_WATCHED": str(log)}, noted


def without_network() -> None:
    """A network of its own for this process, with nothing in it. Where that is not allowed, it stays."""
    ctypes.CDLL(None).unshare(CLONE_NEWNET)


def test_rows_52_to_55_a_checkpoint_among_canaries_is_measured_and_none_of_them_sings(
    checkpoint: Checkpoint, canaries: Canaries, tmp_path: Path
):
    """By the real child, in the checkpoint's own folder, without a network where the kernel allows it."""
    folder = checkpoint.folder
    canaries.put_into(folder)
    environment, noted = noting(tmp_path)
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    home.mkdir()
    temporary.mkdir()
    command = Command(home)
    command.environment |= {"TMPDIR": str(temporary)}
    command.program = (str(Path(sys.executable).with_name("specprof")),)
    command.home = folder  # it is started from there
    quick = ("--seq-len", "16", "--candidates", "1,4", "--budget", "3", "--target-ci", "50")
    output = home / "run.json"
    with watched(folder, *(path for path in folder.iterdir() if path.is_dir())) as opened:
        process = command.start(
            *("run", "--model", ".", "--device", "cpu", *quick, "--output", output),
            preexec=without_network,
            **environment,
        )
        done = finish(process, 120)
        assert {path.relative_to(folder).as_posix() for path in opened.files()} == READ
    assert done.code in (0, 1), done.said
    record = load_record(output).record
    assert record.status == "complete"
    assert record.plan.model.has_weights
    assert canaries.heard() == []
    events = noted()
    # what it reads: its own, Python's, the kernel's, and the two files
    own = (sys.prefix, sys.base_prefix, HERE.parents[1], home, temporary, "/proc", "/sys", "/dev/null")
    places = {
        os.path.abspath(folder / name) for event, name in events if event == "open" and type(name) is str
    }
    strange = {place for place in places if not any(Path(place).is_relative_to(root) for root in own)}
    assert strange - {"/etc/os-release", "/usr/lib/os-release"} == {str(folder / name) for name in READ}
    # what it starts, loads and unpickles
    libraries = [name for event, name in events if event == "ctypes.dlopen"]
    assert [name for name in libraries if str(folder) in str(name)] == []
    for event in ("pickle.find_class", "os.system", "os.exec"):
        assert [name for seen, name in events if seen == event] == []
    # whom it asks: nobody
    asked = {event for event, _ in events if event.startswith("socket.")}
    assert asked <= {"socket.__new__", "socket.gethostname"}
