"""transformers: a generation config for assisted generation. It counts drafts, and takes one sequence.

These three are read from the generation config of the draft model, not from that of the target, and not from
what generate is called with (AssistedCandidateGenerator, read in 5.24).
"""

from __future__ import annotations

import json
from dataclasses import replace

from specprof.engines.decided import Decided, decide, reasons_for
from specprof.engines.settings import Settings, version_of
from specprof.errors import UsageProblem

NEWEST = "5"


def settings(decided: Decided) -> Settings:
    """A constant number of drafts at batch 1."""
    if not any(choice.batch_size == 1 for choice in decided.choices):
        raise UsageProblem(
            "transformers assists one sequence at a time, and this run holds no batch 1",
            "measure it with specprof run --batch-size 1",
        )
    decided = decide(decided.run, decided.schedule, replace(decided.asked, batch_size=1, draft_model="-"))
    convention = (
        f"transformers counts drafts only: {decided.drafts} num_assistant_tokens are "
        f"{decided.candidates} candidates"
    )
    reasons = reasons_for(decided, chain=True)
    version = decided.asked.version or NEWEST
    version_of(version)
    if not decided.drafts:
        return Settings("transformers", version, "", convention,
                        ("call generate without an assistant_model", *reasons))  # fmt: skip
    config = {
        "num_assistant_tokens": decided.drafts,
        "num_assistant_tokens_schedule": "constant",
        "assistant_confidence_threshold": 0.0,
    }
    reasons.append(
        "they belong into the draft model's generation config, which is where transformers reads them: "
        "assistant.generation_config.update(**settings), then generate(assistant_model=assistant)"
    )
    return Settings("transformers", version, json.dumps(config, indent=1) + "\n", convention, tuple(reasons))
