"""A widget that draws lines, and says how many it has to draw."""

from __future__ import annotations

from typing import TypeVar

from specprof.tui.widgets.drawn import Drawn

Data = TypeVar("Data")

MOST = 100


class Grown(Drawn[Data]):
    def lines_wanted(self, width: int) -> int:
        """The lines of its content, were there room for all."""
        found = self.nothing(width) if self.data is None else self.lines(self.data, width, MOST)
        return len(found)
