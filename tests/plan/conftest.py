"""A tiny Llama checkpoint, written by hand: the tests need neither torch nor safetensors."""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path
from typing import Any

import pytest

BYTES = {"F32": 4, "BF16": 2, "I8": 1}

TINY = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 32,
    "max_position_embeddings": 256,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
}

LAYER = {
    "self_attn.q_proj.weight": [16, 16],
    "self_attn.k_proj.weight": [8, 16],
    "self_attn.v_proj.weight": [8, 16],
    "self_attn.o_proj.weight": [16, 16],
    "mlp.gate_proj.weight": [24, 16],
    "mlp.up_proj.weight": [24, 16],
    "mlp.down_proj.weight": [16, 24],
    "input_layernorm.weight": [16],
    "post_attention_layernorm.weight": [16],
}


class Checkpoint:
    """A folder under test. `tensors` maps names to shapes; every writer overwrites."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.tensors: dict[str, list[int]] = {
            "model.embed_tokens.weight": [32, 16],
            **{f"model.layers.{layer}.{name}": shape for layer in (0, 1) for name, shape in LAYER.items()},
            "model.norm.weight": [16],
            "lm_head.weight": [32, 16],
        }

    def config(self, without: tuple[str, ...] = (), **changes: Any) -> Path:
        fields = {key: value for key, value in {**TINY, **changes}.items() if key not in without}
        return self.raw_config(json.dumps(fields).encode())

    def raw_config(self, data: bytes) -> Path:
        (self.folder / "config.json").write_bytes(data)
        return self.folder

    def shard(self, name: str, tensors: dict[str, list[int]], dtype: str = "BF16") -> Path:
        """Writes a valid safetensors file of zeros."""
        header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
        end = 0
        for tensor, shape in tensors.items():
            start, end = end, end + math.prod(shape) * BYTES[dtype]
            header[tensor] = {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}
        return self.raw_shard(name, header, bytes(end))

    def raw_shard(self, name: str, header: Any, data: bytes = b"") -> Path:
        text = header if isinstance(header, bytes) else json.dumps(header).encode()
        path = self.folder / name
        path.write_bytes(struct.pack("<Q", len(text)) + text + data)
        return path

    def single(self, dtype: str = "BF16") -> Path:
        return self.shard("model.safetensors", self.tensors, dtype)

    def sharded(self) -> dict[str, str]:
        """Two shards, layer 0 in the first, and their index; returns the weight map."""
        halves: dict[str, dict[str, list[int]]] = {"model-1.safetensors": {}, "model-2.safetensors": {}}
        for tensor, shape in self.tensors.items():
            number = 1 if "embed" in tensor or "layers.0" in tensor else 2
            halves[f"model-{number}.safetensors"][tensor] = shape
        for name, tensors in halves.items():
            self.shard(name, tensors)
        weight_map = {tensor: name for name, tensors in halves.items() for tensor in tensors}
        self.index(weight_map)
        return weight_map

    def index(self, weight_map: Any) -> None:
        document = {"metadata": {"total_size": 1}, "weight_map": weight_map}
        (self.folder / "model.safetensors.index.json").write_text(json.dumps(document))


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    """A tiny checkpoint's folder with a config.json and no weights."""
    made = Checkpoint(tmp_path / "Tiny-Llama")
    made.config()
    return made
