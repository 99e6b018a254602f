"""SGLang's two figures, accept length and accept rate, and the chain they tell of.

Its accept length counts the bonus token: (accepted drafts + steps)/steps, so it is the expected tokens of a
step as it stands (sglang/srt/managers/scheduler_components/metrics_reporter.py, update_spec_metrics). Its
num_draft_tokens counts the root: one more than what is drafted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from specprof.engines.metrics.chain_fit import draft_tokens_of_rates
from specprof.engines.metrics.measured import MeasuredAcceptance, from_mean_length


@dataclass(frozen=True)
class Speculation:
    """What a server was started with, as far as that is told."""

    steps: int | None = None
    top_k: int | None = None
    num_draft_tokens: int | None = None
    """With the root."""

    @property
    def chain_tokens(self) -> int | None:
        """Tokens of the longest path that is drafted in a step; of a tree, its depth."""
        if self.steps:
            return self.steps
        if self.top_k == 1 and self.num_draft_tokens:
            return self.num_draft_tokens - 1
        return None


def fitted(
    where: str,
    source: str,
    mean_length: float,
    lengths_and_rates: Sequence[tuple[float, float]],
    rounding: float,
    speculation: Speculation,
    notes: Sequence[str] = (),
) -> MeasuredAcceptance:
    """The chain of `mean_length`, as long as the server was told to draft, or as its accept rates show.

    `rounding` is what each figure may be off by. Raises RunFileProblem.
    """
    said = list(notes)
    drafted = speculation.chain_tokens
    if drafted is not None:
        if (speculation.top_k or 1) > 1:
            said.append(
                f"The drafts were trees (topk {speculation.top_k}, depth {drafted}): a chain of that depth "
                "with the same length stands for them."
            )
    else:
        reading = draft_tokens_of_rates(lengths_and_rates, rounding)
        if reading is not None:
            drafted = reading.draft_tokens
            formula = (
                "length / (drafts + 1), as before April 2026"
                if reading.before_2026_04
                else ("(length − 1) / drafts")
            )
            said.append(
                f"{drafted} draft tokens a step, from accept rate = {formula}; taken for a chain (topk 1)."
            )
            if reading.others:
                older = " or ".join(map(str, reading.others))
                said.append(f"An SGLang from before April 2026 would mean {older} by these figures.")
    return from_mean_length(where, source, mean_length, drafted, said)
