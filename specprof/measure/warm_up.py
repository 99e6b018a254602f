"""Warm-up: samples taken and discarded, and recorded as such, before the first one that counts."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from specprof.measure.bench import CellInProgress
from specprof.measure.clock import Sample
from specprof.measure.row_cells import RowCells
from specprof.run import events as ev

WINDOW = 6
AGREEMENT = 0.05
MAX_S = 2.0


def warm_up(cells: RowCells, only: set[int] | None = None) -> None:
    """K = 1 until two halves of a window agree; on CUDA every K so, on the CPU the largest K once.

    That one touches the largest buffers: a CPU compiles nothing per shape, and one pass over all K would
    cost a tenth of the budget. With `only` other counts are left as they are.
    """
    on_cuda = cells.bench.device.type == "cuda"
    largest = max(only or cells.active)
    for candidates, measured in list(cells.active.items()):
        if only is not None and candidates not in only:
            continue
        if candidates == 1 or on_cuda:
            _warm_up_cell(cells, measured)
        elif candidates == largest:
            _warm_up_cell(cells, measured, runs=1)


def _warm_up_cell(cells: RowCells, measured: CellInProgress, runs: int | None = None) -> None:
    discarded, settled = settle(lambda: cells.sample(measured.cell, measured.step, with_head=False), runs)
    if discarded is not None:
        cells.bench.speaker.say(
            ev.WarmedUp, **measured.cell._asdict(), discarded_ms=discarded, settled=settled
        )


def settle(take: Callable[[], Sample | None], runs: int | None = None) -> tuple[list[float] | None, bool]:
    """Takes samples until two halves of a window agree, at most `MAX_S` seconds or so many `runs`.

    What was taken, ms, and whether they agreed; None where a sample failed.
    """
    discarded: list[float] = []
    settled = False
    started = time.monotonic()
    while True:
        taken = take()
        if taken is None:
            return None, False
        discarded.append(taken.measured_ms)
        if runs is not None and len(discarded) >= runs:
            break
        if len(discarded) >= WINDOW:
            window = discarded[-WINDOW:]
            first, second = window[: WINDOW // 2], window[WINDOW // 2 :]
            middle = statistics.median(window)
            settled = abs(statistics.median(first) - statistics.median(second)) <= AGREEMENT * middle
            if settled:
                break
        if time.monotonic() - started > MAX_S:
            break
    return discarded, settled
