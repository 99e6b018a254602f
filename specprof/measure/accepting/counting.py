"""Greedy speculative decoding of one prompt after the other, the accepted drafts of each step counted."""

from __future__ import annotations

from collections.abc import Callable

import torch

from specprof.errors import EnvironmentProblem
from specprof.measure.decoding.candidates import chain
from specprof.measure.decoding.decoder import PREFILL_CHUNK, Decoder, StepResult
from specprof.measure.decoding.drafts.drafts import Drafts


class Stopped(Exception):
    """Somebody asked for the end; what was counted stands in the `PromptCount`."""


class PromptCount:
    """How far one prompt is. `text` holds its new tokens."""

    def __init__(self, depth: int) -> None:
        self.steps_by_accepted = [0] * (depth + 1)
        self.text: list[int] = []
        self.ended: str | None = None


class Counter:
    """Decodes `tokens` new tokens of each prompt, or up to an end token.

    `between` is called with the count after each step, and `asked` says whether to stop. A step counts whole,
    also the last one, which may go beyond the tokens wanted.
    """

    def __init__(
        self,
        target: Decoder,
        drafts: Drafts,
        *,
        tokens: int,
        ends: tuple[int, ...] = (),
        between: Callable[[PromptCount], None] = lambda count: None,
        asked: Callable[[], bool] = lambda: False,
    ) -> None:
        self._target, self._drafts = target, drafts
        self._tokens, self._ends = tokens, frozenset(ends)
        self._between, self._asked = between, asked
        self._tree = chain(len(drafts.parents))

    def count(self, prompt: list[int]) -> PromptCount:
        """Counts one prompt's steps. Raises Stopped, and EnvironmentProblem for a model without numbers."""
        count = PromptCount(self._tree.count - 1)
        ids = torch.tensor([prompt], device=self._target.device)
        found = self._prefill(ids, count)
        self._take(count, [], found)
        self._drafts.begin(ids, found, [count.text[-1]])
        while count.ended is None:
            self._step(count)
            self._between(count)
            if count.ended is None and self._asked():
                raise Stopped
        return count

    def _prefill(self, ids: torch.Tensor, count: PromptCount) -> StepResult:
        """As the decoder does it, but heard and stopped in between: a long prompt takes its time."""
        self._target.reset(0)
        for some in ids.split(PREFILL_CHUNK, dim=1):
            found = self._target.prefill(some)
            self._between(count)
            if self._asked():
                raise Stopped
        return found

    def _step(self, count: PromptCount) -> None:
        ids = self._drafts.propose([count.text[-1]])
        result = self._target.step(ids, self._tree.parents)
        candidates = ids[0].tolist()
        path = self._tree.agreeing(candidates, _greedy(result))
        self._target.keep([path])
        self._drafts.take(ids, [path], result)
        count.steps_by_accepted[len(path) - 1] += 1
        last = StepResult(*(part[:, path[-1] : path[-1] + 1] for part in result))
        self._take(count, [candidates[node] for node in path[1:]], last)

    def _take(self, count: PromptCount, accepted: list[int], last: StepResult) -> None:
        gained = [*accepted, _greedy(last)[-1]]
        count.text += gained
        if not self._ends.isdisjoint(gained):
            count.ended = "end token"
        elif len(count.text) >= self._tokens:
            count.ended = "length"


def _greedy(result: StepResult) -> list[int]:
    """The likeliest token behind each candidate, `[K]`."""
    highest, ids = result.logits[0].max(dim=-1)
    if not bool(torch.isfinite(highest).all()):
        raise EnvironmentProblem(
            "the target's logits are not finite numbers", "use another --dtype, or check the checkpoint"
        )
    return ids.tolist()
