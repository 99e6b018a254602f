"""specprof's decoding beside transformers' own, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from specprof.analysis.validation.peers import PeerResult
from specprof.run.record import RunRecord
from specprof.views.decision.lines import Word
from specprof.views.quantities import number
from specprof.views.validation.words import unlike_words

PEER_TITLE = "Beside transformers' own generate: same model, prompt and rounds"
PEER_HEADER = (
    "K", "drafting", "specprof ms/token", "transformers", "ratio", "its 95 % interval", "tokens/step",
    "transformers", "n",
)  # fmt: skip


def peer_line(one: PeerResult) -> list[Word]:
    return [
        (str(one.setting.candidates if one.setting else 1), "text"),
        (one.setting.name if one.setting else "none", "accent"),
        (number(one.own_ms.mean), "text"),
        (number(one.peer_ms.mean), "text"),
        (number(one.ratio.mean, 3), "good" if one.ratio.low <= 1 else "warn"),
        (f"{number(one.ratio.low, 3)} to {number(one.ratio.high, 3)}", "muted"),
        (number(one.own_tokens_per_step, 2), "text"),
        (number(one.peer_tokens_per_step, 2), "text"),
        (str(one.rounds), "muted"),
    ]


def peer_notes(record: RunRecord, found: Sequence[PeerResult]) -> Iterator[Word]:
    """What is to be known of the comparison."""
    environment = record.environment
    version = f" {environment.transformers}" if environment and environment.transformers else ""
    words = f"transformers{version} grows its cache as it goes; neither prompt nor first step is in its time."
    differs = []
    if record.plan.attention == "split":
        differs.append("its attention is sdpa")
    if record.execution not in (None, "eager"):
        differs.append("its steps are eager")
    yield " ".join((words, *(f"Unlike ours {one}." for one in differs))), "muted"
    unequal = sum(one.unequal for one in found if one.unequal is not None)
    if unequal:
        yield unlike_words(record, f"{unequal} of transformers' tokens are not those of our greedy decoding")
