"""Beside the plan's fields: what it comes to, and what is wrong with it."""

from __future__ import annotations

from rich.text import Text

from specprof.tui.look import Piece
from specprof.tui.state.plan_summary import MemoryTable, PlanLine, PlanNow
from specprof.tui.widgets.drawn import Drawn

LABEL = 8
COLUMN = 7
"""Columns of a number in the table."""


class PlanSummary(Drawn[PlanNow]):
    """Faults first, then cells, memory, time; where there is room, memory cell by cell."""

    BORDER_TITLE = "What it comes to"

    def lines(self, data: PlanNow, width: int, height: int) -> list[Text]:
        found: list[Text] = []
        label = max((LABEL, *(len(line.label) for line in data.lines)))
        for number, line in enumerate(data.lines):
            # what is wrong is said whole, whatever has no room then
            kept = 0 if line.role == "bad" else len(data.lines) - number - 1
            left = height - len(found) - kept
            found += self._line(line, label, width, max(1, min(line.most, left)))
        if data.memory is not None and height - len(found) >= 6:
            found += ["", *self._table(data.memory, width, height - len(found) - 1)]  # type: ignore[list-item]
        return [text if isinstance(text, Text) else Text(text) for text in found]

    def _line(self, line: PlanLine, left: int, width: int, most: int) -> list[Text]:
        label = self.look.line((f"{line.label:<{left}} ", "muted"))
        wrapped = self.look.wrapped(line.words, line.role, width - left - 1, most)
        return [Text.assemble(label if not i else " " * (left + 1), text) for i, text in enumerate(wrapped)]

    def _table(self, table: MemoryTable, width: int, height: int) -> list[Text]:
        """One row for each sequence length. What does not fit is crossed, not coloured only."""
        unit, size = ("GiB", 1 << 30) if table.rows[-1][1][-1][0] >= 1 << 30 else ("MiB", 1 << 20)
        columns = max(1, min(len(table.candidates), (width - LABEL - 1) // COLUMN))
        ks = table.candidates[:columns]
        head = "".join(f"{'K ' + str(k):>{COLUMN}}" for k in ks)
        found = [
            self.look.line(
                (f"{unit} that a cell needs, weights and all, at batch size {table.batch_size}", "muted"),
                width=width,
            ),
            self.look.line((f"{'seq_len':>{LABEL}} ", "muted"), (head, "muted"), width=width),
        ]
        for seq_len, needed in table.rows[: height - len(found)]:
            pieces: list[Piece] = [(f"{seq_len:>{LABEL}} ", "muted")]
            for bytes_, fits in needed[:columns]:
                shown = f"{bytes_ / size:.1f}"
                pieces.append((f"{shown if fits else '✕' + shown:>{COLUMN}}", "text" if fits else "bad"))
            found.append(self.look.line(*pieces, width=width))
        return found


class PlanHead(Drawn[bool]):
    """The top line: what this is, and what to press. `data`: whether the plan can be started."""

    def lines(self, data: bool, width: int, height: int) -> list[Text]:
        press = ("Enter starts it", "accent", True) if data else ("this plan cannot be started", "bad", True)
        words = "  how many candidate tokens should one verify step carry?"
        if width < len("specprof") + len(words) + 2 + len(press[0]):
            words = "  the plan"
        return [self.look.line(("specprof", "text", True), (f"{words}  ", "muted"), press, width=width)]


class PlanHint(Drawn[str]):
    """What the field in focus is, where there is no room for that beside each field."""

    def lines(self, data: str, width: int, height: int) -> list[Text]:
        return [self.look.line((data, "muted"), width=width)]
