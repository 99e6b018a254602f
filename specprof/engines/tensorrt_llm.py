"""TensorRT-LLM: `speculative_config` in its YAML. It counts drafts.

Since 1.3.0rc8 (pull request 10860, merged 13 March 2026) the keys of draft_len_schedule are upper bounds of
the batch size, above the last of which nothing is drafted; before, they were lower bounds beginning at 1.
Either way its smallest key must have max_draft_len, or the engine refuses to start.
"""

from __future__ import annotations

from typing import Any

import yaml

from specprof.engines.decided import Decided, reasons_for
from specprof.engines.settings import DRAFT_MODEL, Settings, version_of
from specprof.errors import UsageProblem

NEWEST = "1.3"
UPPER_BOUNDS_SINCE = (1, 3, 0, 8)


def settings(decided: Decided) -> Settings:
    asked = decided.asked
    version = asked.version or NEWEST
    upper = version_of(version) >= UPPER_BOUNDS_SINCE
    reasons = reasons_for(decided, chain=True)
    convention = (
        f"TensorRT-LLM counts drafts only: max_draft_len {decided.drafts} is {decided.candidates} candidates"
    )
    if not decided.drafts:
        return Settings("tensorrt-llm", version, "", convention,
                        ("leave speculative_config out", *reasons))  # fmt: skip
    config: dict[str, Any] = {
        "decoding_type": asked.method or "Eagle3",
        "max_draft_len": decided.drafts,
        "speculative_model": asked.draft_model or DRAFT_MODEL,
    }
    if decided.varies:
        _check_most_at_batch_1(decided)
        config["draft_len_schedule"] = upper_bounds(decided) if upper else lower_bounds(decided)
        if upper:
            reasons.append(
                "keys are upper bounds (since 1.3.0rc8, March 2026): above the last nothing is drafted; "
                "for an older one give --version 1.2"
            )
        else:
            reasons.append(
                "keys are lower bounds (before 1.3.0rc8, March 2026): from then on give --version 1.3; only "
                "drafters outside the target model follow them, Eagle3 within it keeps max_draft_len"
            )
    paste = yaml.safe_dump({"speculative_config": config}, sort_keys=False, default_flow_style=False)
    return Settings("tensorrt-llm", version, paste, convention, tuple(reasons))


def upper_bounds(decided: Decided) -> dict[int, int]:
    """Last batch size of each range to its drafts; ranges at the end without any are left out."""
    found = {
        one.last if one.last is not None else max(decided.largest_measured, one.first): one.candidates - 1
        for one in decided.ranges
    }
    while found and not found[max(found)]:
        del found[max(found)]
    return found


def lower_bounds(decided: Decided) -> dict[int, int]:
    """First batch size of each range to its drafts."""
    return {one.first: one.candidates - 1 for one in decided.ranges}


def _check_most_at_batch_1(decided: Decided) -> None:
    """The engine's own check: draft_len_schedule must give max_draft_len to its smallest key."""
    there = decided.ranges[0].candidates - 1
    if there != decided.drafts:
        raise UsageProblem(
            f"TensorRT-LLM takes no schedule with more drafts at a larger batch, and this one has {there} at "
            f"batch 1 and {decided.drafts} above it",
            "choose one batch size with --batch-size",
        )
