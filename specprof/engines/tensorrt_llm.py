"""TensorRT-LLM: `speculative_config` in its YAML. It counts drafts.

Since 1.3 (March 2026) the keys of draft_len_schedule are upper bounds of the batch size, above the last of
which nothing is drafted; before, they were lower bounds, and batch 1 had to get max_draft_len.
"""

from __future__ import annotations

from typing import Any

import yaml

from specprof.engines.decided import Decided, reasons_for
from specprof.engines.settings import DRAFT_MODEL, Settings, version_of
from specprof.errors import UsageProblem

NEWEST = "1.3"


def settings(decided: Decided) -> Settings:
    asked = decided.asked
    version = asked.version or NEWEST
    upper = version_of(version) >= (1, 3)
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
        config["draft_len_schedule"] = upper_bounds(decided) if upper else lower_bounds(decided)
        if upper:
            reasons.append(
                "keys are upper bounds (since March 2026, in 1.3): above the last nothing is drafted; "
                "for an older one give --version 1.2"
            )
        else:
            reasons.append("keys are lower bounds (before March 2026): from 1.3 on give --version 1.3")
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
    first = decided.ranges[0]
    if first.candidates - 1 != decided.drafts:
        raise UsageProblem(
            f"before 1.3 TensorRT-LLM wants most drafts at batch 1, and this schedule has {decided.drafts} "
            f"above it and {first.candidates - 1} there",
            "choose one batch size with --batch-size, or a newer --version",
        )
    return {one.first: one.candidates - 1 for one in decided.ranges}
