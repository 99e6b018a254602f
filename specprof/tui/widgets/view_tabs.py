"""The views of a screen in one line, the one shown in brackets."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text
from textual import events
from textual.message import Message

from specprof.tui.look import Piece
from specprof.tui.widgets.drawn import Drawn


@dataclass(frozen=True)
class TabsNow:
    names: tuple[tuple[str, ...], ...]
    """Of each view, the longest first, as many forms for each."""
    shown: int


class ViewTabs(Drawn[TabsNow]):
    @dataclass
    class Chosen(Message):
        """A view was clicked."""

        index: int

    def lines(self, data: TabsNow, width: int, height: int) -> list[Text]:
        entries, gap = fitted(data.names, width)
        pieces: list[Piece] = []
        for index, words in enumerate(entries):
            here, after = index == data.shown, index - 1 == data.shown
            if index and gap == 2:
                pieces.append(("]" if after else " ", "accent", True))
            pieces.append(("[" if here else "]" if after and gap == 1 else " ", "accent", True))
            pieces.append((words, "accent" if here else "muted", here))
        pieces.append(("]" if data.shown == len(entries) - 1 else " ", "accent", True))
        return [self.look.line(*pieces, width=width)]

    def on_click(self, event: events.Click) -> None:
        if self.data is None:
            return
        entries, gap = fitted(self.data.names, self.content_size.width)
        end = 0
        for index, words in enumerate(entries):
            end += len(words) + gap
            if event.x < end:
                self.post_message(self.Chosen(index))
                return


def fitted(names: tuple[tuple[str, ...], ...], width: int) -> tuple[list[str], int]:
    """Numbered names in the longest form that fits in `width`, and the columns between two of them.

    Each name has a column on either side for its bracket; where it is tight two share one.
    """
    entries: list[str] = []
    for form in range(len(names[0])):
        entries = [f"{number % 10} {forms[form]}" for number, forms in enumerate(names, start=1)]
        if sum(map(len, entries)) + 2 * len(entries) <= width:
            return entries, 2
    return entries, 1
