"""What drafts for a setting, by the plan's word for it."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from specprof.measure.bench import Bench
from specprof.measure.decoding.candidates import Candidates
from specprof.measure.decoding.decoder import Decoder, empty_caches
from specprof.measure.decoding.drafts.corrupted import Corrupted
from specprof.measure.decoding.drafts.drafts import Drafts
from specprof.measure.decoding.drafts.eagle import EagleDrafts
from specprof.measure.decoding.drafts.medusa import MedusaDrafts
from specprof.measure.decoding.drafts.ngram import PromptLookup
from specprof.measure.decoding.drafts.noisy import noisy_copy
from specprof.measure.decoding.drafts.random_tokens import RandomTokens
from specprof.measure.decoding.drafts.small_llama import LlamaDrafts
from specprof.measure.drafters import build_drafter
from specprof.measure.llama import build_llama
from specprof.measure.positions import scale_positions
from specprof.plan.decoding_drafts import DecodingDrafts
from specprof.plan.model import ModelShape
from specprof.plan.plan import Row
from specprof.plan.rope import rope_parameters


def build_drafts(
    bench: Bench, row: Row, setting: int, candidates: Candidates, truth: Sequence[list[int]]
) -> Drafts:
    """`truth` is the target's greedy continuation of each sequence, where the plan needs it."""
    plan = bench.plan
    assert plan.validation is not None
    asked, vocab = plan.validation.drafts, plan.model.vocab_size
    match asked.kind:
        case "none":
            generator = torch.Generator(bench.device).manual_seed(plan.seed + setting)
            return RandomTokens(candidates.parents, vocab, row.batch_size, generator)
        case "own":
            return Corrupted(candidates, truth, vocab, plan.seed + setting, bench.device)
        case "ngram":
            return PromptLookup(candidates.count, bench.device)
        case "noisy":
            noisy = noisy_copy(bench.workload.model, asked.noise, plan.seed + 1)
            return LlamaDrafts(_decoder(bench, row, noisy, plan.model, asked.depth), asked.depth)
        case "drafter":
            return _drafting(bench, row, asked)


def _drafting(bench: Bench, row: Row, asked: DecodingDrafts) -> Drafts:
    plan, drafter = bench.plan, asked.drafter
    assert drafter is not None
    if drafter.model is not None:
        model = build_llama(
            drafter.model,
            attention=plan.attention,
            dtype=bench.workload.dtype,
            device=bench.device,
            seed=plan.seed,
        )
        scale_positions(model, rope_parameters(drafter.model))
        return LlamaDrafts(_decoder(bench, row, model, drafter.model, drafter.depth), drafter.depth)
    # one path of each sequence: a chain is decoded with
    lone = drafter.model_copy(update={"width": 1})
    timed = plan.model_copy(update={"drafter": lone, "validation": None})
    built = build_drafter(timed, bench.workload, bench.workload.dtype, bench.device)
    norm = bench.workload.model.model.norm
    if drafter.kind == "medusa":
        return MedusaDrafts(built, norm)  # type: ignore[arg-type]
    rows = _rows(bench, drafter.depth)
    return EagleDrafts(built, norm, drafter.depth, row.batch_size, rows, attention=plan.attention)  # type: ignore[arg-type]


def _decoder(bench: Bench, row: Row, model: object, shape: ModelShape, depth: int) -> Decoder:
    """The drafter's own, over a cache of its own."""
    rows = _rows(bench, depth)
    caches = empty_caches(shape, row.batch_size, rows, bench.workload.dtype, bench.device)
    return Decoder(model, shape, caches, attention=bench.plan.attention)


def _rows(bench: Bench, depth: int) -> int:
    """As many as the target has, and what a drafter may be ahead."""
    rows: int = bench.workload.caches[0][0].shape[2]
    return rows + depth + 2
