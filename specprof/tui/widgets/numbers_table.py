"""A quantity in numbers, by sequence length and K: where there is no room for its curves."""

from __future__ import annotations

from dataclasses import dataclass

from rich.style import Style
from rich.text import Text

from specprof.tui.look import Look
from specprof.tui.state.crosshair import Place, Spot
from specprof.tui.widgets.drawn import Drawn
from specprof.views.palette import series_role
from specprof.views.quantities import decimals_for, number

LEFT = 8


@dataclass(frozen=True)
class NumbersNow:
    title: str
    quantity: str
    """With its unit."""
    candidates: tuple[int, ...]
    rows: tuple[tuple[int, int, tuple[float | None, ...]], ...]
    """Sequence length, index of its colour, values at each K."""
    place: Place | None
    decimals: int | None = None
    about: tuple[str, ...] = ()
    """What must be known of the quantity."""

    @property
    def spots(self) -> list[Spot]:
        """What the crosshair goes through, line by line."""
        return [
            Spot(seq_len, count, at)
            for at, (seq_len, _, values) in enumerate(self.rows)
            for count, value in zip(self.candidates, values, strict=True)
            if value is not None
        ]


class NumbersTable(Drawn[NumbersNow]):
    def lines(self, data: NumbersNow, width: int, height: int) -> list[Text]:
        look = self.look
        values = [value for _, _, row in data.rows for value in row if value is not None]
        decimals = decimals_for(values) if data.decimals is None else data.decimals
        shown = [number(value, decimals) for value in values]
        pitch = max([len(words) for words in shown] + [len(str(data.candidates[-1])), 4]) + 1
        columns = _around(len(data.candidates), self._at(data), max(1, (width - LEFT) // pitch))
        before = look.glyphs.ellipsis if columns.start else ""
        head = f"{before:>{LEFT}}" + "".join(f"{data.candidates[i]:>{pitch}}" for i in columns)
        if columns.stop < len(data.candidates):
            head += look.glyphs.ellipsis
        found = [
            look.line((data.title, "text", True), width=width),
            look.line((data.quantity, "text"), (", seq_len by K", "muted"), width=width),
            *(look.line((words, "muted"), width=width) for words in data.about),
            look.line((head, "muted"), width=width),
        ]
        here = next((i for i, row in enumerate(data.rows) if data.place and row[0] == data.place.seq_len), 0)
        rows = _around(len(data.rows), here, height - len(found))
        return [*found, *(self._row(data, index, columns, pitch, decimals, look) for index in rows)]

    @staticmethod
    def _at(data: NumbersNow) -> int:
        if data.place is None or data.place.candidates not in data.candidates:
            return 0
        return data.candidates.index(data.place.candidates)

    @staticmethod
    def _row(data: NumbersNow, index: int, columns: range, pitch: int, decimals: int, look: Look) -> Text:
        seq_len, colour, values = data.rows[index]
        line = look.line((f"{seq_len:>{LEFT - 1}} ", series_role(colour)))
        for i in columns:
            value = values[i]
            words = look.glyphs.fit(number(value, decimals)) if value is not None else "-"
            here = data.place == Place(seq_len, data.candidates[i])
            line.append(" " * (pitch - len(words)))
            style = look.palette.style("text" if value is not None else "muted")
            line.append(words, style + Style(reverse=True) if here else style)
        return line


def _around(count: int, at: int, room: int) -> range:
    """As many indices as there is room for, `at` among them."""
    room = max(1, min(room, count))
    first = max(0, min(at - room // 2, count - room))
    return range(first, first + room)
