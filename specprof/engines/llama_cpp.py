"""llama.cpp: flags of llama-server. It counts drafts, and decodes one sequence's chain at a time.

Its flags were renamed by pull request 22397 (April 2026): the old ones end the program since b9016 at the
latest. Since b9464 (pull request 23988) a draft model is loaded and not used unless --spec-type says how.
"""

from __future__ import annotations

import re
import shlex

import numpy as np

from specprof.engines.decided import Decided, lost_words, reasons_for
from specprof.engines.settings import DRAFT_MODEL, Settings
from specprof.errors import UsageProblem

NEWEST = "new"
RENAMED = 9016
"""The first build known to refuse --draft-max."""
NAMES = {"new": "--spec-draft-{}", "legacy": "--draft-{}"}
SPEC_TYPE_SINCE = 9464
METHOD = "draft-simple"
COSTS = "specprof-llama-batch-costs.sh"


def settings(decided: Decided) -> Settings:
    """A chain of fixed length: p-min 0 keeps llama.cpp from ending it early."""
    asked = decided.asked
    version = asked.version or NEWEST
    form, typed = _form(version)
    drafts = _drafts(decided)
    reasons = reasons_for(decided, chain=True)
    if decided.varies:
        reasons.append(f"llama.cpp has no schedule by batch size: {lost_words(decided)}")
    convention = f"llama.cpp counts drafts only: at most {drafts} are {drafts + 1} candidates"
    if not drafts:
        return Settings("llama.cpp", version, "", convention,
                        ("start llama-server without a draft model", *reasons))  # fmt: skip
    least, most, probability = ("n-min", "n-max", "p-min") if form == "new" else ("min", "max", "p-min")
    name = NAMES[form].format
    kind = ["--spec-type", _method(asked.method)] if typed or (form == "new" and asked.method) else []
    words = [
        *kind,
        "--model-draft", asked.draft_model or DRAFT_MODEL,
        name(most), str(drafts), name(least), "0", name(probability), "0",
    ]  # fmt: skip
    reasons.append("p-min 0 drafts the whole chain; a higher one ends it where the drafter is unsure")
    if form == "legacy":
        reasons.append("where llama-server says that these flags have been removed, give --version new")
    costs = batch_costs(decided)
    if costs:
        reasons.append(
            f"{COSTS} holds the batch costs that llama.cpp's pull request 17034, not merged, reads, straight "
            "lines between the measured counts: --output FOLDER writes it"
        )
    files = ((COSTS, f'export GGML_BATCH_COSTS="{",".join(f"{cost:.4g}" for cost in costs)}"\n'),)
    return Settings(
        "llama.cpp",
        version,
        shlex.join(words) + "\n",
        convention,
        tuple(reasons),
        files=files if costs else (),
    )


def batch_costs(decided: Decided) -> list[float]:
    """T(n)/(n · T(1)) for n = 1 to the most candidates measured at batch 1; empty where none were.

    At the one sequence length that was asked for, else the shortest.
    """
    run = decided.run
    if 1 not in run.batch_sizes:
        return []
    length = decided.asked.seq_len or run.seq_lens[0]
    ratio = run.ratio().median[run.batch_sizes.index(1), run.seq_lens.index(length)]
    known = np.isfinite(ratio)
    if not known[0] or known.sum() < 2:
        return []
    counts = np.asarray(run.candidates)[known]
    every = np.arange(1, counts[-1] + 1)
    return [float(cost) for cost in np.interp(every, counts, ratio[known]) / every]


def _form(version: str) -> tuple[str, bool]:
    """`new`, `legacy` or a build such as b9464: the names of its flags, and whether it needs --spec-type."""
    if version in NAMES:
        return version, version == "new"
    build = re.fullmatch(r"b?(\d{3,6})", version.strip())
    if build is None:
        raise UsageProblem(
            f"llama.cpp version {version[:40]!a} is not known",
            "give a build such as b9464, or new, or legacy where it takes --draft-max",
        )
    number = int(build[1])
    return "new" if number >= RENAMED else "legacy", number >= SPEC_TYPE_SINCE


def _method(method: str | None) -> str:
    """`eagle3` is llama.cpp's draft-eagle3; a small model of its own is draft-simple."""
    if method is None:
        return METHOD
    return method if method.startswith(("draft-", "ngram-")) else f"draft-{method.lower()}"


def _drafts(decided: Decided) -> int:
    """One K for all where batch sizes differ, which may be none at all."""
    return decided.schedule.one_for_all - 1 if decided.varies else decided.drafts
