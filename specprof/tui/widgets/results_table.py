"""Every cell of one batch size in a table to sort and go through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from specprof.tui.look import Look, Piece, look_of
from specprof.tui.state.crosshair import Place
from specprof.tui.state.result_rows import ResultRow, Sort, Standings, index_of
from specprof.tui.widgets.page import strip_of
from specprof.tui.widgets.results_columns import Column, columns_of, fitting, table_width

HEAD = 1
"""Lines of the header, which stays where it is."""


@dataclass(frozen=True)
class TableNow:
    batch_size: int
    rows: tuple[ResultRow, ...]
    """In the order to show them."""
    sorts: tuple[Sort, ...]
    sort: Sort
    descending: bool
    standings: Standings
    place: Place | None
    """The cell under the cursor."""
    beside: str = ""
    """The second attention over the first, where the run has one."""


class ResultsTable(ScrollView):
    COMPONENT_CLASSES: ClassVar[set[str]] = {"results-table--cursor"}

    @dataclass
    class Sorted(Message):
        """The header of a column was clicked."""

        sort: Sort

    @dataclass
    class Placed(Message):
        """A row was clicked."""

        place: Place

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, can_focus=False)
        self.data: TableNow | None = None
        self._columns: tuple[object, list[Column]] | None = None
        self._at: int | None = None

    def show(self, data: TableNow) -> None:
        if data == self.data:
            return
        before, self.data = self.data, data
        self._at = index_of(data.rows, *data.place) if data.place is not None else None
        if before is None or len(before.rows) != len(data.rows):
            self.virtual_size = Size(1, len(data.rows) + HEAD)
        if self._at is not None:
            self._show_cursor()
        elif before is not None and (before.sort, before.descending) != (data.sort, data.descending):
            self.scroll_to(y=0, animate=False, force=True)
        self.refresh()

    @property
    def page(self) -> int:
        """Rows that are seen at once."""
        return max(1, self.size.height - HEAD)

    def place_after(self, steps: int) -> Place | None:
        """The cell so many rows below the cursor, or at the end; without a cursor the first one shown."""
        data = self.data
        if data is None or not data.rows:
            return None
        at = self._at + steps if self._at is not None else self.scroll_offset.y
        row = data.rows[max(0, min(at, len(data.rows) - 1))]
        return Place(row.seq_len, row.candidates)

    def _show_cursor(self) -> None:
        """The header covers the first line of what is scrolled."""
        at, top = self._at, self.scroll_offset.y
        if at is None or self.size.height <= HEAD:
            return
        if at < top:
            self.scroll_to(y=at, animate=False, force=True)
        elif at >= top + self.page:
            self.scroll_to(y=at - self.page + 1, animate=False, force=True)

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._show_cursor)

    def on_click(self, event: events.Click) -> None:
        if self.data is None:
            return
        if event.y < HEAD:
            column = self._column_at(event.x)
            if column is not None:
                self.post_message(self.Sorted(column.sort))
            return
        index = event.y - HEAD + self.scroll_offset.y
        if index < len(self.data.rows):
            row = self.data.rows[index]
            self.post_message(self.Placed(Place(row.seq_len, row.candidates)))

    def _column_at(self, x: int) -> Column | None:
        columns, gap = self._fitting()
        end = 0
        for column in columns:
            end += column.width + gap
            if x < end:
                return column
        return None

    # Drawing

    def _fitting(self, width: int | None = None) -> tuple[list[Column], int]:
        data, look = self.data, look_of(self)
        assert data is not None
        key = (data.rows, data.sorts, data.standings, look.glyphs, data.beside)
        if self._columns is None or self._columns[0] != key:
            columns = columns_of(
                data.rows, data.sorts, data.standings, data.batch_size, look.glyphs, data.beside
            )
            self._columns = key, columns
        return fitting(self._columns[1], self._width if width is None else width)

    def sorts_within(self, width: int) -> tuple[Sort, ...]:
        """The columns that such a table has room for."""
        return tuple(column.sort for column in self._fitting(width - 1)[0])

    @property
    def _width(self) -> int:
        return max(1, self.size.width - 1)

    def render_line(self, y: int) -> Strip:
        width, base, data = self.size.width, self.rich_style, self.data
        if data is None:
            return Strip.blank(width, base)
        columns, gap = self._fitting()
        look = look_of(self)
        if y < HEAD:
            return strip_of(
                look.line(*self._head(columns, gap, look), width=self._width), width, base, self.app.console
            )
        index = y - HEAD + self.scroll_offset.y
        if index >= len(data.rows):
            return Strip.blank(width, base)
        pieces = self._row(index, columns, gap)
        if index != self._at:
            return strip_of(look.line(*pieces, width=self._width), width, base, self.app.console)
        # one colour on the cursor's ground: not every role is readable there
        words, style = look.line(*pieces, width=self._width).plain, self._cursor_style
        return Strip([Segment(words, base + style)]).adjust_cell_length(width, base + style)

    @property
    def _cursor_style(self) -> Style:
        look = look_of(self)
        if look.letters or not look.palette.colour:  # sixteen colours may have no other ground
            return Style(reverse=True)
        return self.get_component_rich_style("results-table--cursor")

    def _head(self, columns: list[Column], gap: int, look: Look) -> list[Piece]:
        data = self.data
        assert data is not None
        up, down = ("^", "v") if look.glyphs.ascii else ("▲", "▼")
        pieces: list[Piece] = []
        for column in columns:
            here = column.sort == data.sort
            sign = f" {down if data.descending else up}" if here else ""
            words = look.glyphs.fit(column.header) + sign
            spaces = " " * (column.width - cell_len(words))
            shown = words + spaces if column.left else spaces + words
            pieces += [(shown, "accent" if here else "muted", here), (" " * gap, "muted")]
        if self._room(columns, gap) > len("reasons"):
            pieces.append(("reasons", "muted"))
        return pieces

    def _room(self, columns: list[Column], gap: int) -> int:
        """Columns left for the reasons."""
        with_reasons = any(column.sort == "verdict" for column in columns)
        return self._width - table_width(columns, gap) - gap if with_reasons else 0

    def _row(self, index: int, columns: list[Column], gap: int) -> list[Piece]:
        data = self.data
        assert data is not None
        row = data.rows[index]
        repeated = data.sort == "seq_len" and index and data.rows[index - 1].seq_len == row.seq_len
        pieces: list[Piece] = []
        for column in columns:
            value, error, role = column.shown(row)
            if column.sort == "seq_len" and repeated:
                role = "muted"
            behind = f" {error:>{column.error_width}}" if column.error_width else ""
            spaces = " " * (column.width - cell_len(behind) - cell_len(value))
            pieces.append((value + spaces if column.left else spaces + value, role))
            pieces.append((behind + " " * gap, "muted"))
        if self._room(columns, gap) > len("reasons"):
            pieces.append(("; ".join(row.reasons), "muted"))
        return pieces
