"""A block of decoding, plain or speculative: real tokens, every part of it timed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch

from specprof.measure.decoding.candidates import Candidates, chain
from specprof.measure.decoding.decoder import Decoder
from specprof.measure.decoding.drafts.drafts import Drafts
from specprof.measure.decoding.sampling import probabilities
from specprof.measure.decoding.stopwatch import Stopwatch
from specprof.measure.decoding.verdicts import Verdict
from specprof.plan.draft_tree import depths
from specprof.run.decoding import Block, Parts

Pick = Callable[[torch.Tensor], torch.Tensor]
"""From logits `[B, vocab]` to the next token of each sequence, `[B, 1]`."""


def most_likely(logits: torch.Tensor) -> torch.Tensor:
    return logits.argmax(-1, keepdim=True)


def sampling(temperature: float, generator: torch.Generator) -> Pick:
    """Samples at a temperature above 0."""
    return lambda logits: torch.multinomial(probabilities(logits, temperature), 1, generator=generator)


@dataclass
class Decoded:
    """What a block came to: the tokens of each sequence behind its first root, and how."""

    tokens: list[list[int]]
    accepted: list[int]
    """Steps of single sequences by how many drafts they accepted."""
    steps: int = 0
    plain_steps: int = 0
    """Of these the ones that had nothing but the roots."""
    spread_rows: float = 0.0
    moved_rows: int = 0
    total_ms: float = 0.0
    parts: dict[str, float] = field(default_factory=dict)
    """None of a loop that is not ours."""

    def block(self, round_number: int, *, suspended: bool, unequal: int | None = None) -> Block:
        parts = Parts(**{"verify": 0.0, **{name: max(0.0, ms) for name, ms in self.parts.items()}})
        return Block(
            round=round_number,
            steps=self.steps,
            plain_steps=self.plain_steps,
            accepted=self.accepted,
            total_ms=self.total_ms,
            parts=parts if self.parts else None,
            moved_rows=self.moved_rows,
            spread_rows=self.spread_rows / self.steps,
            unequal=unequal,
            suspended=suspended,
        )


def decode_plainly(
    decoder: Decoder,
    roots: Sequence[int],
    count: int,
    watch: Stopwatch,
    go_on: Callable[[], None],
    pick: Pick = most_likely,
) -> Decoded:
    """`count` tokens of each sequence, one per step: those that `pick` takes. `go_on` is asked before each
    step and may raise."""
    one = chain(1)
    found = Decoded([[] for _ in roots], [0])
    last = torch.tensor(list(roots), device=decoder.device)[:, None]
    path = [[0]] * len(roots)
    watch.start()
    while found.steps < count:
        go_on()
        watch.skip()
        logits = decoder.step(last, one.parents).logits
        watch.lap("verify")
        last = pick(logits[:, -1])
        told = last[:, 0].tolist()
        watch.lap("accept")
        decoder.keep(path)
        for tokens, token in zip(found.tokens, told, strict=True):
            tokens.append(token)
        found.steps += 1
        found.accepted[0] += len(told)
    found.total_ms, found.parts = watch.stop()
    return found


def decode_speculatively(
    decoder: Decoder,
    roots: Sequence[int],
    count: int,
    candidates: Candidates,
    drafts: Drafts,
    verdict: Verdict,
    watch: Stopwatch,
    go_on: Callable[[], None],
) -> Decoded:
    """Verify steps until the sequences have `count` tokens each on average, or there is no more room.

    All sequences take part in every step: none waits for another, and the ones that accept more get ahead.
    """
    found = Decoded([[] for _ in roots], [0] * (max(depths(list(candidates.parents))) + 1))
    one = chain(1)
    moved = decoder.moved_rows
    wanted = count * len(roots)
    got = 0
    watch.start()
    while got < wanted and max(decoder.lengths) + candidates.count <= decoder.rows:
        go_on()
        watch.skip()
        ids = drafts.propose(roots)
        given = candidates if ids.shape[1] > 1 else one
        watch.lap("draft")
        result = decoder.step(ids, given.parents)
        watch.lap("verify")
        judged = verdict(given, ids, result.logits)
        watch.lap("accept")
        decoder.keep(judged.paths)
        watch.lap("keep")
        drafts.take(ids, judged.paths, result)
        watch.lap("draft")
        roots = judged.roots
        _note(found, judged.paths, roots, ids, decoder)
        found.plain_steps += given is one
        got += sum(map(len, judged.paths))
    found.total_ms, found.parts = watch.stop()
    found.moved_rows = decoder.moved_rows - moved
    return found


def _note(
    found: Decoded,
    paths: Sequence[Sequence[int]],
    roots: Sequence[int],
    ids: torch.Tensor,
    decoder: Decoder,
) -> None:
    """Keeps count: what a server does with the tokens of a step."""
    told = ids.tolist()
    for tokens, path, own, root in zip(found.tokens, paths, told, roots, strict=True):
        tokens.extend(own[node] for node in path[1:])
        tokens.append(root)
        found.accepted[len(path) - 1] += 1
    found.steps += 1
    found.spread_rows += max(decoder.lengths) - sum(decoder.lengths) / len(decoder.lengths)
