"""SGLang: three flags, all or none, read in 0.5.23. Its draft tokens count the root.

Its adaptive schedule takes lower bounds of the batch size and one chain of drafts (topk 1).
"""

from __future__ import annotations

import json
import shlex

from specprof.analysis.acceptance import Medusa, Sequoia
from specprof.analysis.trees.forms import DynamicTree, dynamic_tree
from specprof.analysis.trees.greedy import greedy_tree
from specprof.analysis.trees.programme import programme_tree
from specprof.engines.decided import Decided, lost_words, reasons_for
from specprof.engines.settings import DRAFT_MODEL, Settings, version_of
from specprof.errors import UsageProblem

NEWEST = "0.5.23"
SCHEDULE = "specprof-sglang-schedule.json"
METHODS = ("EAGLE", "EAGLE3", "NEXTN", "STANDALONE")
"""Algorithms that take these three flags. The first three follow a schedule: NEXTN is EAGLE."""


def settings(decided: Decided) -> Settings:
    """The flags for the largest K; the schedule in a file where batch sizes differ."""
    asked = decided.asked
    version_of(asked.version or NEWEST)
    method = (asked.method or "EAGLE3").upper()
    if method not in METHODS:
        raise UsageProblem(
            f"SGLang's {method[:40]!a} takes no count of steps", f"choose {', '.join(METHODS)}"
        )
    box = _box(decided)
    chain = box is None
    flags = box.sglang() if box is not None else _chain(decided.drafts)
    tokens = flags["speculative_num_draft_tokens"]
    reasons = reasons_for(decided, chain=chain)
    convention = f"SGLang's draft tokens include the root: {tokens} of them are {tokens} candidates"
    if not decided.drafts:
        return Settings("sglang", asked.version or NEWEST, "", convention,
                        ("start SGLang without its speculative flags", *reasons))  # fmt: skip
    if box is not None:
        reasons.append(
            f"a tree of {box.total_tokens} candidates, {box.depth} deep: SGLang grows it anew at each step "
            "within these bounds"
        )
    words = [
        "--speculative-algorithm", method,
        "--speculative-draft-model-path", asked.draft_model or DRAFT_MODEL,
        *(word for name, value in flags.items() for word in (f"--{name.replace('_', '-')}", str(value))),
    ]  # fmt: skip
    paste = shlex.join(words)
    if not (decided.varies and chain and method != "STANDALONE"):
        if decided.varies and chain:
            reasons.append("SGLang's schedule by batch size takes EAGLE only: this is the largest K of all")
        elif decided.varies:
            reasons.append("SGLang's schedule by batch size takes chains only: this is the largest tree")
        return Settings("sglang", asked.version or NEWEST, f"{paste}\n", convention, tuple(reasons))
    reasons.append(
        f"the schedule by batch size is a file of its own, {SCHEDULE}: --output FOLDER writes it; without it "
        f"the largest K is drafted at every batch size, though {lost_words(decided)}"
    )
    reasons.append(
        "SGLang rounds the batch up to its next CUDA graph's size before it looks into the schedule"
    )
    return Settings(
        "sglang",
        asked.version or NEWEST,
        f"{paste}\n",
        convention,
        tuple(reasons),
        files=((SCHEDULE, json.dumps(adaptive(decided), indent=1) + "\n"),),
        with_files=f"{paste} --speculative-adaptive --speculative-adaptive-config {{folder}}/{SCHEDULE}\n",
    )


def _chain(drafts: int) -> dict[str, int]:
    return {
        "speculative_num_steps": drafts,
        "speculative_eagle_topk": 1,
        "speculative_num_draft_tokens": drafts + 1,
    }


def _box(decided: Decided) -> DynamicTree | None:
    """The bounds of the tree, where the acceptance model is a tree's and it is one."""
    model, size = decided.schedule.acceptance, decided.candidates
    if size < 2 or not isinstance(model, Medusa | Sequoia):
        return None
    if isinstance(model, Medusa):
        return dynamic_tree(greedy_tree(model.levels[: int(model.heads)], size))
    return dynamic_tree(programme_tree(model.levels, size, int(model.depth)))


def adaptive(decided: Decided) -> dict[str, dict[str, list[int]]]:
    """Lower bound of the batch size to the steps of the chain; 0 steps are no speculation."""
    return {str(one.first): {"candidate_steps": [one.candidates - 1]} for one in decided.ranges}
