"""The target model: transformers' own LlamaForCausalLM, built without ever initialising it on the CPU."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaForCausalLM, LlamaRotaryEmbedding

from specprof.errors import EnvironmentProblem
from specprof.measure import split_attention
from specprof.measure.random_data import fill_random
from specprof.plan.checkpoint import weight_files
from specprof.plan.model import ModelShape

WEIGHT_SCALE = 0.02
"""Standard deviation of random weights, as Llama's config initialises them: activations stay finite."""


def build_llama(
    shape: ModelShape, *, attention: str, dtype: torch.dtype, device: torch.device, seed: int = 0
) -> LlamaForCausalLM:
    """A model of `shape.layers_measured` layers with random weights, or the checkpoint's where it has any."""
    config = LlamaConfig(
        hidden_size=shape.hidden_size,
        intermediate_size=shape.intermediate_size,
        num_hidden_layers=shape.layers_measured,
        num_attention_heads=shape.num_attention_heads,
        num_key_value_heads=shape.num_key_value_heads,
        head_dim=shape.head_dim,
        vocab_size=shape.vocab_size,
        max_position_embeddings=shape.max_position_embeddings,
        rms_norm_eps=shape.rms_norm_eps,
        rope_parameters={"rope_type": "default", "rope_theta": shape.rope_theta},
        tie_word_embeddings=shape.tie_word_embeddings,
        attention_bias=shape.attention_bias,
        mlp_bias=shape.mlp_bias,
        pad_token_id=None,
        bos_token_id=None,
        eos_token_id=None,
    )
    if attention == "split":
        split_attention.register()
    config._attn_implementation = split_attention.NAME if attention == "split" else attention
    with torch.device("meta"):
        model = LlamaForCausalLM(config)
    model = model.to(dtype).to_empty(device=device)
    # to_empty leaves buffers uninitialised, the rotary frequencies among them
    model.model.rotary_emb = LlamaRotaryEmbedding(config=config).to(device)
    if shape.tie_word_embeddings:
        model.tie_weights()
    model.requires_grad_(False)
    model.eval()
    if shape.has_weights and shape.checkpoint is not None:
        load_weights(model, Path(shape.checkpoint))
    else:
        fill_weights(model, torch.Generator(device).manual_seed(seed))
    return model


def fill_weights(model: LlamaForCausalLM, generator: torch.Generator) -> None:
    """Random projections and embeddings; norms are ones, biases small."""
    for name, parameter in model.named_parameters():
        if name.endswith("norm.weight"):
            parameter.fill_(1.0)
        else:
            fill_random(parameter.data, generator, WEIGHT_SCALE)


def load_weights(model: LlamaForCausalLM, folder: Path) -> None:
    """Copies the checkpoint's safetensors into the model, as many layers as it has.

    `specprof.plan.checkpoint` has checked the files' headers, names and shapes before; a folder that
    has changed since raises EnvironmentProblem.
    """
    from safetensors import safe_open

    wanted = dict(model.named_parameters())
    missing = set(wanted)
    for file, names in weight_files(folder).items():
        with safe_open(folder / file, framework="pt", device="cpu") as tensors:
            for name in names:
                if name not in wanted:
                    continue
                tensor = tensors.get_tensor(name)
                if tensor.shape != wanted[name].shape:
                    raise _changed(folder, name)
                wanted[name].copy_(tensor)
                missing.discard(name)
    if missing:
        raise _changed(folder, min(missing))


def _changed(folder: Path, name: str) -> EnvironmentProblem:
    return EnvironmentProblem(
        f"{folder} has changed since it was checked: {name} is not as it was", "run again on a folder at rest"
    )
