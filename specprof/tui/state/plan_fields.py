"""The fields of the plan: what they are called, how they are filled in, what stands there by default."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from specprof.plan.asked import Asked
from specprof.plan.defaults import defaults_for
from specprof.plan.model import ModelShape
from specprof.plan.modes import Attention, Dtype, Execution, Quantization, Workload
from specprof.plan.presets import PRESETS

Kind = Literal["choice", "numbers", "text"]

UNKNOWN = "…"
"""Stands for a default that depends on the device, until that is known."""

_LIST = frozenset(string.digits + ",:.- ")
_DECIMAL = frozenset(string.digits + ".-")


@dataclass(frozen=True)
class Field:
    """One option of a run. `name` is that of `Asked`."""

    name: str
    label: str
    kind: Kind
    about: str
    """What it is, in a few words."""
    characters: frozenset[str] = frozenset()
    """What it takes; every other key passes by. A text takes every printable character."""
    choices: tuple[str, ...] = ()
    most: int = 400
    """Characters that it holds."""


MODEL = Field("model", "model", "text", "a preset or a local folder", choices=tuple(PRESETS), most=4096)
DEVICE = Field("device", "device", "choice", "where it is measured")
LAYERS = Field("layers", "layers", "numbers", "2, or all", _LIST | frozenset("al"), most=20)
DTYPE = Field("dtype", "dtype", "choice", "of weights and cache", choices=get_args(Dtype))
QUANTIZE = Field(
    "quantize",
    "quantize",
    "choice",
    "the layers' projections",
    choices=("none", *get_args(Quantization)),
)
BATCH = Field("batch_size", "batch sizes", "numbers", "sequences: 1,4 or 1:16:5", _LIST)
SEQ_LEN = Field("seq_len", "seq_len", "numbers", "prefix tokens: 128,2048", _LIST)
CANDIDATES = Field("candidates", "candidates", "numbers", "K tokens a step: 1,16:112:16", _LIST)
ATTENTION = Field(
    "attention",
    "attention",
    "choice",
    "how attention is computed",
    choices=(*get_args(Attention), "split,sdpa"),
)
EXECUTION = Field("execution", "execution", "choice", "how kernels are launched", choices=get_args(Execution))
WORKLOAD = Field("workload", "workload", "choice", "what is measured", choices=get_args(Workload))
BREAKDOWN = Field("breakdown", "breakdown", "choice", "profile each cell once", choices=("no", "yes"))
TARGET = Field("target_ci_pct", "target ± %", "numbers", "interval, ± % of the median", _DECIMAL, most=20)
BUDGET = Field("budget_s", "budget s", "numbers", "seconds for all measuring", _DECIMAL, most=20)
SEED = Field(
    "seed", "seed", "numbers", "of weights, tokens and order", frozenset(string.digits + ".-"), most=20
)

GROUPS: tuple[tuple[Field, ...], ...] = (
    (DEVICE, MODEL, LAYERS, DTYPE, QUANTIZE),
    (BATCH, SEQ_LEN, CANDIDATES),
    (ATTENTION, EXECUTION, WORKLOAD, BREAKDOWN),
    (TARGET, BUDGET, SEED),
)
FIELDS: tuple[Field, ...] = tuple(field for group in GROUPS for field in group)

_CHOICES = {
    "float32": "4 bytes a number",
    "bfloat16": "2 bytes, float32's range",
    "float16": "2 bytes a number",
    ("attention", "sdpa"): "one fused kernel, masked",
    ("attention", "eager"): "scores written out",
    ("attention", "split"): "prefix and candidates apart",
    ("attention", "flex"): "compiled with its mask",
    ("attention", "split,sdpa"): "both, in the same rounds",
    ("execution", "eager"): "kernel by kernel",
    ("execution", "graph"): "CUDA-graph replay",
    ("execution", "compile"): "kernels fused by torch.compile",
    ("execution", "auto"): "the fastest that verifies",
    ("quantize", "none"): "all weights as dtype says",
    ("quantize", "int8"): "a byte a weight",
    ("quantize", "int4"): "half a byte a weight",
    ("quantize", "fp8"): "float8 weights and products",
    ("breakdown", "no"): "times only",
    ("breakdown", "yes"): "each cell profiled once",
    ("workload", "full"): "the whole model",
    ("workload", "paper-block"): "the published method's block",
}


def about(field: Field, value: str, shape: ModelShape | None = None) -> str:
    """What stands beside a field that holds `value`, in a plan of the model `shape`."""
    if field is MODEL and (shape := shape or PRESETS.get(value)) is not None:
        return f"{shape.layers_total} layers, {_weights(shape.parameters())} weights"
    if field is LAYERS and shape is not None:
        return f"of {shape.layers_total}" + ("" if shape.full_depth else ", the rest is estimated")
    return _CHOICES.get((field.name, value)) or _CHOICES.get(value) or field.about


def _weights(count: int) -> str:
    """`6.7 B`, `0.2 M`."""
    return f"{count / 1e9:.1f} B" if count >= 1e8 else f"{count / 1e6:.1f} M"


def default_text(field: Field, device: str | None, shape: ModelShape | None = None) -> str:
    """What an empty field stands for on a device; UNKNOWN where only the device will tell."""
    if device is not None:
        return _default_on(field, device, shape)
    found = {_default_on(field, "cpu", shape), _default_on(field, "cuda", shape)}
    return found.pop() if len(found) == 1 else UNKNOWN


def _default_on(field: Field, device: str, shape: ModelShape | None) -> str:
    defaults = defaults_for(device)
    match field.name:
        case "device":
            return device
        case "model":
            return "llama-7b"
        case "layers":
            count = defaults["layers"]
            return "all" if count is None or (shape and count >= shape.layers_total) else str(count)
        case "batch_size" | "seq_len":
            return ",".join(map(str, defaults[field.name + "s"]))
        case "candidates":
            return ",".join(map(str, defaults["candidates"]))
        case "target_ci_pct":
            return f"{100 * defaults['target_ci']:g}"
        case "budget_s":
            return "none" if defaults["budget_s"] is None else f"{defaults['budget_s']:g}"
        case "attention":
            return "sdpa"
        case "workload":
            return "full"
        case "quantize":
            return "none"
        case "breakdown":
            return "no"
        case "seed":
            return "0"
        case name:
            return str(defaults[name])


def texts_of(asked: Asked) -> dict[str, str]:
    """The fields' texts for what was asked; empty where nothing was."""
    return {field.name: _text(getattr(asked, field.name)) for field in fields(asked)}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def given(texts: Mapping[str, str]) -> dict[str, str]:
    """The texts of the fields that are not empty, without the spaces around them."""
    return {name: text.strip() for name, text in texts.items() if text.strip()}
