"""Recent runs on the plan: the list of saved runs, with a cursor only where the keys go to it."""

from __future__ import annotations

import re
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size

from specprof.tui.look import Piece, look_of
from specprof.tui.state.run_summary import RunSummary
from specprof.tui.state.runs_shown import RunRow, moment_words, state_words
from specprof.tui.widgets.runs_list import RunsList, cut_middle
from specprof.views.lines import cut
from specprof.views.quantities import number

ONE_LINE = 76
"""From this width on a run takes one line only."""

NAME = 24

_STAMP = re.compile(r"-\d{8}T\d{6}Z$")
"""The end of the names that specprof gives: when it was measured stands in the line anyway."""


class RecentRuns(RunsList):
    BORDER_TITLE = "Recent runs and samples"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "screen.open", "Open", key_display="Enter"),
        Binding("p", "screen.play", "Play"),
        Binding("slash", "screen.filter", "Filter", key_display="/"),
        Binding("escape", "screen.leave", "Back", key_display="Esc"),
        Binding("down,j", "step(1)", show=False),
        Binding("up,k", "step(-1)", show=False),
        Binding("pagedown", "pages(1)", show=False),
        Binding("pageup", "pages(-1)", show=False),
        Binding("home,g", "pages(-9999)", show=False),
        Binding("end,G", "pages(9999)", show=False),
        # the screen's own, which need no place in the footer here
        Binding("tab", "app.focus_next", show=False),
        Binding("o", "screen.runs", show=False),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id)
        self.can_focus = True
        self.set_classes(classes or "")

    @property
    def shows_cursor(self) -> bool:
        return self.has_focus

    def action_step(self, steps: int) -> None:
        """Before its first run are the plan's fields."""
        if steps < 0 and self.at_first:
            self.screen.focus_previous()
        else:
            self.move(steps)

    def action_pages(self, pages: int) -> None:
        self.move(pages * self.page)

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def on_resize(self, event: events.Resize) -> None:
        self.lines_each = 1 if event.size.width >= ONE_LINE else 2
        self.virtual_size = Size(1, len(self.rows) * self.lines_each)
        super().on_resize(event)

    def _pieces(self, row: RunRow, here: bool, width: int, part: int) -> list[Piece]:
        if self.lines_each > 1:
            return super()._pieces(row, here, width, part)
        look = look_of(self)
        name = cut_middle(look.glyphs.fit(self.shown_name(row)), NAME, look.glyphs.ellipsis)
        moment = f"{moment_words(row.entry):>12}"
        pieces: list[Piece] = [(self._pointer(here), "accent"), self._sign(row)]
        pieces.append((name + " " * (NAME - cell_len(name) + 1), "text", True))
        room = width - 1 - sum(cell_len(words) for words, *_ in pieces) - len(moment) - 1
        for words, role, *_ in self._what(row.summary):
            shown = cut(words, max(0, room), look.glyphs.ellipsis)
            room -= cell_len(shown)
            pieces.append((shown, role))
        return [*pieces, (" " * (room + 1), "text"), (moment, "muted")]

    def shown_name(self, row: RunRow) -> str:
        return _STAMP.sub("", row.entry.name)

    def _second(self, row: RunRow, here: bool) -> list[Piece]:
        return [(self._pointer(here), "accent"), self._sign(row), *self._what(row.summary)]

    def _sign(self, row: RunRow) -> Piece:
        sign, _, role = state_words(row.summary, look_of(self).glyphs)
        return f"{sign} ", role

    def _what(self, summary: RunSummary | None) -> list[Piece]:
        """The best of a run, what ran where, and in what state it is where it is not simply complete."""
        look = look_of(self)
        _, word, role = state_words(summary, look.glyphs)
        if summary is None or summary.problem:
            return [(word, role), (f": {summary.problem}" if summary else "", "muted")]
        joint = f" {look.glyphs.separator} "
        best = summary.best
        speedup = f"K {best.candidates:>3} {number(best.speedup, 2):>5}×  " if best else " " * 14
        state: list[Piece] = [] if summary.state == "complete" else [(word, role), (joint, "muted")]
        return [
            (speedup, "text"),
            *state,
            (joint.join(filter(None, (summary.model, summary.device))), "muted"),
        ]
