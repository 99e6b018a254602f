"""What stands below a table of results: what its columns are, and the footnotes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from specprof.analysis.acceptance import AcceptanceModel
from specprof.plan.model import ModelShape
from specprof.run.cell_record import CellRecord
from specprof.views.glyphs import Glyphs
from specprof.views.quantities import percent
from specprof.views.tables.footnotes import Footnotes

Note = tuple[str, str]
"""A mark and its words."""


def notes_of(
    model: ModelShape,
    acceptance: AcceptanceModel,
    cells: Sequence[CellRecord],
    footnotes: Footnotes,
    standings: Iterable[str],
    glyphs: Glyphs,
    draft: str = "",
) -> list[Note]:
    """The notes below one table, its footnotes last. `standings`: which signs the table uses."""
    found: list[Note] = []
    if any(cell.latency_ms for cell in cells):
        found.append(("±", "half the 95 % bootstrap interval of the median, ratios paired by round"))
        if not model.full_depth:
            with_head = any(cell.head_ms is not None for cell in cells)
            found.append(("", _estimate_note(model, with_head=with_head)))
        found.append(("", acceptance_note(acceptance, draft)))
    used = set(standings)
    if "best" in used:
        near = f", {glyphs.near_best} within the noise of the best" if "near" in used else ""
        found.append((glyphs.star, f"best K of its row{near}"))
    masked = _masked_note(cells)
    found.extend([("", masked)] if masked else [])
    found.extend((f"{number}", words) for number, words in footnotes.lines())
    return found


def _estimate_note(model: ModelShape, *, with_head: bool) -> str:
    """What the estimate stands on; the published block has neither embedding, norm nor head."""
    measured = f"{model.layers_measured} of {model.layers_total} layers were measured"
    head = ", with embedding, norm and head" if with_head else ""
    return f"latency at full depth is an estimate: {measured}{head}"


def acceptance_note(acceptance: AcceptanceModel, draft: str = "") -> str:
    """How speedup is made, with the formula and where it is from. `draft`: what drafting costs."""
    cost, words = (" + D(K)/T(1)", f"; D: {draft}") if draft else ("", "")
    return (
        f"speedup = E(K) / (T(K)/T(1){cost}), E(K) = {acceptance.formula} "
        f"({acceptance.name}: {acceptance.source}){words}"
    )


def _masked_note(cells: Iterable[CellRecord]) -> str:
    """The diagnostic form of K = 1, against the plain one that is the baseline."""
    found: list[str] = []
    for cell in cells:
        plain, masked = cell.measured_ms, cell.masked_ms
        if plain is None or masked is None or plain.median <= 0:
            continue
        change = masked.median / plain.median - 1
        where = cell.seq_len if found else f"seq_len {cell.seq_len}"
        found.append(f"{'+' if change >= 0 else '−'}{percent(abs(change))} at {where}")
    if not found:
        return ""
    return f"K = 1 under the mask that K > 1 needs, a diagnostic: {', '.join(found)}"
