"""The decision: the map of the best K, the schedule, and what would change it."""

from __future__ import annotations

from rich.text import Text

from specprof.tui.state.decision import Decision
from specprof.tui.widgets.page import Page
from specprof.views.decision.heatmap import heatmap
from specprof.views.decision.schedule import schedule_lines
from specprof.views.decision.sensitivity import sensitivity_lines


class SchedulePage(Page[Decision]):
    def lines(self, data: Decision, width: int) -> list[Text]:
        look = self.look
        if data.schedule is None or data.compared is None:
            return look.wrapped(data.problem, "warn", width, 9)
        how = width, look.palette, look.glyphs
        formula = look.wrapped(f"under E(K) = {data.formula}", "muted", width, 2)
        empty = Text("")
        return [
            *heatmap(data.schedule, *how),
            *formula,
            empty,
            *schedule_lines(data.schedule, *how),
            empty,
            *sensitivity_lines(data.compared, *how),
        ]
