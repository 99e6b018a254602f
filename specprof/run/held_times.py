"""Times that go back: a clock was set, or a file was written by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

from specprof.run.cell_record import CellRecord, DraftRecord, Measured
from specprof.run.decoding import DecodingRecord
from specprof.run.record import RunRecord

TIMED = ("measured_ms", "head_ms", "masked_ms", "beside_ms", "beside_head_ms")
"""The fields of a cell that hold samples."""

_Timed = TypeVar("_Timed", CellRecord, DraftRecord)


def held_times(record: RunRecord) -> tuple[RunRecord, int]:
    """The record with the times of samples, draft passes and blocks ascending, and how many went back.

    Without that, sorting events by time would put its samples in another order than they were taken.
    """
    cells, backs = _all_held(record.cells, TIMED)
    drafts, draft_backs = _all_held(record.drafts, ("pass_ms",))
    decodings, block_backs = _blocks_held(record.validation)
    count = backs + draft_backs + block_backs
    held = {"cells": cells, "drafts": drafts, "validation": decodings}
    return (record.model_copy(update=held), count) if count else (record, 0)


def _blocks_held(decodings: Sequence[DecodingRecord]) -> tuple[list[DecodingRecord], int]:
    count = 0
    held: list[DecodingRecord] = []
    for one in decodings:
        back = sum(later < earlier for earlier, later in pairwise(one.sampled_at_s))
        count += back
        rising = {"sampled_at_s": list(_running_greatest(one.sampled_at_s))}
        held.append(one.model_copy(update=rising) if back else one)
    return held, count


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
                count += 0 if name.endswith("head_ms") else back  # its times are those of measured_ms
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
