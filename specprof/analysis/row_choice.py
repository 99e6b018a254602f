"""The decision at one batch size and sequence length: which K, and what else might be as good."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from specprof.analysis.curves import CurveSet
from specprof.analysis.findings.evidence import Points, series_of, side, widened
from specprof.analysis.findings.words import counted, listed, with_bounds
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
    """Whether the whole interval of the chosen K lies above 1, also when it is widened for having been
    picked from all counts of the row."""
    certain: bool
    """Whether nothing else could be as good: enough rounds, and no other K within the noise."""
    break_even_alpha: float | None
    """Smallest acceptance of an i.i.d. chain at which some measured K > 1 pays; None: not even at 1."""
    measured: tuple[int, ...]
    """All K of the row that can be trusted, ascending."""
    reason: str
    nearest: tuple[int, Estimate] | None = None
    """Where speculation is off: the K > 1 of the highest median speedup, and that speedup."""

    @property
    def drafts(self) -> int:
        """Draft tokens, without the root: 0 is no speculation."""
        return self.candidates - 1

    @property
    def kept(self) -> bool:
        """Whether one that cannot be told apart from the highest is preferred to it: see `reason`."""
        return self.pays and self.candidates != self.highest


def rows_to_decide(curves: CurveSet, seq_len: int | None = None) -> Iterator[tuple[int, Points]]:
    """Batch size and row, where there is a trusted K beyond 1 to choose; of one sequence length or of all."""
    for batch_size in curves.batch_sizes:
        for row in series_of(curves, batch_size).rows:
            # K = 1 is among the points wherever there is another: their ratios stand on it
            if row.size > 1 and seq_len in (None, row.seq_len):
                yield batch_size, row


def clearly_faster(row: Points, i: int) -> bool:
    """Whether point i is faster than plain decoding, seen that it was picked from all counts beyond 1."""
    rounds = row.rounds(0, i)
    value = row.value(i)
    if rounds is not None:
        value = widened(value, row.size - 1, rounds)
    return row.told_apart(0, i) and side(value) > 0


def as_good(row: Points) -> tuple[int, ...]:
    """The K of the highest speedup and those that cannot be told apart from it, ascending.

    Plain decoding is one of them unless the highest is clearly faster.
    """
    found = {row.candidates[i] for i in (row.best, *row.rivals)}
    if row.best and not clearly_faster(row, row.best):
        found.add(1)
    return tuple(sorted(found))


def choose(batch_size: int, row: Points, before: Choice | None, break_even_alpha: float | None) -> Choice:
    """The choice at one row, `[n]` with n ≥ 2 and K = 1 the first.

    The highest of those that are clearly faster than plain decoding, where it cannot be told apart from the
    highest of all. `before` is the choice at the batch size before, whose K is kept where it is as good.
    """
    good = as_good(row)
    faster = [i for i in sorted((row.best, *row.rivals)) if i and clearly_faster(row, i)]
    pays, nearest = bool(faster), None
    if not pays:
        second = max(range(1, row.size), key=row.speedup.__getitem__)
        chosen, reason, nearest = 0, _off_words(row, second), (row.candidates[second], row.value(second))
    else:
        chosen = max(faster, key=row.speedup.__getitem__)
        reason = _pays_words(row) if chosen == row.best else _surer_words(row, chosen)
        keep = before.candidates if before is not None else 1
        if before is not None and keep in [row.candidates[i] for i in faster if i != chosen]:
            chosen = row.candidates.index(keep)
            reason = (
                f"{keep} is kept from batch {before.batch_size}: "
                f"{row.candidates[row.best]} cannot be told apart from it here"
            )
    return Choice(
        batch_size=batch_size,
        seq_len=row.seq_len,
        candidates=row.candidates[chosen],
        speedup=row.value(chosen) if chosen else ONE,
        highest=row.candidates[row.best],
        as_good=good,
        pays=pays,
        certain=len(good) == 1 and row.best_certainty == "significant",
        break_even_alpha=break_even_alpha,
        measured=tuple(row.candidates),
        reason=reason,
        nearest=nearest,
    )


def _pays_words(row: Points) -> str:
    words = f"{with_bounds(row.value(row.best))} with {counted(row.candidates[row.best], 'candidate')}"
    rivals = [row.candidates[i] for i in row.rivals]
    return words + (f"; {listed(rivals)} cannot be told apart from it" if rivals else "")


def _surer_words(row: Points, chosen: int) -> str:
    unsure = _unsure_words(row, row.best) or ", which is not clearly faster than plain decoding"
    return (
        f"{with_bounds(row.value(chosen))} with {counted(row.candidates[chosen], 'candidate')}; "
        f"{row.candidates[row.best]} reaches {with_bounds(row.value(row.best))}{unsure}"
    )


def _off_words(row: Points, second: int) -> str:
    return (
        "speculation does not pay: no count is clearly faster than plain decoding, the nearest is "
        f"{row.candidates[second]} with {with_bounds(row.value(second))}{_unsure_words(row, second)}"
    )


def _unsure_words(row: Points, i: int) -> str:
    """Why a point that looks faster than plain decoding is not taken to be; nothing where it does not."""
    rounds = row.rounds(0, i)
    if rounds is not None and row.certainty(0, i) == "within noise":
        return f" in {counted(rounds, 'round')}, too few to tell"
    if side(row.value(i)) > 0 and row.size > 2:
        return f", which may be chance as the highest of {row.size - 1}"
    return ""
