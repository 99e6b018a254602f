"""How a step is executed: number types, attentions, execution modes, and which of them go together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Dtype = Literal["float32", "bfloat16", "float16"]
Attention = Literal["sdpa", "eager", "split", "flex"]
Execution = Literal["eager", "graph", "compile", "auto"]
Quantization = Literal["int8", "int4", "fp8"]
"""`int8` and `int4` store the layers' projections so and compute in the plan's number type; `fp8` computes
their products in float8 as well, with activations quantised as they come."""
Workload = Literal["full", "paper-block"]

MAX_ATTENTIONS = 2


def check_modes(
    *,
    attentions: Sequence[Attention],
    execution: Execution,
    quantization: Quantization | None,
    dtype: Dtype,
    workload: Workload,
    on_cuda: bool,
) -> None:
    """Raises ValueError, in words, for what does not go together."""
    if len(set(attentions)) != len(attentions):
        raise ValueError("attention: the one beside must be another one")
    if execution == "graph" and not on_cuda:
        raise ValueError("execution 'graph' replays CUDA graphs and needs a CUDA device")
    if "flex" in attentions and not on_cuda:
        raise ValueError("attention 'flex' needs a CUDA device: on a CPU it is compiled to no fused kernel")
    if workload == "paper-block":
        _check_paper_block(attentions, execution, quantization)
    if quantization in ("int4", "fp8") and not on_cuda:
        raise ValueError(f"quantization '{quantization}' needs a CUDA device")
    if quantization in ("int4", "fp8") and dtype != "bfloat16":
        raise ValueError(f"quantization '{quantization}' computes in bfloat16 and needs --dtype bfloat16")


def _check_paper_block(
    attentions: Sequence[Attention], execution: Execution, quantization: Quantization | None
) -> None:
    """The published block is matrix products in sequence: nothing of it can be exchanged."""
    if len(attentions) > 1:
        raise ValueError("workload 'paper-block' has its own attention: there is no second one beside it")
    if execution == "compile":
        raise ValueError("workload 'paper-block' is not compiled: a compiler drops products nobody reads")
    if quantization is not None:
        raise ValueError("workload 'paper-block' is not quantised")
