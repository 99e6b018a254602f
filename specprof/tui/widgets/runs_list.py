"""The list of saved runs: two lines each, one of them under the cursor."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from specprof.tui.look import Piece, look_of
from specprof.tui.state.run_summary import RunSummary
from specprof.tui.state.runs_shown import RunRow, moment_words, state_words
from specprof.views.lines import cut
from specprof.views.quantities import number


class RunsList(ScrollView):
    """Shows rows; the cursor stays on its file while others come and go."""

    lines_each = 2
    """Of each run."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"runs-list--cursor"}

    @dataclass
    class Moved(Message):
        """Another row is under the cursor, or none."""

        row: RunRow | None

    class Chosen(Message):
        """The row under the cursor was clicked twice."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, can_focus=False)
        self.rows: tuple[RunRow, ...] = ()
        self._at = 0

    @property
    def row(self) -> RunRow | None:
        """What is under the cursor."""
        return self.rows[self._at] if self.rows else None

    def show(self, rows: tuple[RunRow, ...], at: Path | None = None) -> None:
        """New rows, with the cursor on the file `at`, else where it was, else on what stood next to it."""
        if rows == self.rows and at is None:
            return
        before = self.row
        places = {row.entry.path: index for index, row in enumerate(rows)}
        near = [*self.rows[self._at :], *reversed(self.rows[: self._at])]
        # an unfinished run that has come to its end lies under its own name
        wanted = [at, *(path for row in near for path in (row.entry.path, row.entry.output))]
        self.rows = rows
        self._at = next((places[path] for path in wanted if path in places), 0)
        self.virtual_size = Size(1, len(rows) * self.lines_each)
        self._show_cursor()
        self.refresh()
        if before is None or self.row is None or self.row.entry != before.entry:
            self.post_message(self.Moved(self.row))

    def move(self, steps: int) -> None:
        """Moves the cursor; beyond either end it stays there."""
        self.move_to(self._at + steps)

    def move_to(self, index: int) -> None:
        at = max(0, min(index, len(self.rows) - 1))
        if at != self._at:
            self.refresh_lines(self._at * self.lines_each, self.lines_each)
            self._at = at
            self.refresh_lines(at * self.lines_each, self.lines_each)
            self._show_cursor()
            self.post_message(self.Moved(self.row))

    @property
    def at_first(self) -> bool:
        return self._at == 0

    @property
    def shows_cursor(self) -> bool:
        """Whether the row under the cursor stands out."""
        return True

    @property
    def page(self) -> int:
        """Rows that are seen at once."""
        return max(1, self.size.height // self.lines_each)

    def _show_cursor(self) -> None:
        self.scroll_to_region(
            Region(0, self._at * self.lines_each, 1, self.lines_each), animate=False, force=True
        )

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._show_cursor)

    def on_click(self, event: events.Click) -> None:
        index = (event.y + self.scroll_offset.y) // self.lines_each
        if not 0 <= index < len(self.rows):
            return
        again = index == self._at and event.chain > 1
        self.move_to(index)
        if again:
            self.post_message(self.Chosen())

    # Drawing

    def render_line(self, y: int) -> Strip:
        width, base = self.scrollable_content_region.width, self.rich_style
        index, part = divmod(y + self.scroll_offset.y, self.lines_each)
        if index >= len(self.rows):
            return Strip.blank(width, base)
        row, look = self.rows[index], look_of(self)
        here = index == self._at and self.shows_cursor
        pieces = self._pieces(row, here, width, part)
        if not here:
            line = look.line(*pieces, width=width - 1)
            segments = [
                Segment(text, base + (style or Style())) for text, style, _ in line.render(self.app.console)
            ]
            return Strip(segments).adjust_cell_length(width, base)
        # one colour on the cursor's ground: not every role is readable there
        words, style = look.line(*pieces, width=width - 1).plain, self._cursor_style
        return Strip([Segment(words, style + Style(bold=part == 0))]).adjust_cell_length(width, style)

    @property
    def _cursor_style(self) -> Style:
        look = look_of(self)
        if look.letters or not look.palette.colour:  # sixteen colours may have no other ground
            return Style(reverse=True)
        return self.get_component_rich_style("runs-list--cursor")

    def _pieces(self, row: RunRow, here: bool, width: int, part: int) -> list[Piece]:
        """Line `part` of a run."""
        return self._first(row, here, width) if part == 0 else self._second(row, here)

    def _first(self, row: RunRow, here: bool, width: int) -> list[Piece]:
        moment = moment_words(row.entry)
        room = width - 2 - len(moment) - 2
        name = cut_middle(
            look_of(self).glyphs.fit(self.shown_name(row)), max(8, room), look_of(self).glyphs.ellipsis
        )
        gap = max(1, width - 2 - cell_len(name) - len(moment) - 1)
        return [(self._pointer(here), "accent"), (name, "text", True), (" " * gap, "text"), (moment, "muted")]

    def shown_name(self, row: RunRow) -> str:
        return row.entry.name

    def _second(self, row: RunRow, here: bool) -> list[Piece]:
        look, summary = look_of(self), row.summary
        sign, word, role = state_words(summary, look.glyphs)
        return [(self._pointer(here), "accent"), (f"{sign} {word:<11}", role), *self._what(summary)]

    def _what(self, summary: RunSummary | None) -> list[Piece]:
        """The best of a run, and what ran where; or why it cannot be read."""
        if summary is None:
            return []
        if summary.problem:
            return [(summary.problem, "muted")]
        best, look = summary.best, look_of(self)
        speedup = f"K {best.candidates:>3} {number(best.speedup, 2):>5}×  " if best else " " * 14
        where = [summary.model, summary.device]
        return [(speedup, "text"), (f" {look.glyphs.separator} ".join(filter(None, where)), "muted")]

    def _pointer(self, here: bool) -> str:
        if not here:
            return "  "
        return "> " if look_of(self).glyphs.ascii else "▌ "


def cut_middle(words: str, width: int, ellipsis: str) -> str:
    """`words` in at most `width` columns: names of runs differ at their end, and begin with the model."""
    if cell_len(words) <= width:
        return words
    tail = words[-max(1, (width - len(ellipsis)) // 2) :]
    while cell_len(tail) > width - len(ellipsis) - 1 and tail:
        tail = tail[1:]
    return cut(words, width - cell_len(tail), ellipsis) + tail
