"""What else a run may know of a cell: a second attention, its memory, the kernel that took longest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from specprof.plan.memory import format_bytes
from specprof.plan.plan import Plan
from specprof.run.cell_record import CellRecord
from specprof.views.quantities import number, plus_minus


class Extra(NamedTuple):
    name: str
    value: str
    error: str = ""


def cell_extras(cell: CellRecord, plan: Plan) -> Iterator[Extra]:
    """Those that there are, the most telling first."""
    if cell.beside_over is not None and plan.attention_beside is not None:
        over = cell.beside_over
        error = plus_minus(over.median, over.ci_low, over.ci_high)
        yield Extra(plan.attention_beside, f"{number(over.median, 2)} × {plan.attention}", error)
    if cell.memory_bytes is not None:
        yield Extra("memory", format_bytes(cell.memory_bytes))
        if cell.predicted_bytes is not None:
            yield Extra("predicted", format_bytes(cell.predicted_bytes))
    if cell.kernel:
        yield Extra("kernel", cell.kernel.removeprefix("void "))
