"""Times that go back: a clock was set, or a file was written by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

from specprof.run.record import CellRecord, DraftRecord, Measured, RunRecord

_TIMED = ("measured_ms", "head_ms", "masked_ms")
_Timed = TypeVar("_Timed", CellRecord, DraftRecord)


def held_times(record: RunRecord) -> tuple[RunRecord, int]:
    """The record with the times of each cell's and draft pass's samples ascending, and how many went back.

    Without that, sorting events by time would put its samples in another order than they were taken.
    """
    cells, backs = _all_held(record.cells, _TIMED)
    drafts, draft_backs = _all_held(record.drafts, ("pass_ms",))
    count = backs + draft_backs
    return (record.model_copy(update={"cells": cells, "drafts": drafts}), count) if count else (record, 0)


def _all_held(records: Sequence[_Timed], names: tuple[str, ...]) -> tuple[list[_Timed], int]:
    count = 0
    held: list[_Timed] = []
    for one in records:
        changed: dict[str, Measured] = {}
        for name in names:
            series: Measured | None = getattr(one, name)
            if series is None:
                continue
            back = sum(later < earlier for earlier, later in pairwise(series.sampled_at_s))
            if back:
                count += back if name != "head_ms" else 0  # its times are those of measured_ms
                rising = list(_running_greatest(series.sampled_at_s))
                changed[name] = series.model_copy(update={"sampled_at_s": rising})
        held.append(one.model_copy(update=changed) if changed else one)
    return held, count


def _running_greatest(times_s: Iterable[float]) -> Iterator[float]:
    greatest = 0.0
    for t_s in times_s:
        greatest = max(greatest, t_s)
        yield greatest


def held_words(count: int) -> str:
    """What is said of so many of them."""
    times = "a time that goes back is" if count == 1 else f"{count} times that go back are"
    return f"{times} held at the time before"
