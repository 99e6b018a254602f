"""Lines of words in their roles, and columns of them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from specprof.views.glyphs import Glyphs
from specprof.views.lines import cut, wrap
from specprof.views.palette import Palette, Role

Word = tuple[str, Role]


class Pen:
    """Writes lines of at most `width` columns."""

    def __init__(self, width: int, palette: Palette, glyphs: Glyphs) -> None:
        self.width, self.palette, self.glyphs = width, palette, glyphs
        self.lines: list[Text] = []

    def heading(self, words: str) -> None:
        if self.lines:
            self.lines.append(Text(""))
        self.say(words, "text", bold=True)

    def say(self, words: str, role: Role = "text", *, bold: bool = False, indent: int = 0) -> None:
        """Wrapped at whole words."""
        for line in wrap(self.glyphs.fit(words), max(1, self.width - indent)):
            self.lines.append(Text(" " * indent + line, self.palette.style(role, bold=bold)))

    def table(self, header: Sequence[str], rows: Sequence[Sequence[Word]], left: Sequence[int] = ()) -> None:
        """Columns two spaces apart, numbers to the right; those in `left` to the left.

        Columns that do not fit are left out from the right; words to the left may be cut.
        """
        fitted = [[(self.glyphs.fit(words), role) for words, role in row] for row in rows]
        heads: list[Word] = [(self.glyphs.fit(words), "muted") for words in header]
        widths = [max(cell_len(row[i][0]) for row in [heads, *fitted]) for i in range(len(header))]
        shown = self._that_fit(heads, widths, left)
        for row in [heads, *fitted]:
            self._row(row[: len(shown)], shown, left)

    def _that_fit(self, heads: Sequence[Word], widths: Sequence[int], left: Sequence[int]) -> list[int]:
        """The widths of the columns that there is room for, at least the first."""
        shown: list[int] = []
        room = self.width
        for index, width in enumerate(widths):
            gap = 2 if index else 0
            if width + gap > room and not (index in left and cell_len(heads[index][0]) + gap <= room):
                break
            shown.append(min(width, room - gap))
            room -= shown[-1] + gap
        return shown or [self.width]

    def _row(self, row: Sequence[Word], widths: Sequence[int], left: Sequence[int]) -> None:
        text = Text()
        for index, ((words, role), width) in enumerate(zip(row, widths, strict=True)):
            said = cut(words, width, self.glyphs.ellipsis)
            pad = " " * (width - cell_len(said))
            text.append(("  " if index else "") + (said + pad if index in left else pad + said),
                        self.palette.style(role))  # fmt: skip
        text.rstrip()
        self.lines.append(text)
