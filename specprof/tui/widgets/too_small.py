"""What stands there where the terminal is too small for anything else."""

from __future__ import annotations

from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget

from specprof.tui.look import look_of

LEAST_WIDTH = 60
LEAST_HEIGHT = 16


class TooSmall(Widget):
    def render(self) -> RenderResult:
        width, height = self.app.size
        words = f"{width} × {height} is too small: specprof needs {LEAST_WIDTH} × {LEAST_HEIGHT}. q quits."
        lines = look_of(self).wrapped(words, "text", max(1, width), max(1, height))
        return Text("\n", end="").join(lines[: max(1, height)])
