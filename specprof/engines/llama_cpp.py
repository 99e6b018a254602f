"""llama.cpp: flags of llama-server. It counts drafts, and decodes one sequence's chain at a time."""

from __future__ import annotations

import shlex

from specprof.engines.decided import Decided, lost_words, reasons_for
from specprof.engines.settings import DRAFT_MODEL, Settings
from specprof.errors import UsageProblem

NEWEST = "new"
VERSIONS = ("new", "legacy")
NAMES = {"new": "--spec-draft-{}", "legacy": "--draft-{}"}


def settings(decided: Decided) -> Settings:
    """A chain of fixed length: p-min 0 keeps llama.cpp from ending it early."""
    asked = decided.asked
    version = asked.version or NEWEST
    if version not in VERSIONS:
        raise UsageProblem(
            f"llama.cpp version {version[:40]!a} is not known",
            "give new, or legacy where it takes --draft-max",
        )
    reasons = reasons_for(decided, chain=True)
    convention = f"llama.cpp counts drafts only: at most {decided.drafts} are {decided.candidates} candidates"
    if not decided.drafts:
        return Settings("llama.cpp", version, "", convention,
                        ("start llama-server without a draft model", *reasons))  # fmt: skip
    if decided.varies:
        reasons.append(f"llama.cpp has no schedule by batch size: {lost_words(decided)}")
    least, most, probability = ("n-min", "n-max", "p-min") if version == "new" else ("min", "max", "p-min")
    name = NAMES[version].format
    words = [
        "--model-draft", asked.draft_model or DRAFT_MODEL,
        name(most), str(_drafts(decided)), name(least), "0", name(probability), "0",
    ]  # fmt: skip
    reasons.append("p-min 0 drafts the whole chain; a higher one ends it where the drafter is unsure")
    return Settings("llama.cpp", version, shlex.join(words) + "\n", convention, tuple(reasons))


def _drafts(decided: Decided) -> int:
    """One K for all where batch sizes differ, unless that is none at all."""
    single = decided.schedule.one_for_all - 1
    return single if decided.varies and single else decided.drafts
