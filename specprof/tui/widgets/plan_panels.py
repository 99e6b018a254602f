"""Beside the plan's fields: what it comes to, and what is wrong with it."""

from __future__ import annotations

from rich.text import Text

from specprof.tui.state.plan_summary import PlanLine
from specprof.tui.widgets.drawn import Drawn

LABEL = 8


class PlanSummary(Drawn[tuple[PlanLine, ...]]):
    """Cells, memory, time; faults first."""

    BORDER_TITLE = "What it comes to"

    def lines(self, data: tuple[PlanLine, ...], width: int, height: int) -> list[Text]:
        found: list[Text] = []
        for number, line in enumerate(data):
            left = height - len(found) - (len(data) - number - 1)
            label = self.look.line((f"{line.label:<{LABEL}} ", "muted"))
            room = max(1, min(line.most, left))
            for index, words in enumerate(self.look.wrapped(line.words, line.role, width - LABEL - 1, room)):
                found.append(Text.assemble(label if index == 0 else " " * (LABEL + 1), words))
        return found


class PlanHead(Drawn[str]):
    """The top line: what this is, and what to press."""

    def lines(self, data: str, width: int, height: int) -> list[Text]:
        question = "  how many candidate tokens should one verify step carry?"
        shown = question if width >= len("specprof") + len(question) + 2 + len(data) else ""
        pieces = (("specprof", "text", True), (shown, "muted"), (f"  {data}", "accent", True))
        return [self.look.line(*pieces, width=width)]
