"""config.json of a local folder: what is read, what is refused (FAULTS 50, 52, 54, 55, 56)."""

from __future__ import annotations

import json
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from specprof.errors import EnvironmentProblem
from specprof.plan.checkpoint import shape_of_folder, weight_files
from specprof.plan.model import ModelShape
from specprof.plan.plan import build_plan


def refusal(path: Any) -> str:
    """The one line that the user sees, without anything a terminal would act on."""
    with pytest.raises(EnvironmentProblem) as caught:
        shape_of_folder(path)
    line = str(caught.value)
    assert caught.value.exit_code == 3
    assert caught.value.remedy
    assert line.isprintable(), line
    return line


def test_a_config_alone_gives_the_full_shape_without_weights(checkpoint):
    assert shape_of_folder(checkpoint.folder) == ModelShape(
        name="Tiny-Llama",
        title="Tiny-Llama",
        hidden_size=16,
        intermediate_size=24,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=4,
        vocab_size=32,
        layers_measured=2,
        layers_total=2,
        max_position_embeddings=256,
        positions_enforced=True,
        rms_norm_eps=1e-5,
        rope_theta=10000.0,
        checkpoint=str(checkpoint.folder),
        has_weights=False,
    )
    assert weight_files(checkpoint.folder) == {}


def test_the_path_of_config_json_stands_for_its_folder(checkpoint):
    assert shape_of_folder(str(checkpoint.folder / "config.json")) == shape_of_folder(checkpoint.folder)


def test_a_relative_path_is_recorded_as_an_absolute_one(checkpoint, monkeypatch):
    monkeypatch.chdir(checkpoint.folder)
    assert shape_of_folder(".").checkpoint == str(checkpoint.folder)
    assert shape_of_folder("config.json").name == "Tiny-Llama"
    assert shape_of_folder("../Tiny-Llama/../Tiny-Llama").checkpoint == str(checkpoint.folder)


def test_absent_fields_have_the_values_of_transformers_llama_config(checkpoint):
    shape = shape_of_folder(
        checkpoint.config(
            without=("num_key_value_heads", "max_position_embeddings", "rms_norm_eps", "rope_theta")
        )
    )
    assert (shape.num_key_value_heads, shape.head_dim, shape.max_position_embeddings) == (4, 4, 2048)
    assert (shape.rms_norm_eps, shape.rope_theta) == (1e-6, 10000.0)
    assert (shape.tie_word_embeddings, shape.attention_bias, shape.mlp_bias) == (False, False, False)


def test_null_head_dim_and_key_value_heads_mean_the_default(checkpoint):
    shape = shape_of_folder(checkpoint.config(head_dim=None, num_key_value_heads=None))
    assert (shape.head_dim, shape.num_key_value_heads) == (4, 4)


def test_a_head_dim_of_its_own_is_kept(checkpoint):
    assert shape_of_folder(checkpoint.config(head_dim=32)).head_dim == 32


def test_flags_are_read(checkpoint):
    shape = shape_of_folder(checkpoint.config(tie_word_embeddings=True, attention_bias=True, mlp_bias=True))
    assert (shape.tie_word_embeddings, shape.attention_bias, shape.mlp_bias) == (True, True, True)


@pytest.mark.parametrize(
    ("fields", "theta"),
    [
        ({"rope_parameters": {"rope_theta": 5e5, "rope_type": "default"}}, 5e5),
        ({"rope_parameters": {"rope_type": "default"}, "rope_theta": 7e5}, 7e5),
        ({"rope_parameters": None, "rope_theta": 7e5}, 7e5),
        ({"rope_scaling": {"type": "linear", "factor": 2.0}, "rope_theta": 500000}, 5e5),
        ({"rope_scaling": {"rope_theta": 3e5}, "rope_parameters": {"rope_theta": 5e5}}, 3e5),
    ],
)
def test_the_rotary_base_is_found_where_transformers_finds_it(checkpoint, fields, theta):
    assert shape_of_folder(checkpoint.config(**fields)).rope_theta == theta


def test_the_recorded_name_or_path_is_ignored(checkpoint):
    assert shape_of_folder(checkpoint.config(_name_or_path="/home/else/where")).name == "Tiny-Llama"


def test_a_missing_folder_is_named_and_nothing_is_downloaded(tmp_path):
    line = refusal(tmp_path / "meta-llama" / "Llama-2-7b")
    assert str(tmp_path / "meta-llama" / "Llama-2-7b") in line
    assert "nothing is downloaded" in line


def test_a_folder_without_config_json_is_named_and_nothing_is_downloaded(tmp_path):
    line = refusal(tmp_path)
    assert f"no config.json in {tmp_path}" in line
    assert "nothing is downloaded" in line


def test_another_file_than_config_json_is_refused(checkpoint):
    other = checkpoint.folder / "tokenizer.json"
    other.write_text("{}")
    assert "neither a folder nor a config.json" in refusal(other)


@pytest.mark.parametrize("path", ["a\0b", "x" * 5000, "\ud800"])
def test_a_path_that_cannot_exist_is_refused(path):
    refusal(path)


def test_a_fifo_named_config_json_is_refused_and_never_waited_on(tmp_path):
    os.mkfifo(tmp_path / "config.json")
    assert "not a regular file" in refusal(tmp_path)
    assert "not a regular file" in refusal(tmp_path / "config.json")


def test_a_folder_named_config_json_is_refused(tmp_path):
    (tmp_path / "config.json").mkdir()
    assert "not a regular file" in refusal(tmp_path)


def test_a_config_json_that_links_elsewhere_is_refused(checkpoint, tmp_path):
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "config.json").symlink_to(checkpoint.folder / "config.json")
    assert "leads out of" in refusal(linked)


def test_an_unreadable_config_json_is_refused(checkpoint, monkeypatch):
    def refused(*_: Any) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refused)  # root, who runs many a container, reads everything
    assert "config.json cannot be read (Permission denied)" in refusal(checkpoint.folder)


def test_a_config_json_of_more_than_a_megabyte_is_refused(checkpoint):
    padded = json.dumps({"architectures": ["LlamaForCausalLM"], "x": "a" * (1 << 20)}).encode()
    assert "more than 1048576" in refusal(checkpoint.raw_config(padded))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"7",
        b"{",
        b'\xef\xbb\xbf{"a": 1}',
        '{"a": 1}'.encode("utf-16"),
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": 1, "a": 2}',
        b'{"a": 1' + b"0" * 5000 + b"}",
        b'{"a":' * 100_000,
        b"[" * 100_000,
        b'{"\x1b]52;c;aGk=\x07": NaN, "a": 1, "a": 1}',
    ],
)
def test_what_is_not_one_strict_json_object_is_refused(checkpoint, data):
    assert re.match(
        r"config.json is (not strict JSON|not a JSON object|nested too deeply)",
        refusal(checkpoint.raw_config(data)),
    )


@pytest.mark.parametrize(
    "field",
    ["hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "vocab_size"],
)
def test_a_size_that_is_missing_is_named(checkpoint, field):
    assert f"{field} is missing" in refusal(checkpoint.config(without=(field,)))


@pytest.mark.parametrize(
    "field",
    [
        "hidden_size",
        "intermediate_size",
        "num_hidden_layers",
        "num_attention_heads",
        "num_key_value_heads",
        "head_dim",
        "vocab_size",
        "max_position_embeddings",
    ],
)
@pytest.mark.parametrize("value", [0, -1, 1.5, 16.0, True, "16", [16], {}, 1 << 25, 10**400])
def test_a_size_that_is_no_whole_number_in_range_is_named(checkpoint, field, value):
    assert f"config.json: {field} is" in refusal(checkpoint.config(**{field: value}))


@pytest.mark.parametrize("field", ["rms_norm_eps", "rope_theta"])
@pytest.mark.parametrize("value", [0, -1.0, True, "1e-5", None, [], 1e12, 10**400])
def test_a_number_out_of_place_is_named(checkpoint, field, value):
    assert f"config.json: {field} is" in refusal(checkpoint.config(**{field: value}))


@pytest.mark.parametrize("field", ["tie_word_embeddings", "attention_bias", "mlp_bias"])
@pytest.mark.parametrize("value", [0, 1, "true", None, []])
def test_a_flag_that_is_neither_true_nor_false_is_named(checkpoint, field, value):
    assert f"config.json: {field} is" in refusal(checkpoint.config(**{field: value}))


@pytest.mark.parametrize("field", ["rope_parameters", "rope_scaling"])
@pytest.mark.parametrize("value", [1, "x", [], True])
def test_rope_parameters_that_are_no_object_are_named(checkpoint, field, value):
    assert f"{field} is not an object" in refusal(checkpoint.config(**{field: value}))


def test_a_rotary_base_inside_rope_parameters_is_checked_too(checkpoint):
    assert "rope_theta is True" in refusal(checkpoint.config(rope_parameters={"rope_theta": True}))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"num_attention_heads": 3, "num_key_value_heads": 3}, "num_attention_heads"),
        ({"num_key_value_heads": 3}, "num_key_value_heads"),
        ({"num_key_value_heads": 8}, "num_key_value_heads"),
        ({"head_dim": 5}, "head_dim"),
    ],
)
def test_sizes_that_do_not_fit_each_other_are_named(checkpoint, fields, field):
    assert f"config.json: {field} is" in refusal(checkpoint.config(**fields))


@pytest.mark.parametrize(
    ("fields", "without"),
    [
        ({"architectures": ["MistralForCausalLM"], "model_type": "mistral"}, ()),
        ({"architectures": ["LlamaForCausalLM"], "model_type": "gemma"}, ()),
        ({"architectures": ["LlamaForSequenceClassification"]}, ()),
        ({"model_type": "qwen2"}, ("architectures",)),
        ({}, ("architectures", "model_type")),
    ],
)
def test_another_architecture_is_refused_and_the_supported_one_listed(checkpoint, fields, without):
    line = refusal(checkpoint.config(without=without, **fields))
    assert "supported is LlamaForCausalLM" in line


def test_a_model_type_of_llama_suffices_where_no_architecture_is_named(checkpoint):
    assert shape_of_folder(checkpoint.config(without=("architectures",))).hidden_size == 16
    assert shape_of_folder(checkpoint.config(architectures=None)).hidden_size == 16
    assert shape_of_folder(checkpoint.config(without=("model_type",))).hidden_size == 16


@pytest.mark.parametrize(
    ("field", "value"), [("architectures", "LlamaForCausalLM"), ("architectures", [1]), ("model_type", 1)]
)
def test_an_architecture_that_is_no_name_is_refused(checkpoint, field, value):
    assert field in refusal(checkpoint.config(**{field: value}))


@pytest.mark.parametrize(
    "field", ["quantization_config", "compression_config", "per_layer_config", "transformers_weights"]
)
def test_what_makes_a_llama_something_else_is_refused(checkpoint, field):
    line = refusal(checkpoint.config(**{field: {"quant_method": "gptq"}}))
    assert field in line
    assert "not supported" in line
    assert shape_of_folder(checkpoint.config(**{field: None})).hidden_size == 16


@pytest.mark.parametrize(
    "key",
    [
        "auto_map",
        "custom_pipelines",
        "trust_remote_code",
        "_attn_implementation",
        "_attn_implementation_internal",
        "attn_implementation",
        "_experts_implementation_internal",
    ],
)
@pytest.mark.parametrize("nested", [False, True])
def test_a_key_that_chooses_code_is_refused_with_the_reason(checkpoint, key, nested):
    fields: dict[str, Any] = {"text_config": [{key: "x"}]} if nested else {key: None}
    line = refusal(checkpoint.config(**fields))
    assert f"'{key}'" in line
    assert "never runs code" in line


def test_neither_code_of_the_folder_nor_a_pickle_in_it_runs(checkpoint, tmp_path):
    """FAULTS 54 and 55: both canaries would leave a marker."""
    marker = tmp_path / "ran"
    (checkpoint.folder / "modeling_canary.py").write_text(f"open({str(marker)!r}, 'w').close()\n")

    class Canary:
        def __reduce__(self) -> tuple[Any, ...]:
            return (open, (str(marker), "w"))

    (checkpoint.folder / "pytorch_model.bin").write_bytes(pickle.dumps(Canary()))
    checkpoint.config(auto_map={"AutoModelForCausalLM": "modeling_canary.Canary"})
    assert "auto_map" in refusal(checkpoint.folder)
    checkpoint.config(_attn_implementation_internal="someone/canary-kernel")
    assert "_attn_implementation_internal" in refusal(checkpoint.folder)
    checkpoint.config()
    assert "not safetensors" in refusal(checkpoint.folder)
    assert not marker.exists()
    pickle.loads((checkpoint.folder / "pytorch_model.bin").read_bytes()).close()
    assert marker.exists(), "the canary itself must be able to sing"


def test_the_flag_that_transformers_itself_wrote_is_no_code(checkpoint):
    assert shape_of_folder(checkpoint.config(_attn_implementation_autoset=True)).layers_total
    assert "_autoset" in refusal(checkpoint.config(_attn_implementation_autoset="someone/canary-kernel"))


def test_a_hostile_folder_name_leaves_nothing_for_a_terminal_to_obey(tmp_path, checkpoint):
    folder = tmp_path / "evil\x1b]52;c;aGk=\x07\u202e\u200b\x9b name"
    checkpoint.folder.rename(folder)
    shape = shape_of_folder(folder)
    assert shape.name == shape.title == "evil?]52;c;aGk=???? name"
    assert shape.checkpoint == str(folder)
    (folder / "config.json").write_text("{")
    refusal(folder)
    refusal(folder / "not\x1bthere")


def test_a_long_folder_name_is_cut_to_two_hundred_characters(tmp_path, checkpoint):
    folder = tmp_path / ("n" * 250)
    checkpoint.folder.rename(folder)
    assert len(shape_of_folder(folder).name) == 200


def test_a_folder_name_that_is_not_utf_8_is_refused(tmp_path, checkpoint):
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    checkpoint.folder.rename(folder)
    assert "UTF-8" in refusal(folder)


def test_hostile_strings_in_config_json_are_made_harmless(checkpoint):
    hostile = "\x1b[2J\u202e\ud800"
    refusal(checkpoint.config(architectures=[hostile]))
    refusal(checkpoint.config(hidden_size=hostile))
    refusal(checkpoint.config(**{"_attn_implementation" + hostile: 1}))
    refusal(checkpoint.raw_config(json.dumps({hostile: 1})[:-1].encode() + b', "' + b'a": 1, "a": 1}'))


def test_a_plan_beyond_a_checkpoints_positions_is_refused(checkpoint):
    shape = shape_of_folder(checkpoint.folder)
    fields: dict[str, Any] = {
        "model": shape, "dtype": "float32", "batch_sizes": (1,), "candidates": (1, 16),
        "stopping": {"target_ci": 0.05},
    }  # fmt: skip
    assert build_plan(seq_lens=(240,), **fields).seq_lens == (240,)
    with pytest.raises(Exception, match="beyond the 256 positions of Tiny-Llama") as caught:
        build_plan(seq_lens=(241,), **fields)
    assert caught.value.exit_code == 2


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    field=st.sampled_from(
        ["hidden_size", "num_attention_heads", "num_key_value_heads", "head_dim", "rope_theta",
         "rms_norm_eps", "rope_parameters", "rope_scaling", "architectures", "model_type", "mlp_bias"]
    ),
    value=_JSON,
)  # fmt: skip
def test_any_value_in_any_field_gives_a_shape_or_one_clear_line(checkpoint, field, value):
    folder = checkpoint.config(**{field: value})
    try:
        outcome = shape_of_folder(folder).name
    except EnvironmentProblem as problem:
        outcome = str(problem)
    assert outcome.isprintable()


def test_reading_a_checkpoint_imports_no_torch_and_asks_no_network(checkpoint):
    program = """
import sys
seen = []
sys.addaudithook(lambda event, _: event.startswith("socket.") and seen.append(event))
from specprof.plan.checkpoint import EnvironmentProblem, shape_of_folder
shape_of_folder(sys.argv[1])
try:
    shape_of_folder("meta-llama/Llama-2-7b-hf")
except EnvironmentProblem as problem:
    seen.append(problem.exit_code)
print(seen, [name for name in ("torch", "transformers", "numpy", "safetensors") if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(checkpoint.folder)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[3] []"
