"""The weights of a local folder: safetensors only, whole, inside the folder (FAULTS 53, 54)."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from specprof.errors import EnvironmentProblem
from specprof.plan.checkpoint import shape_of_folder, weight_files
from specprof.plan.safetensors_header import Tensor, read_header


def refusal(folder: Path) -> str:
    with pytest.raises(EnvironmentProblem) as caught:
        shape_of_folder(folder)
    line = str(caught.value)
    assert caught.value.exit_code == 3
    assert caught.value.remedy
    assert line.isprintable(), line
    return line


def test_a_single_safetensors_file_counts_as_weights(checkpoint):
    checkpoint.single()
    assert shape_of_folder(checkpoint.folder).has_weights
    assert weight_files(checkpoint.folder) == {"model.safetensors": list(checkpoint.tensors)}
    assert weight_files(str(checkpoint.folder)) == weight_files(checkpoint.folder)


@pytest.mark.parametrize("folder", ["nowhere", "a\0b", "x" * 5000])
def test_the_weight_files_of_a_folder_that_cannot_be_read_are_refused(tmp_path, folder):
    with pytest.raises(EnvironmentProblem, match="cannot be read"):
        weight_files(tmp_path / folder)


def test_sharded_weights_are_found_by_their_index(checkpoint):
    weight_map = checkpoint.sharded()
    assert shape_of_folder(checkpoint.folder).has_weights
    files = weight_files(checkpoint.folder)
    assert list(files) == ["model-1.safetensors", "model-2.safetensors"]
    assert {tensor: shard for shard, tensors in files.items() for tensor in tensors} == weight_map


def test_the_single_file_goes_before_the_index_as_in_transformers(checkpoint):
    checkpoint.sharded()
    checkpoint.single()
    assert list(weight_files(checkpoint.folder)) == ["model.safetensors"]


def test_tensors_beyond_the_model_are_let_be(checkpoint):
    checkpoint.tensors["model.layers.0.self_attn.rotary_emb.inv_freq"] = [2]
    checkpoint.single()
    assert shape_of_folder(checkpoint.folder).has_weights


def test_other_formats_beside_safetensors_are_let_be(checkpoint):
    checkpoint.single()
    (checkpoint.folder / "pytorch_model.bin").write_bytes(b"x")
    assert shape_of_folder(checkpoint.folder).has_weights


@pytest.mark.parametrize(
    "name", ["pytorch_model.bin", "consolidated.00.pth", "model.pt", "model.gguf", "tf_model.h5"]
)
def test_weights_that_are_not_safetensors_are_refused_with_a_way_to_convert(checkpoint, name):
    (checkpoint.folder / name).write_bytes(b"x")
    line = refusal(checkpoint.folder)
    assert name in line
    assert "convert" in line


@pytest.mark.parametrize("name", ["training_args.bin", "optimizer.pt", "rng_state_0.pth", "scheduler.pt"])
def test_the_state_of_a_training_run_is_not_taken_for_weights(checkpoint, name):
    (checkpoint.folder / name).write_bytes(b"x")
    assert not shape_of_folder(checkpoint.folder).has_weights


def test_shards_without_an_index_are_refused(checkpoint):
    checkpoint.shard("model-00001-of-00002.safetensors", checkpoint.tensors)
    assert "without model.safetensors or model.safetensors.index.json" in refusal(checkpoint.folder)


def test_a_missing_shard_is_named(checkpoint):
    checkpoint.sharded()
    (checkpoint.folder / "model-2.safetensors").unlink()
    line = refusal(checkpoint.folder)
    assert "model-2.safetensors is missing" in line
    assert "nothing is downloaded" in line


@pytest.mark.parametrize("lost", [1, 100])
def test_a_truncated_shard_is_named_with_the_bytes_expected_and_found(checkpoint, lost):
    checkpoint.sharded()
    shard = checkpoint.folder / "model-2.safetensors"
    whole = shard.stat().st_size
    os.truncate(shard, whole - lost)
    assert f"model-2.safetensors is cut short: {whole} bytes expected, {whole - lost} found" in refusal(
        checkpoint.folder
    )


def test_a_shard_cut_inside_its_header_is_named(checkpoint):
    whole = checkpoint.single()
    (length,) = struct.unpack("<Q", whole.read_bytes()[:8])
    os.truncate(whole, 50)
    assert f"model.safetensors is cut short: {8 + length} bytes expected, 50 found" in refusal(
        checkpoint.folder
    )
    os.truncate(whole, 5)
    assert "cut short: 8 bytes expected, 5 found" in refusal(checkpoint.folder)


def test_bytes_beyond_what_the_header_declares_are_refused(checkpoint):
    path = checkpoint.single()
    whole = path.stat().st_size
    os.truncate(path, whole + 3)
    assert f"{whole} bytes expected, {whole + 3} found" in refusal(checkpoint.folder)


@pytest.mark.parametrize(
    "shard",
    [
        "../model-1.safetensors",
        "..",
        "sub/model-1.safetensors",
        "/etc/passwd",
        "/tmp/model-1.safetensors",
        "..\\model-1.safetensors",
        "model-1.safetensors\0",
        "model\x1b[2J.safetensors",
        "model-1.bin",
        "",
        "a" * 300 + ".safetensors",
        None,
        7,
        ["model-1.safetensors"],
    ],
)
def test_an_index_that_names_more_than_a_file_of_the_folder_is_refused(checkpoint, shard):
    weight_map: dict[str, Any] = checkpoint.sharded()
    (checkpoint.folder / "sub").mkdir()
    for place in (checkpoint.folder.parent, checkpoint.folder / "sub"):
        (place / "model-1.safetensors").write_bytes((checkpoint.folder / "model-1.safetensors").read_bytes())
    weight_map["model.norm.weight"] = shard
    checkpoint.index(weight_map)
    assert "not a .safetensors file of the folder" in refusal(checkpoint.folder)


@pytest.mark.parametrize("weight_map", [None, [], {}, "model.safetensors"])
def test_an_index_without_a_weight_map_is_refused(checkpoint, weight_map):
    checkpoint.index(weight_map)
    assert "no weight_map" in refusal(checkpoint.folder)


def test_an_index_that_is_not_strict_json_is_refused(checkpoint):
    (checkpoint.folder / "model.safetensors.index.json").write_text('{"weight_map": NaN}')
    assert "index.json is not strict JSON" in refusal(checkpoint.folder)


def test_a_tensor_that_is_not_in_the_shard_the_index_names_is_refused(checkpoint):
    weight_map = checkpoint.sharded()
    checkpoint.index({**weight_map, "model.norm.weight": "model-1.safetensors"})
    line = refusal(checkpoint.folder)
    assert "puts model.norm.weight in model-1.safetensors, which does not hold it" in line


def test_a_shard_that_links_out_of_the_folder_is_refused(checkpoint):
    checkpoint.sharded()
    shard = checkpoint.folder / "model-2.safetensors"
    outside = checkpoint.folder.parent / "outside.safetensors"
    shard.rename(outside)
    shard.symlink_to(outside)
    assert "model-2.safetensors is a link that leads out of" in refusal(checkpoint.folder)
    with pytest.raises(EnvironmentProblem, match="leads out of"):
        weight_files(checkpoint.folder)


def test_a_shard_that_links_within_the_folder_is_read(checkpoint):
    checkpoint.sharded()
    shard = checkpoint.folder / "model-2.safetensors"
    shard.rename(checkpoint.folder / "two.safetensors")
    shard.symlink_to("two.safetensors")
    assert shape_of_folder(checkpoint.folder).has_weights


def test_a_shard_that_is_a_folder_a_pipe_or_a_loop_is_refused(checkpoint):
    path = checkpoint.folder / "model.safetensors"
    path.mkdir()
    assert "not a regular file" in refusal(checkpoint.folder)
    path.rmdir()
    os.mkfifo(path)
    assert "not a regular file" in refusal(checkpoint.folder)
    path.unlink()
    path.symlink_to(path)
    assert "cannot be read" in refusal(checkpoint.folder)


def into_cache(checkpoint, blobs: Path) -> Path:
    """Moves the checkpoint into a Hugging Face cache: links in snapshots/REVISION, files in `blobs`."""
    checkpoint.sharded()
    snapshot: Path = checkpoint.folder.parent / "models--org--tiny" / "snapshots" / "0123abcd"
    snapshot.mkdir(parents=True)
    blobs.mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(sorted(checkpoint.folder.iterdir())):
        path.rename(blobs / f"blob{number}")
        (snapshot / path.name).symlink_to(os.path.relpath(blobs / f"blob{number}", snapshot))
    return snapshot


def test_a_snapshot_of_the_hugging_face_cache_is_read_through_its_blobs(checkpoint, tmp_path):
    snapshot = into_cache(checkpoint, tmp_path / "models--org--tiny" / "blobs")
    assert shape_of_folder(snapshot).has_weights
    assert shape_of_folder(snapshot / "config.json").checkpoint == str(snapshot)
    (tmp_path / "link").symlink_to(snapshot)
    assert shape_of_folder(tmp_path / "link").name == "link"


def test_a_snapshot_may_not_link_past_its_own_blobs(checkpoint, tmp_path):
    assert "leads out of" in refusal(into_cache(checkpoint, tmp_path / "models--org--other" / "blobs"))


def test_blobs_that_are_themselves_a_link_elsewhere_are_refused(checkpoint, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "models--org--tiny").mkdir()
    (tmp_path / "models--org--tiny" / "blobs").symlink_to(elsewhere)
    assert "leads out of" in refusal(into_cache(checkpoint, tmp_path / "models--org--tiny" / "blobs"))


@pytest.mark.parametrize(
    ("tensor", "found", "expected"),
    [
        ("model.embed_tokens.weight", [33, 16], [32, 16]),
        ("model.layers.0.self_attn.q_proj.weight", [16, 32], [16, 16]),
        ("model.layers.0.self_attn.k_proj.weight", [16, 16], [8, 16]),
        ("model.layers.0.mlp.gate_proj.weight", [16, 24], [24, 16]),
        ("model.layers.1.mlp.down_proj.weight", [24, 16], [16, 24]),
        ("model.layers.1.input_layernorm.weight", [16, 1], [16]),
        ("lm_head.weight", [16, 32], [32, 16]),
    ],
)
def test_a_tensor_of_another_shape_than_the_config_says_is_refused_with_both(
    checkpoint, tensor, found, expected
):
    checkpoint.tensors[tensor] = found
    checkpoint.single()
    line = refusal(checkpoint.folder)
    assert f"{tensor} is {found} in model.safetensors, but {expected} in config.json" in line


@pytest.mark.parametrize("without", ["model.layers.1.", "model.layers.0.mlp.up", "model.norm", "model.embed"])
def test_a_tensor_that_the_config_calls_for_and_no_file_holds_is_named(checkpoint, without):
    checkpoint.tensors = {k: v for k, v in checkpoint.tensors.items() if not k.startswith(without)}
    checkpoint.single()
    assert f"the weights lack {without}" in refusal(checkpoint.folder)


def test_a_config_of_millions_of_layers_ends_at_the_first_that_is_not_there(checkpoint):
    checkpoint.config(num_hidden_layers=1 << 24)
    checkpoint.single()
    assert "lack model.layers.2.self_attn.q_proj.weight" in refusal(checkpoint.folder)


def test_the_head_may_be_missing_only_where_it_is_tied_to_the_embedding(checkpoint):
    head = checkpoint.tensors.pop("lm_head.weight")
    checkpoint.single()
    assert "lack lm_head.weight" in refusal(checkpoint.folder)
    checkpoint.config(tie_word_embeddings=True)
    assert shape_of_folder(checkpoint.folder).has_weights
    checkpoint.tensors["lm_head.weight"] = head[::-1]
    checkpoint.single()
    assert "lm_head.weight is [16, 32]" in refusal(checkpoint.folder)


def test_biases_must_be_there_where_the_config_says_so(checkpoint):
    checkpoint.config(attention_bias=True, mlp_bias=True)
    checkpoint.single()
    assert "lack model.layers.0.self_attn.q_proj.bias" in refusal(checkpoint.folder)
    for name, shape in dict(checkpoint.tensors).items():
        if "_proj" in name:
            checkpoint.tensors[name.replace("weight", "bias")] = shape[:1]
    checkpoint.single()
    assert shape_of_folder(checkpoint.folder).has_weights


def test_weights_stored_as_whole_numbers_are_refused_as_quantized(checkpoint):
    checkpoint.single(dtype="I8")
    assert "stored as I8: quantized weights are not supported" in refusal(checkpoint.folder)
    checkpoint.single(dtype="F32")
    assert shape_of_folder(checkpoint.folder).has_weights


def entry(start: Any, end: Any, shape: Any = (2,), dtype: Any = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}


def test_a_header_gives_each_tensors_type_and_shape(checkpoint):
    header = {
        "b": entry(8, 16),
        "a": entry(0, 8, (2, 1)),
        "empty": entry(16, 16, (0, 5)),
        "__metadata__": {"x": "y"},
    }
    path = checkpoint.raw_shard("x.safetensors", header, bytes(16))
    assert read_header(path, "x") == {
        "b": Tensor("F32", (2,)),
        "a": Tensor("F32", (2, 1)),
        "empty": Tensor("F32", (0, 5)),
    }


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (b"[]", "not a JSON object"),
        (b"garbage", "not strict JSON"),
        (b'{"a": {}, "a": {}}', "stands twice"),
        ({"a": 1}, "lacks a type, shape or place"),
        ({"a": {"dtype": "F32", "shape": [2]}}, "lacks a type, shape or place"),
        ({"a": entry(0, 8, dtype=4)}, "lacks a type, shape or place"),
        ({"a": entry(0, 8, shape=(True, 2))}, "lacks a type, shape or place"),
        ({"a": entry(0, 8, shape=(-2,))}, "lacks a type, shape or place"),
        ({"a": entry(0, 8, shape=[1] * 1000)}, "lacks a type, shape or place"),
        ({"a": entry(0.0, 8)}, "lacks a type, shape or place"),
        ({"a": entry(0, 1 << 63)}, "lacks a type, shape or place"),
        ({"a": entry(0, 8, dtype="Q4_K")}, "stored as Q4_K"),
        ({"a": entry(0, 7)}, "has 7 bytes, but F32 [2] needs 8"),
        ({"a": entry(8, 0)}, "has -8 bytes"),
        ({"a": entry(0, 8), "b": entry(4, 12)}, "hole or overlap at byte 4"),
        ({"a": entry(0, 8), "b": entry(12, 20)}, "hole or overlap at byte 8"),
        ({"a": entry(8, 16)}, "hole or overlap at byte 0"),
    ],
)
def test_a_header_that_contradicts_the_format_is_refused(checkpoint, header, said):
    path = checkpoint.raw_shard("x.safetensors", header, bytes(16))
    with pytest.raises(EnvironmentProblem) as caught:
        read_header(path, "x.safetensors")
    assert said in str(caught.value)
    assert "x.safetensors" in str(caught.value)


def test_a_header_said_to_be_larger_than_the_format_allows_is_refused_unread(checkpoint):
    path = checkpoint.folder / "x.safetensors"
    path.write_bytes(struct.pack("<Q", 100_000_001))
    os.truncate(path, 10 << 30)
    with pytest.raises(EnvironmentProblem, match="declares a header of 100000001 bytes"):
        read_header(path, "x.safetensors")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_single_file_cut_anywhere_or_with_a_byte_changed_in_its_header_ends_in_one_line(checkpoint, data):
    whole = checkpoint.single().read_bytes()
    (length,) = struct.unpack("<Q", whole[:8])
    if data.draw(st.booleans(), "cut"):
        broken = whole[: data.draw(st.integers(0, len(whole) - 1), "at")]
    else:
        at = data.draw(st.integers(0, 8 + length - 1), "at")
        broken = (
            whole[:at] + bytes([whole[at] ^ (1 << data.draw(st.integers(0, 7), "bit"))]) + whole[at + 1 :]
        )
    (checkpoint.folder / "model.safetensors").write_bytes(broken)
    refused = None
    try:
        shape_of_folder(checkpoint.folder)
    except EnvironmentProblem as problem:
        refused = str(problem)
    assert refused is None or refused.isprintable()
    assert refused or len(broken) == len(whole), "a cut file must be refused"


def test_the_safetensors_library_reads_what_the_fixture_writes(checkpoint):
    safetensors = pytest.importorskip("safetensors")
    path = checkpoint.single()
    with safetensors.safe_open(path, framework="np") as file:
        names = list(file.keys())
        held = {name: tuple(file.get_slice(name).get_shape()) for name in names}
    assert held == {name: tensor.shape for name, tensor in read_header(path, "x").items()}


def test_the_index_may_leave_tensors_of_a_shard_out(checkpoint):
    weight_map = checkpoint.sharded()
    text = (checkpoint.folder / "model.safetensors.index.json").read_text()
    assert json.loads(text)["weight_map"] == weight_map
    del weight_map["model.norm.weight"]
    checkpoint.index(weight_map)
    assert "model.norm.weight" not in weight_files(checkpoint.folder)["model-2.safetensors"]
    assert "lack model.norm.weight" in refusal(checkpoint.folder)
