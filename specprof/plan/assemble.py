"""From what the user asked for to a checked plan: names resolved, defaults filled in, changes said."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from specprof.errors import EnvironmentProblem, UsageProblem
from specprof.plan.asked import Asked, parse_attentions
from specprof.plan.checkpoint import shape_of_folder
from specprof.plan.decoding_drafts import DecodingDrafts, decoding_drafts_from
from specprof.plan.defaults import defaults_for
from specprof.plan.drafter import Drafter, drafter_from
from specprof.plan.grid import Counts, parse_counts
from specprof.plan.model import ModelShape
from specprof.plan.plan import Plan, build_plan, candidates_with_baseline, refusal
from specprof.plan.presets import DRAFT_PRESETS, PRESETS
from specprof.plan.refinement import Refinement
from specprof.plan.rope import rope_parameters
from specprof.plan.stopping import StoppingRule
from specprof.plan.validation import Validation, Verdict

DECODED_TOKENS = 32
"""Of each sequence in a block, where nothing is said."""
REFINED_SHARE = 0.25
"""Of the run's budget, what refinement gets where nothing is said."""


class Assembled(NamedTuple):
    plan: Plan
    notes: tuple[str, ...]


def model_shape(name: str) -> ModelShape:
    """A preset by its name, or the model in a local folder. Nothing is ever downloaded."""
    return _shape_among(PRESETS, name)


def _draft_shape(name: str) -> ModelShape:
    return _shape_among({**PRESETS, **DRAFT_PRESETS}, name)


def _shape_among(presets: Mapping[str, ModelShape], name: str) -> ModelShape:
    if name in presets:
        return presets[name]
    if os.path.exists(name) or os.sep in name or name.startswith((".", "~")):
        return shape_of_folder(os.path.expanduser(name))
    raise EnvironmentProblem(
        f"no model '{name[:200]}': it is neither a preset ({', '.join(presets)}) nor a folder here",
        "give a preset or the path of a local checkpoint; nothing is downloaded",
    )


def assemble(asked: Asked, device: str) -> Assembled:
    """The plan for a device, `cpu` or `cuda[:N]`. Raises UsageProblem or EnvironmentProblem."""
    defaults = defaults_for(device)
    notes: list[str] = []

    def counts(option: str, text: str | None, default: tuple[int, ...]) -> Counts:
        found = Counts(default) if text is None else parse_counts(text, option)
        notes.extend(found.notes)
        return found

    shape = model_shape("llama-7b" if asked.model is None else asked.model)
    attentions = parse_attentions("sdpa" if asked.attention is None else asked.attention)
    stopping = _stopping(asked, defaults)
    drafter = None if asked.drafter is None else drafter_from(asked.drafter, _draft_shape)
    batch_sizes = counts("--batch-size", asked.batch_size, defaults["batch_sizes"])
    seq_lens = counts("--seq-len", asked.seq_len, defaults["seq_lens"])
    candidates = counts("--candidates", asked.candidates, defaults["candidates"])
    with_one = candidates_with_baseline(candidates)
    notes.extend(note for note in with_one.notes if note not in notes)
    if asked.seq_len is None:
        seq_lens = _within_positions(seq_lens, shape, with_one.values[-1])
        notes.extend(seq_lens.notes)
        if drafter is not None and drafter.model is not None:
            seq_lens = _within_positions(seq_lens, drafter.model, 1)
            notes.extend(seq_lens.notes)
    notes.extend(_vocabularies_differ(drafter, shape))
    model = sliced(shape, asked.layers, defaults["layers"])
    validation = _validation(asked, shape)
    plan = build_plan(
        model=model if validation is None else whole(model),
        dtype=asked.dtype or defaults["dtype"],
        device=device,
        attention=attentions[0],
        attention_beside=attentions[1] if len(attentions) > 1 else None,
        execution=asked.execution or defaults["execution"],
        workload=asked.workload or "full",
        quantization=None if asked.quantize == "none" else asked.quantize,
        breakdown=bool(asked.breakdown),
        batch_sizes=batch_sizes.values,
        seq_lens=seq_lens.values,
        candidates=with_one.values,
        stopping=stopping,
        seed=0 if asked.seed is None else asked.seed,
        refinement=_refinement(asked, stopping.budget_s),
        drafter=drafter,
        validation=validation,
    )
    return Assembled(plan, (*notes, *_dequantised(plan)))


def _within_positions(defaults: Counts, shape: ModelShape, candidates: int) -> Counts:
    """The default lengths that a checkpoint has positions for, with `candidates` behind them.

    Where it has them for none, all are kept and the plan refuses them.
    """
    if not shape.positions_enforced:
        return defaults
    kept = tuple(s for s in defaults.values if s + candidates <= shape.max_position_embeddings)
    left_out = ", ".join(str(s) for s in defaults.values if s not in kept)
    if not kept or not left_out:
        return defaults
    has = f"{shape.name} has {shape.max_position_embeddings} positions"
    return Counts(kept, (f"--seq-len: {left_out} left out, {has}",))


def _vocabularies_differ(drafter: Drafter | None, target: ModelShape) -> list[str]:
    """Latency can be measured all the same."""
    if drafter is None or drafter.model is None or drafter.model.vocab_size == target.vocab_size:
        return []
    return [
        f"--drafter: {drafter.model.name} has {drafter.model.vocab_size} tokens and {target.name} "
        f"{target.vocab_size}: it could not draft for it"
    ]


def _dequantised(plan: Plan) -> list[str]:
    """Where torchao 0.18 brings int8 weights back to the plan's number type before each product.

    `Int8Tensor`'s linear is `mm(x, qdata.to(x.dtype))`: a copy of all weights in every step, unless a
    compiler fuses it. On a CPU inductor does so for bfloat16 alone. Measured there on 4096 × 11008, one row:
    7 times slower in float32, compiled or not, and 9 times in bfloat16 eagerly. On CUDA it takes Triton
    templates for that, which are tried with max-autotune only: read in torch 2.13, not measured.
    """
    if plan.quantization != "int8":
        return []
    fused = plan.execution in ("compile", "auto") and not plan.on_cuda and plan.dtype == "bfloat16"
    if fused:
        return []
    return [f"--quantize int8: dequantised in every step here, slower than {plan.dtype} is expected"]


def sliced(shape: ModelShape, layers: str | None, default: int | None) -> ModelShape:
    if layers is None:
        count = shape.layers_total if default is None else min(default, shape.layers_total)
    elif layers == "all":
        count = shape.layers_total
    else:
        count, *more = parse_counts(layers, "--layers").values
        if more:
            raise UsageProblem(f"--layers wants one number, not '{layers[:40]}'", "write 2, or all")
        if count > shape.layers_total:
            raise UsageProblem(
                f"--layers {count} is more than the {shape.layers_total} of {shape.name}",
                "use 'all' or fewer",
            )
    return shape.model_copy(update={"layers_measured": count})


def whole(slice_: ModelShape) -> ModelShape:
    """A slice taken as a model in itself: one that decodes real tokens has no other layers."""
    if slice_.full_depth:
        return slice_
    layers = f"{slice_.layers_measured} layers"
    return slice_.model_copy(
        update={"layers_total": slice_.layers_measured, "title": f"{slice_.title} of {layers}"}
    )


def decoding_drafts(text: str) -> DecodingDrafts:
    """What `--drafts` means; its model is a preset or in a local folder."""
    return decoding_drafts_from(text, _draft_shape)


def _verdict(drafts: DecodingDrafts, temperature: float) -> Verdict:
    if temperature > 0:
        return "sampled"
    return "drawn" if drafts.kind == "none" else "greedy"


def _validation(asked: Asked, target: ModelShape) -> Validation | None:
    if asked.settings is None:
        return None
    drafts = decoding_drafts(asked.drafts or "none")
    own = drafts.drafter.model if drafts.drafter is not None else None
    if own is not None and own.vocab_size != target.vocab_size:
        raise UsageProblem(
            f"--drafts: {own.name} has {own.vocab_size} tokens and {target.name} {target.vocab_size}",
            "draft with a model of the same vocabulary",
        )
    for decodes in (target, own):
        if decodes is not None:
            rope_parameters(decodes)  # refuses what it cannot scale before anything is measured
    verdict = _verdict(drafts, asked.temperature or 0.0)
    try:
        return Validation(
            tokens=DECODED_TOKENS if asked.tokens is None else asked.tokens,
            verdict=verdict,
            temperature=asked.temperature or 0.0,
            drafts=drafts,
            settings=asked.settings,
            peer=verdict != "sampled" if asked.peer is None else asked.peer,
        )
    except ValidationError as error:
        raise refusal(error, "--") from None


def _stopping(asked: Asked, defaults: dict[str, Any]) -> StoppingRule:
    target = defaults["target_ci"] if asked.target_ci_pct is None else asked.target_ci_pct / 100
    budget = defaults["budget_s"] if asked.budget_s is None else asked.budget_s
    if not 0 < target < 1:
        raise UsageProblem(
            f"--target-ci {asked.target_ci_pct:g} is out of range", "give a percentage, e.g. 5"
        )
    if budget is not None and not 0 < budget <= 1e6:
        raise UsageProblem(f"--budget {budget:g} is out of range", "give seconds, 1 to 1000000")
    # rows are dropped only from the default grid: what the user asked for is measured
    drop = defaults["drop_rows"] and asked.seq_len is None and asked.batch_size is None
    return StoppingRule(target_ci=target, budget_s=budget, drop_rows=drop)


def _refinement(asked: Asked, budget_s: float | None) -> Refinement | None:
    """How the grid is refined. Its seconds are part of the run's budget: a quarter where none are named."""
    kept = asked.refine_budget_s
    if not asked.refine:
        if kept is not None:
            raise UsageProblem("--refine-budget is of no use without --refine", "add --refine")
        return None
    if kept is None:
        return Refinement(budget_s=None if budget_s is None else budget_s * REFINED_SHARE)
    if not 0 < kept <= 1e6:
        raise UsageProblem(f"--refine-budget {kept:g} is out of range", "give seconds, 1 to 1000000")
    if budget_s is not None and kept >= budget_s:
        raise UsageProblem(
            f"--refine-budget {kept:g} leaves nothing of the {budget_s:g} s of --budget for the grid",
            "it is a part of --budget: name fewer seconds, or raise --budget",
        )
    return Refinement(budget_s=kept)
