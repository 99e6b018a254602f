"""A page of lines to scroll through, laid out anew for each width and look."""

from __future__ import annotations

from typing import Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from specprof.tui.look import Look, look_of

Data = TypeVar("Data")


class Page(ScrollView, Generic[Data]):
    """`show` gives it data; `lines` makes lines of it."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, can_focus=False)
        self.data: Data | None = None
        self._made: tuple[object, int, Look, list[Text]] | None = None

    def show(self, data: Data | None) -> None:
        if data != self.data:
            self.data = data
            self._measure()
            self.refresh()

    @property
    def look(self) -> Look:
        return look_of(self)

    def lines(self, data: Data, width: int) -> list[Text]:
        """Lines of at most `width` columns."""
        raise NotImplementedError

    def _lines(self) -> list[Text]:
        if self.data is None:
            return []
        # one column for the scrollbar, whether it is there or not: the text does not jump when it comes
        width, look = max(1, self.size.width - 2), self.look
        if self._made is None or self._made[:3] != (self.data, width, look):
            self._made = self.data, width, look, self.lines(self.data, width)
        return self._made[3]

    def _measure(self) -> None:
        if self.size.width:
            self.virtual_size = Size(1, len(self._lines()))

    def on_resize(self, event: events.Resize) -> None:
        self._measure()

    def scroll_lines(self, lines: int) -> None:
        self.scroll_to(y=self.scroll_offset.y + lines, animate=False)

    def scroll_pages(self, pages: int) -> None:
        self.scroll_lines(pages * max(1, self.size.height - 1))

    def render_line(self, y: int) -> Strip:
        width, base, lines = self.size.width, self.rich_style, self._lines()
        at = y + self.scroll_offset.y
        if at >= len(lines):
            return Strip.blank(width, base)
        return strip_of(lines[at], width, base, self.app.console)


def strip_of(line: Text, width: int, base: Style, console: object) -> Strip:
    """One line as what textual draws."""
    segments = [
        Segment(words, base + (style or Style()))
        for words, style, _ in line.render(console)  # type: ignore[arg-type]
    ]
    return Strip(segments).adjust_cell_length(width, base)
