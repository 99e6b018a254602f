"""Prompt lookup: what followed the last tokens where they stood before (Saxena, prompt-lookup-decoding)."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from specprof.measure.decoding.decoder import Path, StepResult


class History:
    """Tokens of one sequence, and where each run of up to `longest` of them was seen last."""

    def __init__(self, tokens: Sequence[int], longest: int) -> None:
        self.tokens: list[int] = []
        self.longest = longest
        self._behind: dict[tuple[int, ...], int] = {}
        self.extend(tokens)

    def extend(self, tokens: Sequence[int]) -> None:
        for token in tokens:
            self.tokens.append(token)
            end = len(self.tokens)
            for size in range(1, min(self.longest, end) + 1):
                self._behind[tuple(self.tokens[end - size :])] = end

    def behind(self, token: int, count: int) -> list[int]:
        """The `count` tokens expected behind the history and `token`: copied from behind the longest run
        that ends as these do, on into the copy itself where it runs so far. Nothing where there is none."""
        whole = [*self.tokens[max(0, len(self.tokens) - self.longest + 1) :], token]
        known = (self._behind.get(tuple(whole[start:])) for start in range(len(whole)))
        place = next((place for place in known if place is not None), None)
        if place is None:
            return []
        found: list[int] = []
        for source in range(place, place + count):
            past = source - len(self.tokens)
            found.append(self.tokens[source] if past < 0 else found[past - 1] if past else token)
        return found


class PromptLookup:
    """A chain of `count` candidates, the root included; the root alone where nothing was found for any
    sequence, and copies of it for one that nothing was found for beside others. Up to `longest` tokens are
    compared."""

    def __init__(self, count: int, device: torch.device, longest: int = 3) -> None:
        self.parents = tuple(node - 1 for node in range(count))
        self.longest = longest
        self.device = device
        self._histories: list[History] = []

    def begin(self, prompt: torch.Tensor, last: StepResult, roots: Sequence[int]) -> None:
        self._histories = [History(tokens, self.longest) for tokens in prompt.tolist()]

    def propose(self, roots: Sequence[int]) -> torch.Tensor:
        drafted = len(self.parents) - 1
        both = zip(self._histories, roots, strict=True)
        found = [history.behind(root, drafted) for history, root in both]
        width = drafted if any(found) else 0
        proposed = [[root, *(behind or [root] * width)] for root, behind in zip(roots, found, strict=True)]
        return torch.tensor(proposed, device=self.device)

    def take(self, ids: torch.Tensor, paths: Sequence[Path], result: StepResult) -> None:
        for history, tokens, path in zip(self._histories, ids.tolist(), paths, strict=True):
            history.extend([tokens[node] for node in path])
