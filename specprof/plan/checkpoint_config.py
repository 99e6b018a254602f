"""Reading a checkpoint's config.json into a model shape: every field checked, none obeyed as code."""

from __future__ import annotations

from typing import Any

from specprof.errors import EnvironmentProblem
from specprof.plan.checkpoint_files import printable
from specprof.plan.model import ModelShape

SUPPORTED = "LlamaForCausalLM (model_type 'llama')"

_LARGEST_SIZE = 1 << 24
_CODE_KEYS = frozenset({"auto_map", "custom_pipelines", "trust_remote_code"})
_CODE_PREFIXES = (
    "_attn_implementation",
    "attn_implementation",
    "_experts_implementation",
    "experts_implementation",
)
_HARMLESS_FLAG = "_attn_implementation_autoset"
"""Written into configs by transformers 4.46 to 4.50: says only that nobody chose an implementation."""
_UNSUPPORTED = {
    "quantization_config": "quantized weights are not supported",
    "compression_config": "quantized weights are not supported",
    "per_layer_config": "layers that differ in shape are not supported",
    "transformers_weights": "weights under another name than model.safetensors are not supported",
}


def shape_from_config(config: dict[str, Any], folder: str, name: str) -> ModelShape:
    """The shape that a parsed config.json describes, at full depth and without weights.

    Where a field is absent it has the value that transformers' LlamaConfig gives it. Raises
    EnvironmentProblem naming the field, and for anything but a plain Llama model.
    """
    _refuse_code(config)
    _refuse_other_models(config)
    layers = _count(config, "num_hidden_layers")
    hidden = _count(config, "hidden_size")
    heads = _count(config, "num_attention_heads")
    kv_heads = _count(config, "num_key_value_heads", heads)
    if hidden % heads:
        raise _problem("num_attention_heads", f"is {heads}, which does not divide hidden_size {hidden}")
    if heads % kv_heads:
        raise _problem("num_key_value_heads", f"is {kv_heads}, which does not divide {heads} attention heads")
    head_dim = _count(config, "head_dim", hidden // heads)
    if head_dim % 2:
        raise _problem("head_dim", f"is {head_dim}, but rotary positions need an even size")
    return ModelShape(
        name=name,
        title=name,
        hidden_size=hidden,
        intermediate_size=_count(config, "intermediate_size"),
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        head_dim=head_dim,
        vocab_size=_count(config, "vocab_size"),
        layers_measured=layers,
        layers_total=layers,
        max_position_embeddings=_count(config, "max_position_embeddings", 2048),
        positions_enforced=True,
        rms_norm_eps=_positive(config, "rms_norm_eps", 1e-6, below=1.0),
        rope_theta=_rope_theta(config),
        tie_word_embeddings=_flag(config, "tie_word_embeddings"),
        attention_bias=_flag(config, "attention_bias"),
        mlp_bias=_flag(config, "mlp_bias"),
        checkpoint=folder,
    )


def _refuse_code(config: dict[str, Any]) -> None:
    """Refuses the keys by which a config makes transformers import or fetch code, at any depth.

    `auto_map` names modules of the folder; an attention implementation may name a kernel to be
    fetched and run, even through the private fields (CVE-2026-4372, transformers below 5.3).
    """
    pending: list[Any] = [config]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, dict):
            for key, held in value.items():
                if key == _HARMLESS_FLAG and isinstance(held, bool):
                    continue
                if key in _CODE_KEYS or key.startswith(_CODE_PREFIXES):
                    raise EnvironmentProblem(
                        f"config.json has '{printable(key)}', by which a checkpoint chooses code to run; "
                        "specprof never runs code that a checkpoint names",
                        "remove the key if the model is a plain Llama",
                    )
            pending.extend(value.values())


def _refuse_other_models(config: dict[str, Any]) -> None:
    named = config.get("architectures")
    if named is not None and not (isinstance(named, list) and all(isinstance(one, str) for one in named)):
        raise _problem("architectures", "is not a list of names")
    model_type = config.get("model_type")
    if model_type is not None and not isinstance(model_type, str):
        raise _problem("model_type", "is not a name")
    # where both are given they must agree: transformers goes by model_type, others by architecture
    by_name = "LlamaForCausalLM" in named if named else model_type == "llama"
    if not by_name or model_type not in (None, "llama"):
        found = (
            f"architecture {', '.join(named) if named else 'unnamed'}, model_type {model_type or 'unnamed'}"
        )
        raise EnvironmentProblem(f"config.json says {printable(found)}", f"supported is {SUPPORTED}")
    for key, reason in _UNSUPPORTED.items():
        if config.get(key) is not None:
            raise EnvironmentProblem(
                f"config.json has '{key}': {reason}",
                f"supported is {SUPPORTED} in 16 or 32 bits, as safetensors",
            )


def _problem(field: str, found: str) -> EnvironmentProblem:
    return EnvironmentProblem(
        f"config.json: {field} {found}", "correct config.json or use another checkpoint"
    )


def _show(value: Any) -> str:
    return printable(repr(value)[:200], 40)


def _count(config: dict[str, Any], field: str, default: int | None = None) -> int:
    value = config.get(field)
    nullable = field in ("head_dim", "num_key_value_heads")
    if value is None and (nullable or field not in config):
        if default is None:
            raise _problem(field, "is missing")
        value = default
    if type(value) is not int:
        raise _problem(field, f"is {_show(value)}, not a whole number")
    if not 1 <= value <= _LARGEST_SIZE:
        raise _problem(field, f"is {_show(value)}, outside 1 to {_LARGEST_SIZE}")
    return value


def _positive(config: dict[str, Any], field: str, default: float, below: float) -> float:
    value = config.get(field, default)
    if type(value) not in (int, float):
        raise _problem(field, f"is {_show(value)}, not a number")
    if not 0 < value < below:
        raise _problem(field, f"is {_show(value)}, not between 0 and {below:g}")
    return float(value)


def _flag(config: dict[str, Any], field: str) -> bool:
    value = config.get(field, False)
    if not isinstance(value, bool):
        raise _problem(field, f"is {_show(value)}, not true or false")
    return value


def _rope_theta(config: dict[str, Any]) -> float:
    """The rotary base: transformers 5 keeps it in `rope_parameters`, older configs beside it."""
    for field in ("rope_scaling", "rope_parameters"):
        nested = config.get(field)
        if nested is not None and not isinstance(nested, dict):
            raise _problem(field, "is not an object")
    # transformers lets a non-empty rope_scaling stand in for rope_parameters
    nested = config.get("rope_scaling") or config.get("rope_parameters") or {}
    return _positive(nested if "rope_theta" in nested else config, "rope_theta", 10000.0, below=1e12)
