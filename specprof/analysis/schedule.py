"""The decision: how many candidates at each batch size and sequence length, and what one for all would lose.

K counts the root, so K = 1 is plain decoding. The K of the highest speedup is chosen, with three rules:
- where that is not clearly faster than plain decoding, the highest that is takes its place;
- where none is, speculation is off;
- a K that cannot be told apart from the highest is kept where the batch size before chose it, so that
  noise does not make the schedule flap (`hysteresis`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from specprof.analysis.acceptance import PUBLISHED, AcceptanceModel
from specprof.analysis.break_even import break_even_alpha
from specprof.analysis.drafting import DraftCost
from specprof.analysis.findings.evidence import Points
from specprof.analysis.findings.words import counted, listed
from specprof.analysis.opened import Run
from specprof.analysis.row_choice import Choice, choose, clearly_faster, rows_to_decide
from specprof.errors import UsageProblem

__all__ = ["BatchRange", "Choice", "Schedule", "schedule_of"]


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
    """Per batch size: the one K for all its sequence lengths; see `by_batch`."""

    def at(self, batch_size: int, seq_len: int) -> Choice:
        """Raises UsageProblem where that row was not measured."""
        for choice in self.choices:
            if (choice.batch_size, choice.seq_len) == (batch_size, seq_len):
                return choice
        rows = [f"batch {choice.batch_size} seq_len {choice.seq_len}" for choice in self.choices]
        raise UsageProblem(
            f"batch {batch_size}, seq_len {seq_len} was not measured, or nothing there can be trusted",
            f"this run holds {listed(rows, 6)}",
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
        a server's batch mixes them; the K of the batch size before where that is as good at all of them.
        Where only one batch size was measured its K stands for all, though nothing is known of them: see
        `measured_at`. Between two measured batch sizes stands the smaller of their two K:
        with too few candidates a batch loses a little, with too many it can lose everything.
        """
        if seq_len is None:
            chosen = list(self.per_batch)
        else:
            chosen = [(c.batch_size, c.candidates) for c in self.choices if c.seq_len == seq_len]
        if not chosen:
            raise not_measured(seq_len, self.seq_lens)
        return _ranges(chosen)


def _nothing_to_decide(run: Run, acceptance: AcceptanceModel) -> UsageProblem:
    """Whether the run holds nothing to choose from, or the acceptance model knows none of it."""
    beyond = [k for k in run.candidates if k > 1]
    known = np.isfinite(acceptance.expected_tokens(np.arange(1, max(run.candidates) + 1)))
    if beyond and not known[np.asarray(beyond) - 1].any():
        last = int(known.sum())
        return UsageProblem(
            f"{acceptance.name} knows acceptance up to {counted(last, 'candidate')}, and this run measured "
            f"{listed(beyond, 4)}",
            f"measure fewer with specprof run --candidates 1:{max(last, 2)}, or give a chain:alpha=…",
        )
    return UsageProblem(
        "no row of this run has a trusted result beyond one candidate", "measure at least two counts"
    )


def schedule_of(
    run: Run,
    acceptance: AcceptanceModel = PUBLISHED,
    *,
    hysteresis: bool = True,
    seq_len: int | None = None,
) -> Schedule:
    """The decision for a run, at all its sequence lengths or at one.

    Raises UsageProblem where no row has a trusted K beyond 1, or that length was not measured.
    """
    if seq_len not in (None, *run.seq_lens):
        raise not_measured(seq_len, run.seq_lens)
    alphas = break_even_alpha(run)
    found: dict[tuple[int, int], Choice] = {}
    points: dict[tuple[int, int], Points] = {}
    before: dict[int, Choice] = {}
    for batch_size, row in rows_to_decide(run.curves(acceptance), seq_len):
        place = run.batch_sizes.index(batch_size), run.seq_lens.index(row.seq_len)
        kept = before.get(row.seq_len) if hysteresis else None
        known = (float(alphas[place][run.candidates.index(k)]) for k in row.candidates)
        alpha = min((one for one in known if np.isfinite(one)), default=None)
        choice = choose(batch_size, row, kept, alpha)
        before[row.seq_len] = found[batch_size, row.seq_len] = choice
        points[batch_size, row.seq_len] = row
    if not found:
        raise _nothing_to_decide(run, acceptance)
    single = _least_loss(found.values(), points)
    return Schedule(
        acceptance,
        run.draft,
        tuple(found.values()),
        single,
        tuple(_loss(choice, points[key], single) for key, choice in found.items()),
        _per_batch(tuple(found.values()), points, hysteresis=hysteresis),
    )


def not_measured(seq_len: int | None, there: Sequence[int]) -> UsageProblem:
    return UsageProblem(f"seq_len {seq_len} was not measured", f"this run holds {listed(there, 9)}")


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


def _per_batch(
    choices: Sequence[Choice], points: dict[tuple[int, int], Points], *, hysteresis: bool
) -> tuple[tuple[int, int], ...]:
    """One K per batch size over its lengths: that of the size before where it is as good at every length,
    else the one that loses least."""
    found: list[tuple[int, int]] = []
    for size in sorted({choice.batch_size for choice in choices}):
        rows = [choice for choice in choices if choice.batch_size == size]
        before = found[-1][1] if found and hysteresis else 1
        if len(rows) == 1:
            k = rows[0].candidates
        elif before > 1 and all(_as_good(row, points, before) for row in rows):
            k = before
        else:
            k = _least_loss(rows, points)
        found.append((size, k))
    return tuple(found)


def _as_good(choice: Choice, points: dict[tuple[int, int], Points], candidates: int) -> bool:
    """Whether a K may be kept: not told apart from the highest, and clearly faster than plain decoding."""
    row = points[choice.batch_size, choice.seq_len]
    return candidates in choice.as_good and clearly_faster(row, row.candidates.index(candidates))


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
