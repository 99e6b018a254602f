"""A local Hugging Face folder as a model shape: config.json, and safetensors weights where they lie.

Nothing is downloaded, no code of the folder runs, and no tensor is read: only JSON and the headers
of the weight files. What passes here may be handed to transformers.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from specprof.errors import EnvironmentProblem
from specprof.plan.checkpoint_config import shape_from_config
from specprof.plan.checkpoint_files import contained_file, printable, read_json, shown
from specprof.plan.model import ModelShape
from specprof.plan.safetensors_header import Tensor, read_header

CONFIG_NAME = "config.json"
SINGLE_NAME = "model.safetensors"
INDEX_NAME = "model.safetensors.index.json"

_CONFIG_LIMIT_BYTES = 1 << 20
_INDEX_LIMIT_BYTES = 32 << 20
_OTHER_WEIGHTS = (".bin", ".pt", ".pth", ".ckpt", ".h5", ".msgpack", ".gguf")
_TRAINING_STATE = ("training_args", "optimizer", "scheduler", "scaler", "rng_state", "random_states")
_FLOATS = frozenset({"F16", "BF16", "F32", "F64"})


def shape_of_folder(path: str | os.PathLike[str]) -> ModelShape:
    """The shape of the Llama model in a local folder (or the folder of the config.json named).

    `has_weights` is True where complete safetensors weights that agree with the config lie there; a
    folder with a config alone is measured with random weights. Raises EnvironmentProblem.
    """
    folder = _folder(path)
    config = _config(folder)
    name = printable(folder.name, 199) or "checkpoint"
    shape = shape_from_config(config, str(folder), name)
    shards = _shards(folder)
    if not shards:
        return shape
    _check_weights(shape, shards)
    return shape.model_copy(update={"has_weights": True})


def weight_files(folder: str | os.PathLike[str]) -> dict[str, list[str]]:
    """The tensors that each weight file of a checkpoint folder holds, by file name.

    The files are plain names in `folder`, whole, and hold what the index says; empty where the folder
    has no weights. Raises EnvironmentProblem, also for weights that are not safetensors.
    """
    return {name: list(tensors) for name, tensors in _shards(Path(folder)).items()}


def _folder(path: str | os.PathLike[str]) -> Path:
    given = Path(path).absolute()
    try:
        is_folder = stat.S_ISDIR(given.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        raise EnvironmentProblem(
            f"there is no checkpoint at {shown(given)}",
            "name a local folder with a config.json; nothing is downloaded",
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise EnvironmentProblem(f"{shown(given)} cannot be read ({reason})", "check the path") from None
    if not is_folder and given.name != CONFIG_NAME:
        raise EnvironmentProblem(
            f"{shown(given)} is neither a folder nor a config.json", "name the checkpoint's folder"
        )
    folder = given if is_folder else given.parent
    if ".." in folder.parts:
        folder = Path(os.path.realpath(folder))
    try:
        encoded = str(folder).encode("utf-8")
    except UnicodeEncodeError:
        encoded = None
    if encoded is None or len(encoded) > 4096:
        raise EnvironmentProblem(
            f"the path {shown(folder)} is not UTF-8 of at most 4096 bytes", "rename or move the folder"
        )
    return folder


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise EnvironmentProblem(f"{shown(folder)} cannot be read ({reason})", "check the path") from None


def _config(folder: Path) -> dict[str, Any]:
    if CONFIG_NAME not in _names(folder):
        raise EnvironmentProblem(
            f"there is no config.json in {shown(folder)}",
            "name the folder of a Hugging Face checkpoint; nothing is downloaded",
        )
    return read_json(folder, CONFIG_NAME, _CONFIG_LIMIT_BYTES)


def _shards(folder: Path) -> dict[str, dict[str, Tensor]]:
    """The tensors of each weight file. Of two forms the single file counts, as in transformers."""
    names = _names(folder)
    if SINGLE_NAME in names:
        return {SINGLE_NAME: read_header(contained_file(folder, SINGLE_NAME), SINGLE_NAME)}
    if INDEX_NAME in names:
        return _indexed_shards(folder)
    stray = [name for name in names if name.endswith(".safetensors")]
    if stray:
        raise EnvironmentProblem(
            f"{printable(stray[0])} lies in {shown(folder)} without {SINGLE_NAME} or {INDEX_NAME}",
            "complete the checkpoint; nothing is downloaded",
        )
    other = [name for name in names if name.endswith(_OTHER_WEIGHTS) and not name.startswith(_TRAINING_STATE)]
    if other:
        raise EnvironmentProblem(
            f"{printable(other[0])} is not safetensors, and loading such files can run code",
            "convert the weights with save_pretrained() in an environment you trust, "
            "or name a folder with config.json alone to measure random weights",
        )
    return {}


def _indexed_shards(folder: Path) -> dict[str, dict[str, Tensor]]:
    weight_map = read_json(folder, INDEX_NAME, _INDEX_LIMIT_BYTES).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise EnvironmentProblem(f"{INDEX_NAME} has no weight_map", "restore the file from its source")
    listed: dict[str, list[str]] = {}
    for tensor, shard in weight_map.items():
        if not _is_plain_name(shard):
            raise EnvironmentProblem(
                f"{INDEX_NAME} puts {printable(tensor)} in {printable(repr(shard)[:200])}, "
                "not a .safetensors file of the folder",
                "use an index whose shards lie beside it",
            )
        listed.setdefault(shard, []).append(tensor)
    shards = {}
    for shard, tensors in sorted(listed.items()):
        header = read_header(contained_file(folder, shard), shard)
        for tensor in tensors:
            if tensor not in header:
                raise EnvironmentProblem(
                    f"{INDEX_NAME} puts {printable(tensor)} in {printable(shard)}, which does not hold it",
                    "take index and shards from the same source",
                )
        shards[shard] = {tensor: header[tensor] for tensor in tensors}
    return shards


def _is_plain_name(shard: object) -> bool:
    return (
        isinstance(shard, str)
        and shard.endswith(".safetensors")
        and shard.isprintable()
        and len(shard) <= 255
        and not any(mark in shard for mark in ("/", "\\", ".."))
    )


def _check_weights(shape: ModelShape, shards: dict[str, dict[str, Tensor]]) -> None:
    """Compares every tensor that the config calls for with what the files hold."""
    held = {tensor: (shard, entry) for shard, entries in shards.items() for tensor, entry in entries.items()}
    for tensor, expected in _expected_tensors(shape):
        if tensor not in held:
            if tensor == "lm_head.weight" and shape.tie_word_embeddings:
                continue
            raise EnvironmentProblem(
                f"the weights lack {tensor}, which config.json calls for as {list(expected)}",
                "take config.json and weights from the same checkpoint",
            )
        shard, entry = held[tensor]
        if entry.shape != expected:
            raise EnvironmentProblem(
                f"{tensor} is {list(entry.shape)} in {printable(shard)}, but {list(expected)} in config.json",
                "take config.json and weights from the same checkpoint",
            )
        if entry.dtype not in _FLOATS:
            raise EnvironmentProblem(
                f"{tensor} is stored as {entry.dtype}: quantized weights are not supported",
                "use the checkpoint in 16 or 32 bits",
            )


def _expected_tensors(shape: ModelShape) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Names and shapes of a LlamaForCausalLM's weights, as transformers stores them: [out, in].

    A generator, so that a config of millions of layers ends at the first one that is not there.
    """
    hidden, inner = shape.hidden_size, shape.intermediate_size
    queries = shape.num_attention_heads * shape.head_dim
    keys = shape.num_key_value_heads * shape.head_dim
    linear = {
        "self_attn.q_proj": (queries, hidden, shape.attention_bias),
        "self_attn.k_proj": (keys, hidden, shape.attention_bias),
        "self_attn.v_proj": (keys, hidden, shape.attention_bias),
        "self_attn.o_proj": (hidden, queries, shape.attention_bias),
        "mlp.gate_proj": (inner, hidden, shape.mlp_bias),
        "mlp.up_proj": (inner, hidden, shape.mlp_bias),
        "mlp.down_proj": (hidden, inner, shape.mlp_bias),
    }
    yield "model.embed_tokens.weight", (shape.vocab_size, hidden)
    for layer in range(shape.layers_total):
        prefix = f"model.layers.{layer}"
        for name, (outputs, inputs, bias) in linear.items():
            yield f"{prefix}.{name}.weight", (outputs, inputs)
            if bias:
                yield f"{prefix}.{name}.bias", (outputs,)
        yield f"{prefix}.input_layernorm.weight", (hidden,)
        yield f"{prefix}.post_attention_layernorm.weight", (hidden,)
    yield "model.norm.weight", (hidden,)
    yield "lm_head.weight", (shape.vocab_size, hidden)
