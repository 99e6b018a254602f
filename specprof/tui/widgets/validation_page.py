"""What decoding came to: the predicted curves with the measured points on them, and the table below."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from specprof.analysis.validation.results import validation_results
from specprof.run.record import RunRecord
from specprof.tui.widgets.page import Page
from specprof.views.curves.plot import MIN_HEIGHT, MIN_WIDTH, draw_figure
from specprof.views.validation.figure import validation_figure
from specprof.views.validation.lines import validation_lines

WIDEST = 120


@dataclass(frozen=True)
class ValidationNow:
    record: RunRecord
    batch_size: int


class ValidationPage(Page[ValidationNow]):
    def lines(self, data: ValidationNow, width: int) -> list[Text]:
        look, record = self.look, data.record
        results = validation_results(record)
        rows = [row for row in record.plan.rows() if row.batch_size == data.batch_size]
        found: list[Text] = []
        for row in rows if width >= MIN_WIDTH else ():
            if any(result.row == row for result in results):
                figure, overlay = validation_figure(record, results, row)
                size = min(width, WIDEST), max(MIN_HEIGHT, self.app.size.height - 5)
                place = look.palette, look.glyphs
                drawing = draw_figure(figure, *size, *place, letters=look.letters, overlay=overlay)
                if drawing is not None:
                    found += [*drawing.rich().split("\n"), Text("")]
        return [*found, *validation_lines(record, results, width, look.palette, look.glyphs, rows)]
