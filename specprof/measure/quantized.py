"""Quantised weights: torchao's, of the decoder layers' projections alone.

The names and layouts are torchao 0.18's. It is imported where quantisation is asked for, and nowhere else.
"""

from __future__ import annotations

from typing import Any

import torch

from specprof.errors import EnvironmentProblem
from specprof.plan.modes import Quantization
from specprof.plan.projections import INT4_GROUP
from specprof.run.sanitize import clean

_NEEDED = {"int4": (8, 0), "fp8": (8, 9)}
"""Compute capabilities: of tinygemm's int4 kernel, and of the tensor cores' float8."""

_IDENTITY_ROWS = 1024

_INSTALL = "pip install 'specprof[quantization]'"
_OTHER = "try another --quantize, or measure without"


def quantize_layers(layers: torch.nn.Module, quantization: Quantization, device: torch.device) -> None:
    """Quantises the projections of a decoder layer, or of several, in place.

    `layers` holds nothing else that is linear: no embedding and no head. Each kind of projection is tried
    with one row, so that a kernel that is missing here is known before anything is measured. Raises
    EnvironmentProblem, with torchao's own words where it refuses.
    """
    _check_device(quantization, device)
    quantize, config = _torchao(quantization)
    projections = {
        name: module for name, module in layers.named_modules() if isinstance(module, torch.nn.Linear)
    }
    try:
        quantize(layers, config, filter_fn=lambda module, name: name in projections)
        for projection in _one_of_each(projections):
            _try(projection, device)
    except torch.OutOfMemoryError:
        raise
    except Exception as error:  # an assertion, a ValueError or whatever its kernels raise
        raise EnvironmentProblem(
            f"torchao refuses {quantization} weights here: {_said(error)}", _OTHER
        ) from None
    for name, module in projections.items():
        if not _is_quantised(module.weight):
            raise EnvironmentProblem(
                f"torchao leaves {name} of {tuple(module.weight.shape)} as it is: {_wants(quantization)}",
                _OTHER,
            )


def stored_bytes(weight: torch.Tensor) -> int:
    """Bytes that a weight takes with its scales and zero points; of one not quantised, its own."""
    if not _is_quantised(weight):
        return weight.nbytes
    names = [*weight.tensor_data_names, *getattr(weight, "optional_tensor_data_names", ())]
    parts = (getattr(weight, name) for name in names)
    return sum(part.nbytes for part in parts if part is not None)


def dequantised(weight: torch.Tensor) -> torch.Tensor:
    """What a weight stands for, in float32; of one not quantised, its own values.

    Tinygemm's packing has no way back in torchao: its product with the identity gives the values that its
    kernel computes with.
    """
    if not _is_quantised(weight):
        return weight.float()
    if type(weight).dequantize is not torch.Tensor.dequantize:
        return weight.dequantize().float()
    return _through_identity(weight)


def _through_identity(weight: torch.Tensor) -> torch.Tensor:
    inputs = weight.shape[1]
    found = torch.empty(tuple(weight.shape), dtype=torch.float32, device=weight.device)
    for first in range(0, inputs, _IDENTITY_ROWS):
        columns = torch.arange(first, min(first + _IDENTITY_ROWS, inputs), device=weight.device)
        rows = torch.nn.functional.one_hot(columns, inputs).to(weight.dtype)
        found[:, columns] = torch.nn.functional.linear(rows, weight).t().float()
    return found


def _is_quantised(weight: torch.Tensor) -> bool:
    """torchao's tensors name what they are made of."""
    return hasattr(weight, "tensor_data_names")


def _torchao(quantization: Quantization) -> tuple[Any, Any]:
    """torchao's `quantize_` and its configuration. It leaves the compiler's settings alone, so that compiled
    steps differ from those without quantisation in their weights only."""
    try:
        import torchao.quantization as ao
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "torchao":
            raise _unusable(error) from None
        raise EnvironmentProblem("quantised weights need torchao, which is not installed", _INSTALL) from None
    except Exception as error:  # made for another torch, it fails with whatever that torch lacks
        raise _unusable(error) from None
    try:
        if quantization == "int8":
            config = ao.Int8WeightOnlyConfig(set_inductor_config=False)
        elif quantization == "int4":
            # the default layout's kernel is in a package of its own; this one's is in torch
            config = ao.Int4WeightOnlyConfig(
                group_size=INT4_GROUP, int4_packing_format="tile_packed_to_4d", set_inductor_config=False
            )
        else:
            config = ao.Float8DynamicActivationFloat8WeightConfig(
                granularity=ao.PerRow(), set_inductor_config=False
            )
    except Exception as error:
        raise _unusable(error) from None
    return ao.quantize_, config


def _unusable(error: Exception) -> EnvironmentProblem:
    return EnvironmentProblem(f"torchao cannot be used with this torch: {_said(error)}", _INSTALL)


def _check_device(quantization: Quantization, device: torch.device) -> None:
    needed = _NEEDED.get(quantization)
    if needed is None:
        return
    if device.type != "cuda":
        raise EnvironmentProblem(f"{quantization} weights need a CUDA device, this is {device}", _OTHER)
    found = torch.cuda.get_device_capability(device)
    if found < needed:
        raise EnvironmentProblem(
            f"{quantization} weights need compute capability {needed[0]}.{needed[1]}, "
            f"{device} has {found[0]}.{found[1]}",
            _OTHER,
        )


def _one_of_each(projections: dict[str, torch.nn.Linear]) -> list[torch.nn.Linear]:
    """One projection of each shape."""
    found = {(module.out_features, module.in_features): module for module in projections.values()}
    return list(found.values())


def _try(projection: torch.nn.Linear, device: torch.device) -> None:
    row = torch.ones((1, 1, projection.in_features), dtype=projection.weight.dtype, device=device)
    with torch.no_grad():
        projection(row)
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _wants(quantization: Quantization) -> str:
    if quantization == "int4":
        return f"int4 wants inputs in multiples of {INT4_GROUP}"
    return f"{quantization} wants inputs and outputs in multiples of 16"


def _said(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [""]
    return clean(f"{type(error).__name__}: {lines[0]}", 500)
