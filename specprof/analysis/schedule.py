"""The decision: how many candidates at each batch size and sequence length, and what one for all would lose.

K counts the root, so K = 1 is plain decoding. The K of the highest speedup is chosen, with two rules:
- where even that is not clearly faster than plain decoding, speculation is off;
- a K that cannot be told apart from the highest is kept where the batch size before chose it, so that
  noise does not make the schedule flap (`hysteresis`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from specprof.analysis.acceptance import PUBLISHED, AcceptanceModel
from specprof.analysis.break_even import break_even_alpha
from specprof.analysis.drafting import DraftCost
from specprof.analysis.findings.evidence import Points, series_of, side
from specprof.analysis.findings.words import counted, listed, with_bounds
from specprof.analysis.opened import Run
from specprof.errors import UsageProblem
from specprof.run.statistics import Estimate

ONE = Estimate(1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Choice:
    """What is best at one batch size and sequence length."""

    batch_size: int
    seq_len: int
    candidates: int
    """The K chosen, the root included; 1 where speculation does not pay."""
    speedup: Estimate
    """Of the chosen K over plain decoding; exactly 1 where that is chosen."""
    highest: int
    """The K of the highest median speedup, 1 included."""
    as_good: tuple[int, ...]
    """`highest` and the measured K that cannot be told apart from it, ascending."""
    pays: bool
    """Whether the whole interval of the chosen K lies above 1."""
    certain: bool
    """Whether nothing else could be as good: enough rounds, and no other K within the noise."""
    break_even_alpha: float | None
    """Smallest acceptance of an i.i.d. chain at which some measured K > 1 pays; None: not even at 1."""
    measured: tuple[int, ...]
    """All K of the row that can be trusted, ascending."""
    reason: str

    @property
    def drafts(self) -> int:
        """Draft tokens, without the root: 0 is no speculation."""
        return self.candidates - 1


@dataclass(frozen=True)
class BatchRange:
    """Batch sizes from `first` to `last`, both included, that get the same K; no `last`: and above."""

    first: int
    last: int | None
    candidates: int
    measured_at: tuple[int, ...]
    """The batch sizes in it that were measured; empty where it lies between two of them."""


@dataclass(frozen=True)
class Schedule:
    acceptance: AcceptanceModel
    draft: DraftCost
    choices: tuple[Choice, ...]
    """By batch size, then sequence length; rows with no trusted K beyond 1 have none."""
    one_for_all: int
    """The single K that loses least on average over all choices."""
    one_for_all_loss: tuple[float, ...]
    """Per choice: the share of its speedup that the single K loses, 0 where nothing; NaN not measured."""
    per_batch: tuple[tuple[int, int], ...]
    """Per batch size: the one K that loses least over its sequence lengths."""

    def at(self, batch_size: int, seq_len: int) -> Choice:
        """Raises UsageProblem where that row was not measured."""
        for choice in self.choices:
            if (choice.batch_size, choice.seq_len) == (batch_size, seq_len):
                return choice
        rows = [f"batch {choice.batch_size} seq_len {choice.seq_len}" for choice in self.choices]
        raise UsageProblem(
            f"batch {batch_size}, seq_len {seq_len} was not measured", f"this run holds {listed(rows, 6)}"
        )

    @property
    def batch_sizes(self) -> tuple[int, ...]:
        return tuple(sorted({choice.batch_size for choice in self.choices}))

    @property
    def seq_lens(self) -> tuple[int, ...]:
        return tuple(sorted({choice.seq_len for choice in self.choices}))

    def by_batch(self, seq_len: int | None = None) -> tuple[BatchRange, ...]:
        """One K per batch size, from 1 on without a gap; the last range goes on above what was measured.

        At one sequence length or, without one, the K that loses least over all that were measured, since
        a server's batch mixes them. Between two measured batch sizes stands the smaller of their two K:
        with too few candidates a batch loses a little, with too many it can lose everything.
        """
        if seq_len is None:
            chosen = list(self.per_batch)
        else:
            chosen = [(c.batch_size, c.candidates) for c in self.choices if c.seq_len == seq_len]
        if not chosen:
            raise UsageProblem(
                f"seq_len {seq_len} was not measured", f"this run holds {listed(self.seq_lens, 9)}"
            )
        return _ranges(chosen)


def schedule_of(
    run: Run,
    acceptance: AcceptanceModel = PUBLISHED,
    draft: DraftCost | None = None,
    *,
    hysteresis: bool = True,
) -> Schedule:
    """The decision for a run. Raises UsageProblem where no row has a trusted K beyond 1.

    `draft`: what drafting costs, where None what the run measured or nothing.
    """
    cost = draft or run.draft
    curves = run.curves(acceptance, cost)
    alphas = break_even_alpha(run, cost)
    found: dict[tuple[int, int], Choice] = {}
    points: dict[tuple[int, int], Points] = {}
    before: dict[int, Choice] = {}
    for batch_size in curves.batch_sizes:
        for row in series_of(curves, batch_size).rows:
            if row.size < 2 or row.candidates[0] != 1:
                continue
            place = run.batch_sizes.index(batch_size), run.seq_lens.index(row.seq_len)
            kept = before.get(row.seq_len) if hysteresis else None
            choice = _choice(batch_size, row, kept, alphas[place], run.candidates)
            before[row.seq_len] = found[batch_size, row.seq_len] = choice
            points[batch_size, row.seq_len] = row
    if not found:
        raise UsageProblem(
            "no row of this run has a trusted result beyond one candidate", "measure at least two counts"
        )
    single = _least_loss(found.values(), points)
    return Schedule(
        acceptance,
        cost,
        tuple(found.values()),
        single,
        tuple(_loss(choice, points[key], single) for key, choice in found.items()),
        tuple(
            (size, _least_loss([c for c in found.values() if c.batch_size == size], points))
            for size in sorted({size for size, _ in found})
        ),
    )


def _choice(
    batch_size: int,
    row: Points,
    before: Choice | None,
    alphas: np.ndarray,
    candidates: tuple[int, ...],
) -> Choice:
    best = row.best
    as_good = sorted(row.candidates[i] for i in (best, *row.rivals))
    pays = best != 0 and row.told_apart(0, best) and side(row.value(best)) > 0
    chosen, reason = best if pays else 0, ""
    keep = before.candidates if before is not None else None
    if pays and keep in as_good and keep not in (1, row.candidates[best]):
        at = row.candidates.index(keep)
        if row.told_apart(0, at) and side(row.value(at)) > 0:
            chosen = at
            reason = (
                f"{keep} is kept from batch {before.batch_size if before else ''}: "
                f"{row.candidates[best]} cannot be told apart from it here"
            )
    usable = [float(alphas[candidates.index(k)]) for k in row.candidates[1:]]
    known = [alpha for alpha in usable if np.isfinite(alpha)]
    return Choice(
        batch_size=batch_size,
        seq_len=row.seq_len,
        candidates=row.candidates[chosen],
        speedup=row.value(chosen) if chosen else ONE,
        highest=row.candidates[best],
        as_good=tuple(as_good),
        pays=pays,
        certain=row.best_certainty == "significant",
        break_even_alpha=min(known) if known else None,
        measured=tuple(row.candidates),
        reason=reason or _reason(row, pays=pays),
    )


def _reason(row: Points, *, pays: bool) -> str:
    if pays:
        words = f"{with_bounds(row.value(row.best))} with {counted(row.candidates[row.best], 'candidate')}"
        rivals = [row.candidates[i] for i in row.rivals]
        return words + (f"; {listed(rivals)} cannot be told apart from it" if rivals else "")
    second = max(range(1, row.size), key=row.speedup.__getitem__)
    return (
        "speculation does not pay: no count is clearly faster than plain decoding, the nearest is "
        f"{row.candidates[second]} with {with_bounds(row.value(second))}"
    )


def _speedup_of(row: Points, candidates: int) -> float:
    """NaN where it was not measured."""
    if candidates not in row.candidates:
        return float("nan")
    return row.speedup[row.candidates.index(candidates)]


def _loss(choice: Choice, row: Points, candidates: int) -> float:
    """Never below 0: what beats the choice within the noise loses nothing."""
    loss = 1 - _speedup_of(row, candidates) / _speedup_of(row, choice.candidates)
    return max(0.0, loss) if np.isfinite(loss) else float("nan")


def _least_loss(choices: Iterable[Choice], points: dict[tuple[int, int], Points]) -> int:
    """The K with the least mean loss over these rows; the smaller of two that lose the same.

    Only a K that all of them measured can be for all: plain decoding always is.
    """
    rows = [(choice, points[choice.batch_size, choice.seq_len]) for choice in choices]
    shared = sorted(set.intersection(*(set(row.candidates) for _, row in rows)))
    losses = [sum(_loss(choice, row, k) for choice, row in rows) for k in shared]
    return shared[int(np.argmin(losses))]


def _ranges(chosen: list[tuple[int, int]]) -> tuple[BatchRange, ...]:
    """Ranges without gaps over ascending (batch size, K)."""
    pieces: list[tuple[int, int, int]] = []
    start = 1
    for (size, k), after in zip(chosen, [*chosen[1:], None], strict=True):
        pieces.append((start, size, k))
        start = size + 1
        if after is not None and after[1] > k and after[0] > start:
            pieces.append((start, after[0] - 1, k))
            start = after[0]
    found: list[BatchRange] = []
    sizes = [size for size, _ in chosen]
    for first, last, k in pieces:
        if found and found[-1].candidates == k:
            first = found.pop().first
        found.append(BatchRange(first, last, k, tuple(s for s in sizes if first <= s <= last)))
    end = found[-1]
    return (*found[:-1], BatchRange(end.first, None, end.candidates, end.measured_at))
