"""Where the time of a verify step goes, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from specprof.run.record import RunRecord
from specprof.tui.widgets.page import Page
from specprof.views.breakdown.lines import breakdown_lines
from specprof.views.breakdown.words import NOT_PROFILED, PUBLISHED


@dataclass(frozen=True)
class BreakdownNow:
    record: RunRecord
    batch_size: int


class BreakdownPage(Page[BreakdownNow]):
    def lines(self, data: BreakdownNow, width: int) -> list[Text]:
        look, record = self.look, data.record
        found = breakdown_lines(record, width, look.palette, look.glyphs, (data.batch_size,))
        if found:
            return found
        words = PUBLISHED if record.reference is not None else NOT_PROFILED
        if any(cell.breakdown is not None for cell in record.cells):
            words = f"no cell of batch size {data.batch_size} was profiled"
        return look.wrapped(words, "muted", width, 9)
