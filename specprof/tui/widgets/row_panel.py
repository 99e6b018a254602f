"""The row being measured: every candidate count with its samples, and why it goes on."""

from __future__ import annotations

from rich.text import Text

from specprof.tui.look import Piece
from specprof.tui.state.cells import CellNow, RowNow, Stage
from specprof.tui.widgets.drawn import Drawn
from specprof.views.palette import Role
from specprof.views.quantities import number, plus_minus
from specprof.views.sparkline import sparkline

STAGE_ROLES: dict[Stage, Role] = {
    "waiting": "muted",
    "running": "accent",
    "done": "good",
    "warn": "warn",
    "failed": "bad",
    "dropped": "muted",
    "none": "muted",
}

_VALUES = 8 + 9
"""Columns of a latency and its ±."""


class RowPanel(Drawn[RowNow]):
    BORDER_TITLE = "Cells"

    def nothing(self, width: int) -> list[Text]:
        return [self.look.line(("nothing is measured yet", "muted"), width=width)]

    def title(self, data: RowNow) -> str:
        return f"batch {data.row.batch_size} · seq_len {data.row.seq_len} · round {data.round}"

    def lines(self, data: RowNow, width: int, height: int) -> list[Text]:
        found = []
        if not self.styles.border_top[0]:
            found.append(self.look.line((self.title(data), "text", True), width=width))
        current = next((cell for cell in data.cells if cell.cell == data.current), None)
        why = self._why(current, width, 2 if height > 4 else 1) if current else []
        room = height - len(found) - len(why)
        found += [self._line(cell, cell is current, width) for cell in _around(data.cells, current, room)]
        return [*found, *why]

    def _why(self, cell: CellNow, width: int, most: int) -> list[Text]:
        return self.look.wrapped(f"K {cell.cell.candidates} {cell.why}", "muted", width, most, indent="  ")

    def _line(self, cell: CellNow, current: bool, width: int) -> Text:
        pointer = "▸" if current else " "
        role = STAGE_ROLES[cell.stage]
        pieces: list[Piece] = [(f"{pointer}K {cell.cell.candidates:<5}", role, current)]
        if cell.latency_ms is None:
            words = {"failed": "failed", "dropped": "not measured"}.get(cell.stage, "")
            return self.look.line(*pieces, (words, role), width=width)
        ms = f"{number(cell.latency_ms.median):>6} ms"
        error = f" {plus_minus(*cell.latency_ms):<8}"
        count = f"{cell.count:>4} "
        room = width - 8 - len(ms) - len(error) - len(count)
        pieces += [(ms, "text"), (error, "muted"), (count, "muted")]
        pieces.append((sparkline(cell.samples_ms, max(0, room), self.look.glyphs), role))
        return self.look.line(*pieces, width=width)


def _around(cells: tuple[CellNow, ...], current: CellNow | None, room: int) -> tuple[CellNow, ...]:
    """As many cells as there is room for, the current one among them."""
    if room <= 0:
        return ()
    at = cells.index(current) if current in cells else 0
    first = max(0, min(at - room // 2, len(cells) - room))
    return cells[first : first + room]
