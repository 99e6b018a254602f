"""What stands in place of curves where there are none: why not, in a sentence."""

from __future__ import annotations

from rich.text import Text

from specprof.tui.widgets.drawn import Drawn


class WhyNot(Drawn[str]):
    def lines(self, data: str, width: int, height: int) -> list[Text]:
        lines = self.look.wrapped(data, "text", min(width, 72), max(1, height - 1))
        return [Text("")] * min(3, max(0, (height - len(lines)) // 3)) + lines
