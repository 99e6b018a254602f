"""The target model: transformers' own LlamaForCausalLM, built without ever initialising it on the CPU."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import torch
from transformers import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaForCausalLM, LlamaRotaryEmbedding

from specprof.errors import EnvironmentProblem
from specprof.measure.attention.choice import implementation
from specprof.measure.quantized import quantize_layers
from specprof.measure.random_data import fill_random
from specprof.plan.checkpoint import weight_files
from specprof.plan.model import ModelShape
from specprof.plan.modes import Quantization

WEIGHT_SCALE = 0.02
"""Standard deviation of random weights, as Llama's config initialises them: activations stay finite."""

_LAYERS = "model.layers."


def build_llama(
    shape: ModelShape,
    *,
    attention: str,
    dtype: torch.dtype,
    device: torch.device,
    seed: int = 0,
    quantization: Quantization | None = None,
) -> LlamaForCausalLM:
    """A model of `shape.layers_measured` layers with random weights, or the checkpoint's where it has any.

    Embedding, layers, norm and head come onto the device one after the other, and each layer is quantised
    before the next: of a quantised model no more than one layer lies there in `dtype`. Raises
    EnvironmentProblem where torchao is missing or refuses, or where a checkpoint has changed.
    """
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
    config._attn_implementation = implementation(attention)
    with torch.device("meta"):
        model = LlamaForCausalLM(config)
    model = model.to(dtype)
    model.requires_grad_(False)
    model.eval()
    # on the meta device its frequencies are nothing
    model.model.rotary_emb = LlamaRotaryEmbedding(config=config).to(device)
    if shape.has_weights and shape.checkpoint is not None:
        weights: Weights = CheckpointWeights(Path(shape.checkpoint))
    else:
        weights = RandomWeights(torch.Generator(device).manual_seed(seed))
    for name, part in _parts(model):
        if shape.tie_word_embeddings and part is model.lm_head:
            model.tie_weights()
            continue
        part.to_empty(device=device)
        weights.fill(name, part)
        if quantization is not None and name.startswith(_LAYERS):
            quantize_layers(part, quantization, device)
    return model


def _parts(model: LlamaForCausalLM) -> list[tuple[str, torch.nn.Module]]:
    """All that has weights, by its name in a checkpoint, in the order of a forward."""
    inner = model.model
    layers = [(f"{_LAYERS}{index}", layer) for index, layer in enumerate(inner.layers)]
    return [
        ("model.embed_tokens", inner.embed_tokens),
        *layers,
        ("model.norm", inner.norm),
        ("lm_head", model.lm_head),
    ]


class Weights(Protocol):
    """Where a model's weights come from."""

    def fill(self, name: str, part: torch.nn.Module) -> None:
        """Writes the weights of a part that is called `name` in a checkpoint."""


class RandomWeights:
    """Random projections and embeddings; norms are ones, biases small."""

    def __init__(self, generator: torch.Generator) -> None:
        self._generator = generator

    def fill(self, name: str, part: torch.nn.Module) -> None:
        for own, parameter in part.named_parameters(prefix=name):
            if own.endswith("norm.weight"):
                parameter.fill_(1.0)
            else:
                fill_random(parameter.data, self._generator, WEIGHT_SCALE)


class CheckpointWeights:
    """A checkpoint's safetensors, as many layers as are asked for.

    `specprof.plan.checkpoint` has checked the files' headers, names and shapes before; a folder that
    has changed since raises EnvironmentProblem.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = {name: file for file, names in weight_files(folder).items() for name in names}

    def fill(self, name: str, part: torch.nn.Module) -> None:
        from safetensors import safe_open

        wanted: dict[str, dict[str, torch.Tensor]] = {}
        for own, parameter in part.named_parameters(prefix=name):
            if own not in self._files:
                raise _changed(self._folder, own)
            wanted.setdefault(self._files[own], {})[own] = parameter
        for file, parameters in wanted.items():
            with safe_open(self._folder / file, framework="pt", device="cpu") as tensors:
                for own, parameter in parameters.items():
                    tensor = tensors.get_tensor(own)
                    if tensor.shape != parameter.shape:
                        raise _changed(self._folder, own)
                    parameter.copy_(tensor)


def _changed(folder: Path, name: str) -> EnvironmentProblem:
    return EnvironmentProblem(
        f"{folder} has changed since it was checked: {name} is not as it was", "run again on a folder at rest"
    )
