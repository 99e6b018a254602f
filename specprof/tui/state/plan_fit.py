"""What of a plan fits into a device's free memory, predicted as the measuring child does."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from specprof.plan.memory import building_bytes, building_for, cell_bytes, format_bytes, weight_bytes
from specprof.plan.plan import Cell, Plan


@dataclass(frozen=True)
class Fit:
    """`misses` says what of the plan does not fit; `fault` is set where nothing of it does."""

    weights_bytes: int
    largest_bytes: int
    """Weights and the plan's largest cell, or building the weights where that takes more."""
    free_bytes: int | None
    cells_out: int = 0
    misses: tuple[str, ...] = ()
    fault: str = ""

    @property
    def words(self) -> str:
        """What it needs, against what there is."""
        weights, largest = format_bytes(self.weights_bytes), format_bytes(self.largest_bytes)
        needed = f"{largest} at most, {weights} of it weights"
        return needed if self.free_bytes is None else f"{needed}; {format_bytes(self.free_bytes)} free"


def fit(plan: Plan, free_bytes: int | None) -> Fit:
    """Compares needed with free memory; without a known free memory it says only what is needed."""
    weights, building = weight_bytes(plan), building_bytes(plan)
    batches, lengths, counts = plan.batch_sizes, plan.seq_lens, plan.candidates
    largest = max(building, weights + cell_bytes(plan, Cell(batches[-1], lengths[-1], counts[-1])))
    if free_bytes is None or largest <= free_bytes:
        return Fit(weights, largest, free_bytes)
    total = len(batches) * len(lengths) * len(counts)
    if building > free_bytes:
        needed, free = _told_apart(building, free_bytes)
        fault = f"{plan.model.title} in {plan.dtype} needs {needed} {building_for(plan)}, {free} are free"
        return Fit(weights, largest, free_bytes, total, fault=fault)
    room = _Room(plan, free_bytes)
    if room.lacks(batches[0], lengths[0], 1):
        needed, free = _told_apart(room.needed(Cell(batches[0], lengths[0], 1)), free_bytes)
        fault = f"no cell fits: the smallest needs {needed} with the weights, {free} are free"
        return Fit(weights, largest, free_bytes, total, fault=fault)
    out, misses = room.misses()
    return Fit(weights, largest, free_bytes, out, tuple(misses))


class _Room:
    """What the weights leave of the free memory.

    `cell_bytes` grows with B, S and K, so that the first that does not fit is found by halving. A row
    whose K = 1 does not fit is not measured at all: every ratio is taken against it.
    """

    def __init__(self, plan: Plan, free_bytes: int) -> None:
        self._plan = plan
        self._weights = weight_bytes(plan)
        self._free_bytes = free_bytes

    def lacks(self, batch_size: int, seq_len: int, candidates: int) -> bool:
        return self.needed(Cell(batch_size, seq_len, candidates)) > self._free_bytes

    def needed(self, cell: Cell) -> int:
        return self._weights + cell_bytes(self._plan, cell)

    def misses(self) -> tuple[int, list[str]]:
        """Cells that do not fit, and what is said of them."""
        batches, lengths, counts = self._plan.batch_sizes, self._plan.seq_lens, self._plan.candidates
        whole = _first(batches, lambda b: self.lacks(b, lengths[-1], counts[-1]))
        some = _first(batches, lambda b: self.lacks(b, lengths[0], 1))
        out, said = 0, []
        for batch_size in batches[whole:some]:
            more, of_batch = self._of_batch(batch_size)
            out += more
            said += of_batch
        if some < len(batches):
            out += (len(batches) - some) * len(lengths) * len(counts)
            against = self._against(Cell(batches[some], lengths[0], 1))
            said.append(f"batch {_several(batches[some:])} will not fit: {against}")
        return out, said

    def _of_batch(self, batch_size: int) -> tuple[int, list[str]]:
        lengths, counts = self._plan.seq_lens, self._plan.candidates
        whole = _first(lengths, lambda s: self.lacks(batch_size, s, counts[-1]))
        some = _first(lengths, lambda s: self.lacks(batch_size, s, 1))
        batch = f"batch {batch_size}, " if len(self._plan.batch_sizes) > 1 else ""
        out, said = 0, []
        for i in range(whole, some):
            fitting = _first(counts, lambda k, s=lengths[i]: self.lacks(batch_size, s, k))  # type: ignore[misc]
            out += len(counts) - fitting
            against = self._against(Cell(batch_size, lengths[i], counts[fitting]))
            of_k = f"K {_several(counts[fitting:])}"
            said.append(f"{batch}seq_len {lengths[i]}, {of_k} will not fit: {against}")
        if some < len(lengths):
            out += (len(lengths) - some) * len(counts)
            against = self._against(Cell(batch_size, lengths[some], 1))
            said.append(f"{batch}seq_len {_several(lengths[some:])} will not fit: {against}")
        return out, said

    def _against(self, cell: Cell) -> str:
        needed, free = _told_apart(self.needed(cell), self._free_bytes)
        return f"{needed} needed, {free} free"


def _told_apart(one: int, other: int) -> tuple[str, str]:
    """Two amounts in words, with as many decimals as it takes to see which is the larger."""
    words = format_bytes(one), format_bytes(other)
    for decimals in (2, 3):
        if words[0] != words[1]:
            break
        words = f"{one / (1 << 30):.{decimals}f} GiB", f"{other / (1 << 30):.{decimals}f} GiB"
    return words


def _first(values: Sequence[int], holds: Callable[[int], bool]) -> int:
    """Where in ascending `values` it begins to hold; their count where it never does."""
    return bisect_left(values, True, key=holds)


def _several(values: Sequence[int]) -> str:
    return ", ".join(map(str, values)) if len(values) <= 3 else f"{values[0]} to {values[-1]}"
