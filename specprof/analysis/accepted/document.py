"""Counted acceptance as the JSON document that `--acceptance positions:file=` reads."""

from __future__ import annotations

from typing import Any

from specprof.analysis.accepted.rates import FEW_PROMPTS, AcceptedRates, Rate
from specprof.plan.draft_pair import Decodes
from specprof.run.accept_state import AcceptState
from specprof.version import __version__


def accepted_document(state: AcceptState, rates: AcceptedRates, created_at: str) -> dict[str, Any]:
    """What readers of acceptance look at comes first, then what was run, then the counts of each prompt."""
    job, opened = state.job, state.opened
    assert opened is not None
    assert state.environment is not None
    return {
        "source": source(state, rates),
        "drafts": rates.steps,
        "accepted_per_position": rates.accepted,
        "acceptance_rates": [rate.value for rate in rates.unconditional],
        "intervals_95": _intervals(rates.unconditional),
        "conditional_rates": rates.conditional,
        "mean_length": rates.mean_length.value,
        "mean_length_interval_95": rates.mean_length.interval,
        "notes": notes(state, rates),
        "status": state.status,
        "created_at": created_at,
        "specprof_version": __version__,
        "settings": {
            "decoding": "greedy",
            "depth": job.depth,
            "tokens": job.tokens,
            "batch_size": 1,
            "device": opened.device,
            "dtype": opened.dtype,
            "seed": job.seed,
            "intervals": "percentile bootstrap over prompts",
        },
        "models": {
            "target": _model(job.pair.target),
            "draft": {**_model(job.pair.draft), "noise": job.pair.noise},
        },
        "prompts": {
            "file": job.prompts.name,
            "sha256": job.prompts.sha256,
            "count": len(job.prompts.prompts),
            "counted": len(state.counted),
        },
        "environment": state.environment.model_dump(mode="json"),
        "per_prompt": [
            {
                "line": job.prompts.prompts[one.prompt].line,
                "prompt_tokens": one.prompt_tokens,
                "new_tokens": one.new_tokens,
                "steps_by_accepted": one.steps_by_accepted,
                "ended": one.ended,
            }
            for one in state.counted
        ],
    }


def source(state: AcceptState, rates: AcceptedRates) -> str:
    """Where the rates come from, in a line."""
    pair, prompts = state.job.pair, len(state.counted)
    return (
        f"specprof accept, draft {pair.draft_name[:80]} of {pair.target.shape.name[:80]}, "
        f"{rates.steps:,} drafts on {prompts:,} prompt{'' if prompts == 1 else 's'}"
    )


def notes(state: AcceptState, rates: AcceptedRates) -> list[str]:
    """What must be said of the rates, a sentence each."""
    counted, asked = len(state.counted), len(state.job.prompts.prompts)
    said = []
    if not state.complete:
        said.append(f"The counting was stopped: {state.done} of {asked} prompts are at their end.")
    if counted == 1:
        said.append("One prompt gives no interval: prompts are what is drawn from.")
    elif counted < FEW_PROMPTS:
        said.append(f"The intervals of {counted} prompts are narrower than 95 %: give {FEW_PROMPTS} or more.")
    if counted > 1 and any(rate.value in (0, 1) for rate in rates.unconditional):
        said.append("A rate of exactly 0 or 1 has no width by resampling; that does not make it certain.")
    return said


def _model(model: Decodes) -> dict[str, Any]:
    shape = model.shape
    return {
        "name": shape.name,
        "folder": shape.checkpoint,
        "parameters": shape.parameters(),
        "layers": shape.layers_total,
        "hidden_size": shape.hidden_size,
        "vocab_size": shape.vocab_size,
    }


def _intervals(rates: tuple[Rate, ...]) -> list[tuple[float, float]]:
    return [rate.interval for rate in rates if rate.interval is not None]
