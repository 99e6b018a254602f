"""Speculative sampling: accepted candidates and the token behind them are distributed as the target's own.

At a candidate the target has a distribution p over what follows. Each child x, drawn from q, is accepted
with probability min(1, p(x)/q(x)); where it is not, p becomes norm(max(0, p − q)) for its next sibling. What
is left of p when no child is accepted gives the next token. Of a chain this is algorithm 1 of Leviathan
et al., arXiv 2211.17192; of a tree the multi-step speculative sampling of SpecInfer, arXiv 2305.09781.
SpecInfer takes siblings in random order; here they go by their numbers, so that a q may hang on the
siblings before, as it does where they are drawn without replacement.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from specprof.measure.decoding.candidates import Candidates


def probabilities(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    """softmax(logits / temperature) in float32, `[…, vocab]`; at temperature 0 all of it on the greatest."""
    if not temperature >= 0:
        raise ValueError(f"a temperature is 0 or more, not {temperature}")
    if temperature == 0:
        best = logits.argmax(-1, keepdim=True)
        return torch.zeros(logits.shape, device=logits.device).scatter_(-1, best, 1.0)
    return torch.softmax(logits.float() / temperature, dim=-1)


def drawn_token(weights: torch.Tensor, generator: torch.Generator) -> int:
    """A token by its weights `[vocab]`, which need not add up to 1."""
    return int(torch.multinomial(weights, 1, generator=generator))


def sampled_path(
    candidates: Candidates,
    ids: Sequence[int],
    target: torch.Tensor,
    draft: torch.Tensor | None,
    generator: torch.Generator,
) -> tuple[list[int], int]:
    """The accepted path of the candidates `ids` `[K]`, and the token that follows it.

    `target` `[K, vocab]` are the target's probabilities behind each candidate. Row k of `draft` is the
    distribution that candidate k was drawn from, given its parent and the siblings before it; the root's is
    not read. Without `draft` the candidates were certain, as a drafter's best tokens are, and siblings
    differ. `generator` is on the device of `target`.
    """
    path = [0]
    while True:
        left = target[path[-1]]
        for child in candidates.children[path[-1]]:
            token = ids[child]
            drawn_from = _certain(token, left) if draft is None else draft[child]
            chance = torch.rand((), generator=generator, device=left.device)
            if bool(chance * drawn_from[token] < left[token]):
                path.append(child)
                break
            left = _without(left, drawn_from)
        else:
            return path, drawn_token(left, generator)


def _certain(token: int, like: torch.Tensor) -> torch.Tensor:
    one = torch.zeros_like(like)
    one[token] = 1.0
    return one


def _without(target: torch.Tensor, draft: torch.Tensor) -> torch.Tensor:
    """norm(max(0, p − q)). Where the two are equal a candidate is rejected by rounding only: p stays."""
    rest = (target - draft).clamp_min(0)
    whole = rest.sum()
    return rest / whole if bool(whole > 0) else target
