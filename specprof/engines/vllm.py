"""vLLM: `--speculative-config`, read in 0.33. It counts drafts; its ranges of batch sizes are inclusive."""

from __future__ import annotations

import json
import shlex
from typing import Any

import numpy as np

from specprof.engines.decided import Decided, reasons_for
from specprof.engines.settings import DRAFT_MODEL, Settings, version_of
from specprof.errors import UsageProblem

NEWEST = "0.33"
WITHOUT_MODEL = ("ngram", "mtp")


def settings(decided: Decided) -> Settings:
    """One JSON argument. A single K has no schedule in it."""
    asked = decided.asked
    version_of(asked.version or NEWEST)
    reasons = reasons_for(decided, chain=True)
    convention = (
        f"vLLM counts drafts only: {decided.drafts} num_speculative_tokens are "
        f"{decided.candidates} candidates of a verify step"
    )
    if not decided.drafts:
        return Settings("vllm", asked.version or NEWEST, "", convention,
                        ("start vLLM without --speculative-config", *reasons))  # fmt: skip
    method = asked.method or "eagle3"
    config: dict[str, Any] = {"method": method}
    if method not in WITHOUT_MODEL:
        config["model"] = asked.draft_model or DRAFT_MODEL
    config["num_speculative_tokens"] = decided.drafts
    if decided.varies:
        config["num_speculative_tokens_per_batch_size"] = batch_ranges(decided)
        reasons.append("above the last range vLLM goes on with its K; nothing was measured there")
        reasons.append(
            "watch throughput around each threshold: with some versions it collapsed there (vLLM issue 49548)"
        )
    if asked.synthetic:
        config["rejection_sample_method"] = "synthetic"
        config["synthetic_acceptance_rates"] = synthetic_rates(decided)
        reasons.append("acceptance is replayed from the model and not real: for benchmarks only")
    text = json.dumps(config, separators=(",", ":"))
    return Settings(
        "vllm",
        asked.version or NEWEST,
        f"--speculative-config {shlex.quote(text)}\n",
        convention,
        tuple(reasons),
    )


def batch_ranges(decided: Decided) -> list[list[int]]:
    """[first, last, drafts] from batch 1 on; the last ends at the largest measured, and goes on by itself."""
    largest = decided.largest_measured
    return [
        [one.first, one.last if one.last is not None else max(largest, one.first), one.candidates - 1]
        for one in decided.ranges
    ]


def synthetic_rates(decided: Decided) -> list[float]:
    """Unconditional acceptance of each draft, `[drafts]`, never rising: E(j + 2) − E(j + 1)."""
    tokens = decided.schedule.acceptance.expected_tokens(np.arange(1, decided.candidates + 1))
    rates = np.diff(tokens)
    if not np.isfinite(rates).all() or (np.diff(rates) > 1e-9).any() or (rates > 1).any():
        raise UsageProblem(
            f"{decided.schedule.acceptance.name} cannot be replayed as rates by position up to "
            f"{decided.drafts} drafts",
            "give --acceptance chain:alpha=… or positions:…",
        )
    return [round(float(rate), 6) for rate in np.minimum.accumulate(rates)]
