"""A widget that draws lines of its own from data that it is shown."""

from __future__ import annotations

from typing import Generic, TypeVar

from rich.text import Text
from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget

from specprof.tui.look import Look, look_of

Data = TypeVar("Data")


class Drawn(Widget, Generic[Data]):
    """`show` gives it new data, which is drawn only where it differs from what is on screen."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.data: Data | None = None

    def show(self, data: Data | None) -> None:
        if data != self.data:
            self.data = data
            title = self.title(data) if data is not None else ""
            if title:
                self.border_title = Content(self.look.glyphs.fit(title))
            self.refresh()

    def title(self, data: Data) -> str:
        """What stands in the border; nothing where it stays what it is."""
        return ""

    @property
    def look(self) -> Look:
        return look_of(self)

    def render(self) -> RenderResult:
        width, height = self.content_size
        if width <= 0 or height <= 0:
            return Text("")
        lines = self.nothing(width) if self.data is None else self.lines(self.data, width, height)
        return Text("\n", no_wrap=True, overflow="crop", end="").join(lines[:height])

    def nothing(self, width: int) -> list[Text]:
        """What stands there before there is any data."""
        return []

    def lines(self, data: Data, width: int, height: int) -> list[Text]:
        """At most `height` lines of at most `width` columns."""
        raise NotImplementedError
