"""Tiny checkpoints with weights that decode to something, written without torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

HIDDEN, INNER, VOCAB, LAYERS = 32, 48, 64, 2
CONFIG: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": HIDDEN,
    "intermediate_size": INNER,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": VOCAB,
    "max_position_embeddings": 256,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
}
LLAMA3_ROPE = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}


def write_checkpoint(folder: Path, *, noise: float = 0.0, vocab: int = VOCAB, **changes: Any) -> Path:
    """A checkpoint whose weights are always the same, with noise of this share of their deviation."""
    folder.mkdir(parents=True, exist_ok=True)
    own, others = np.random.default_rng(1), np.random.default_rng(2)

    def drawn(*shape: int) -> np.ndarray:
        values = own.standard_normal(shape) + noise * others.standard_normal(shape)
        return (0.3 * values).astype(np.float32)

    ones = np.ones(HIDDEN, np.float32)
    weights = {
        "model.embed_tokens.weight": 3 * drawn(vocab, HIDDEN),
        "model.norm.weight": ones.copy(),
        "lm_head.weight": drawn(vocab, HIDDEN),
    }
    sizes = {
        "self_attn.q_proj": (HIDDEN, HIDDEN),
        "self_attn.k_proj": (HIDDEN // 2, HIDDEN),
        "self_attn.v_proj": (HIDDEN // 2, HIDDEN),
        "self_attn.o_proj": (HIDDEN, HIDDEN),
        "mlp.gate_proj": (INNER, HIDDEN),
        "mlp.up_proj": (INNER, HIDDEN),
        "mlp.down_proj": (HIDDEN, INNER),
    }
    for layer in range(LAYERS):
        for name, size in sizes.items():
            weights[f"model.layers.{layer}.{name}.weight"] = drawn(*size)
        for name in ("input_layernorm", "post_attention_layernorm"):
            weights[f"model.layers.{layer}.{name}.weight"] = ones.copy()
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps({**CONFIG, "vocab_size": vocab, **changes}))
    return folder


def write_tokenizer(folder: Path) -> None:
    """Words w0 … w61 are tokens 2 … 63; a text begins with <s>, token 1."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    words = {"<unk>": 0, "<s>": 1, **{f"w{number}": number + 2 for number in range(VOCAB - 2)}}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    tokenizer.enable_truncation(2)  # a setting for training: prompts are not cut
    tokenizer.save(str(folder / "tokenizer.json"))


def write_prompts(path: Path, count: int = 8) -> Path:
    """JSON lines of token prompts of different lengths."""
    lines = [{"tokens": [3 + number, *range(5, 6 + 3 * number)]} for number in range(count)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path
