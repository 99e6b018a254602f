"""Commands that cannot be obeyed: one line on stderr, the exit code of their kind, no traceback.

Rows are FAULTS.md's.
"""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path
from typing import Any

import pytest
from session.stage import Stage

from .command import Command, Done

RUN = ("run", "--model", "tiny")
SAMPLE = Path(__file__).parents[2] / "sample_results" / "medusa-llama-7b-bs4.json"
LLAMA = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "vocab_size": 32,
    "max_position_embeddings": 256,
}


def usage_refused(done: Done) -> str:
    """What typer itself refuses comes with a line on how the command is used."""
    assert (done.code, done.out) == (2, b"")
    assert "Traceback" not in done.said
    return done.said


# Before any device is touched (rows 49 to 51)


@pytest.mark.parametrize("option", ["--candidates", "--batch-size", "--seq-len"])
@pytest.mark.parametrize("value", ["0", "-1", "1.5", str(1 << 63)])
def test_a_count_that_is_none_is_refused_before_any_device_is_touched_row_49(
    faked: Command, stage: Stage, option: str, value: str
):
    assert option in faked(*RUN, f"{option}={value}").refused(2)
    assert stage.log() == []
    assert not faked.runs.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--layers", "0"), "--layers"),
        (("--layers", "9"), "more than the 4 of tiny"),
        (("--target-ci", "0"), "--target-ci"),
        (("--target-ci", "nan"), "--target-ci"),
        (("--budget", "-3"), "--budget"),
        (("--device", "abacus"), "device"),
        (("--device", "cpu", "--execution", "graph"), "CUDA"),
        (("--seed", str(1 << 63)), "seed"),
        (("--batch-size", "1:100", "--seq-len", "1:100", "--candidates", "1,2"), "20000 cells"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_no_plan_can_hold_is_refused_before_any_device_is_touched_row_51(
    faked: Command, stage: Stage, arguments: tuple[str, ...], said: str
):
    assert said in faked(*RUN, *arguments).refused(2)
    assert stage.log() == []


@pytest.mark.parametrize(
    "arguments",
    [("--seed", "-1"), ("--seed", "one"), ("--dtype", "int4"), ("--no-such-option",), ("--budget", "soon")],
    ids=" ".join,
)
def test_an_option_that_is_none_is_a_usage_error(faked: Command, stage: Stage, arguments: tuple[str, ...]):
    usage_refused(faked(*RUN, *arguments))
    assert stage.log() == []


def test_a_command_that_there_is_not_is_a_usage_error(faked: Command):
    usage_refused(faked("measure"))


# Models (rows 50 and 52 to 56)


def checkpoint(folder: Path, **changes: Any) -> Path:
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({**LLAMA, **changes}))
    return folder


def test_positions_beyond_a_checkpoints_are_refused_row_50(faked: Command, stage: Stage):
    folder = checkpoint(faked.home / "Small-Llama")
    said = faked("run", "--model", folder, "--seq-len", "256").refused(2)
    assert "beyond the 256 positions of Small-Llama" in said
    assert stage.log() == []


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/llama", "meta-llama/Llama-2-7b"])
def test_a_checkpoint_that_is_not_there_is_said_with_its_path_row_52(faked: Command, stage: Stage, name: str):
    said = faked("run", "--model", name, "--device", "cpu").refused(3)
    assert name.removeprefix("./") in said
    assert "nothing is downloaded" in said
    assert stage.log() == []


def test_a_truncated_shard_is_refused_row_53(faked: Command, stage: Stage):
    folder = checkpoint(faked.home / "Llama")
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", 1000) + b"{}")
    assert "cut short" in faked("run", "--model", folder, "--device", "cpu").refused(3)
    assert stage.log() == []


def test_an_index_that_leads_out_of_its_folder_is_refused_row_53(faked: Command):
    folder = checkpoint(faked.home / "Llama")
    index = {"weight_map": {"lm_head.weight": "../../etc/passwd.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert "model.safetensors.index.json" in faked("run", "--model", folder, "--device", "cpu").refused(3)


def test_pickled_weights_are_refused_and_never_opened_row_54(faked: Command):
    folder = checkpoint(faked.home / "Llama")
    canary = faked.home / "canary"
    pickled = f"cos\nsystem\n(S'touch {canary}'\ntR.".encode()
    (folder / "pytorch_model.bin").write_bytes(pickled)
    assert "not safetensors" in faked("run", "--model", folder, "--device", "cpu").refused(3)
    assert not canary.exists()


@pytest.mark.parametrize("key", ["auto_map", "_attn_implementation_internal"])
def test_a_config_that_names_code_is_refused_and_its_code_never_runs_row_55(faked: Command, key: str):
    canary = faked.home / "canary"
    folder = checkpoint(faked.home / "Llama", **{key: {"AutoModelForCausalLM": "evil.Evil"}})
    (folder / "evil.py").write_text(f"open({str(canary)!r}, 'w')")
    assert key in faked("run", "--model", folder, "--device", "cpu").refused(3)
    assert not canary.exists()


def test_another_architecture_is_refused_with_what_is_supported_row_56(faked: Command):
    folder = checkpoint(faked.home / "GPT", architectures=["GPT2LMHeadModel"], model_type="gpt2")
    said = faked("run", "--model", folder, "--device", "cpu").refused(3)
    assert "GPT2LMHeadModel" in said
    assert "supported is LlamaForCausalLM" in said


# Run files (rows 38 to 44)


def spoilt(old: str, new: str) -> bytes:
    text = SAMPLE.read_text()
    assert text.count(old) >= 1, old
    return text.replace(old, new, 1).encode()


BAD_FILES: dict[str, tuple[bytes, str]] = {
    "empty row 38": (b"", "empty"),
    "a byte order mark row 38": (b"\xef\xbb\xbf" + SAMPLE.read_bytes(), "byte order mark"),
    "UTF-16 row 38": (SAMPLE.read_text().encode("utf-16"), "UTF-16"),
    "binary row 38": (b"\x7fELF\x02\x01\x01\x00" * 20, "not"),
    "not JSON": (b"shopping list\n- milk\n", "not"),
    "another JSON": (b'{"hello": 1}', "schema_version"),
    "NaN row 40": (spoilt('"reading_error": 0.03', '"reading_error": NaN'), "reading_error"),
    "1e999 row 40": (spoilt('"reading_error": 0.03', '"reading_error": 1e999'), "reading_error"),
    "10^400 row 40": (spoilt('"reading_error": 0.03', '"reading_error": 1' + "0" * 400), "reading_error"),
    "true as a number row 40": (spoilt('"reading_error": 0.03', '"reading_error": true'), "reading_error"),
    "nested 100,000 deep row 41": (b"[" * 100_000 + b"]" * 100_000, "nested"),
    "a key twice row 41": (spoilt('"run_id":', '"run_id": "x", "run_id":'), "run_id"),
    "a newer schema row 44": (spoilt('"schema_version": 1', '"schema_version": 2'), "version 2"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_run_file_that_is_none_is_refused_in_one_line(faked: Command, name: str):
    content, said = BAD_FILES[name]
    (faked.home / "run.json").write_bytes(content)
    refusal = faked("show", "run.json").refused(4)
    assert "run.json" in refusal
    assert said in refusal


def test_an_unknown_field_is_ignored_row_44(faked: Command):
    (faked.home / "run.json").write_bytes(spoilt('"run_id":', '"invented_later": [1], "run_id":'))
    done = faked("show", "run.json")
    assert done.code == 0
    assert "Llama 7B" in done.text


def test_neither_a_pipe_nor_a_folder_nor_a_device_is_waited_for_row_39(faked: Command):
    os.mkfifo(faked.home / "pipe")
    for name in ("pipe", ".", "/dev/zero"):
        faked("show", name).refused(4)


def test_a_name_that_is_neither_file_nor_sample_is_refused_with_the_samples_there_are(faked: Command):
    said = faked("show", "medusa-llama-8b").refused(4)
    assert "medusa-llama-7b-bs4" in said


def test_a_name_full_of_escapes_is_shown_without_them_row_42(faked: Command):
    said = faked("show", "\x1b]52;c;aGk=\x07\x9b31m\u202erun\n.json").refused(4)
    assert said.isprintable()
