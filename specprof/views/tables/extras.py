"""What results have besides, where the run has it: a second attention, memory."""

from __future__ import annotations

from collections.abc import Iterable

from specprof.plan.memory import format_bytes
from specprof.plan.plan import Plan
from specprof.run.cell_record import CellRecord
from specprof.views.quantities import percent


def beside_name(plan: Plan) -> str:
    """`eager/sdpa`: the attention beside over the one that the curves stand on."""
    return f"{plan.attention_beside}/{plan.attention}"


def beside_note(plan: Plan) -> str:
    return (
        f"T(K) under attention {plan.attention_beside} over T(K) under {plan.attention}, in the same rounds"
    )


def memory_note(cells: Iterable[CellRecord]) -> str:
    """The most memory that a cell took, and what was predicted of it; nothing where none was measured."""
    known = [cell for cell in cells if cell.memory_bytes is not None]
    if not known:
        return ""
    most = max(known, key=lambda cell: cell.memory_bytes or 0)
    predicted = most.predicted_bytes
    said = f" where {format_bytes(predicted)} were predicted" if predicted is not None else ""
    where = f"seq_len {most.seq_len}, K = {most.candidates}"
    return f"memory at most {format_bytes(most.memory_bytes or 0)}{said} ({where}){_beyond(known)}"


def _beyond(known: Iterable[CellRecord]) -> str:
    """How many cells took more than was predicted, and by how much at most: there, others may not fit that
    were said to."""
    over = [
        (cell.memory_bytes or 0) / cell.predicted_bytes - 1
        for cell in known
        if cell.predicted_bytes and (cell.memory_bytes or 0) > cell.predicted_bytes
    ]
    if not over:
        return ""
    which = "one cell" if len(over) == 1 else f"{len(over)} cells"
    return f"; {which} took more than predicted, by {percent(max(over))} at most"
