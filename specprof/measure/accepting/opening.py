"""Target and draft on their device, as their checkpoints are."""

from __future__ import annotations

import torch
from transformers.models.llama.modeling_llama import LlamaForCausalLM

from specprof.errors import EnvironmentProblem
from specprof.measure.capacity import free_bytes, is_out_of_memory
from specprof.measure.decoding.decoder import Decoder, empty_caches
from specprof.measure.decoding.drafts.noisy import noisy_copy
from specprof.measure.decoding.drafts.small_llama import LlamaDrafts
from specprof.measure.dtypes import DTYPES
from specprof.measure.llama import build_llama
from specprof.measure.positions import scale_positions
from specprof.plan.draft_pair import Decodes
from specprof.plan.memory import format_bytes
from specprof.plan.model import BYTES_PER_VALUE, ModelShape
from specprof.run.accept_events import AcceptJob

ATTENTION = "sdpa"


def chosen(job: AcceptJob) -> AcceptJob:
    """The job with its device and number type named."""
    device = job.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = job.dtype or ("float32" if device == "cpu" else "bfloat16")
    return job.model_copy(update={"device": device, "dtype": dtype})


def open_pair(job: AcceptJob, rows: int, device: torch.device) -> tuple[Decoder, LlamaDrafts]:
    """Both models with caches of so many rows. Raises EnvironmentProblem where memory does not reach."""
    if device.type == "cuda":
        torch.backends.cuda.enable_cudnn_sdp(False)  # see attention/sdpa_choice.py
    models = (job.pair.target, job.pair.draft)
    needed, free = sum(_bytes(one.shape, rows, job.dtype) for one in models), free_bytes(device)
    if needed > free:
        raise _no_memory(job, f"need {format_bytes(needed)} and {device} has {format_bytes(free)} free")
    try:
        target = _built(job.pair.target, DTYPES[job.dtype], device)
        if job.pair.noise is None:
            draft = _built(job.pair.draft, DTYPES[job.dtype], device)
        else:
            draft = noisy_copy(target, job.pair.noise, job.seed)
        decoders = [_decoder(*each, rows) for each in zip((target, draft), models, strict=True)]
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        raise _no_memory(job, f"do not fit on {device}") from None
    return decoders[0], LlamaDrafts(decoders[1], job.depth)


def _built(model: Decodes, dtype: torch.dtype, device: torch.device) -> LlamaForCausalLM:
    built = build_llama(model.shape, attention=ATTENTION, dtype=dtype, device=device)
    scale_positions(built, model.rope)
    return built


def _decoder(built: LlamaForCausalLM, model: Decodes, rows: int) -> Decoder:
    weights = built.lm_head.weight
    caches = empty_caches(model.shape, 1, rows, weights.dtype, weights.device)
    return Decoder(built, model.shape, caches, attention=ATTENTION)


def _bytes(shape: ModelShape, rows: int, dtype: str) -> int:
    cached = 2 * shape.layers_total * shape.num_key_value_heads * shape.head_dim * rows
    return (shape.parameters() + cached) * BYTES_PER_VALUE[dtype]


def _no_memory(job: AcceptJob, said: str) -> EnvironmentProblem:
    names = f"{job.pair.target.shape.name} and {job.pair.draft_name} in {job.dtype}"
    return EnvironmentProblem(f"{names} {said}", "use a smaller --dtype or another --device, or free memory")
