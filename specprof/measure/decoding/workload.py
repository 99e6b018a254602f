"""A decoder that executes as the bench's verify steps do: same model, cache, attention and kernels."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial

import torch

from specprof.measure.bench import Bench
from specprof.measure.decoding.decoder import Decoder, Through
from specprof.measure.decoding.ragged import ragged_layer_step
from specprof.measure.layer_step import CompiledLayer
from specprof.measure.positions import scale_positions
from specprof.measure.verify_step import FullModel
from specprof.plan.rope import rope_parameters


def decoder_of(bench: Bench) -> Decoder:
    """A decoder over the open row's cache, its positions scaled as the checkpoint has them."""
    workload: FullModel = bench.workload
    scale_positions(workload.model, rope_parameters(bench.plan.model))
    through = Through()
    if bench.compiled:
        through = Through(workload.compiled_layer, CompiledLayer(ragged_layer_step))
    return Decoder(
        workload.model,
        bench.plan.model,
        workload.caches,
        attention=bench.plan.attention,
        through=through,
        kernels=partial(_kernels, workload, bench.plan.attention),
    )


def _kernels(workload: FullModel, attention: str, masked: bool):
    chosen = workload.sdpa_backends.get(masked) if attention == "sdpa" else None
    return nullcontext() if chosen is None else torch.nn.attention.sdpa_kernel(chosen)
