"""What stands in place of curves where there are none: why not, in a sentence."""

from __future__ import annotations

from rich.text import Text

from specprof.tui.widgets.drawn import Drawn

MARGIN = 2


class WhyNot(Drawn[tuple[str, str]]):
    """`data`: what is missing, and why."""

    def lines(self, data: tuple[str, str], width: int, height: int) -> list[Text]:
        what, reason = data
        room = min(width - MARGIN, 72)
        said = self.look.wrapped(f"Not here: {reason}.", "text", room, max(1, height - 3))
        lines = [self.look.line((what, "text", True), width=room), Text(""), *said]
        return [Text("")] * MARGIN + [Text.assemble(" " * MARGIN, line) for line in lines]
