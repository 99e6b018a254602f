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
        """Columns two spaces apart, numbers to the right; those in `left` to the left."""
        fitted = [[(self.glyphs.fit(words), role) for words, role in row] for row in rows]
        heads: list[Word] = [(self.glyphs.fit(words), "muted") for words in header]
        widths = [max(cell_len(row[i][0]) for row in [heads, *fitted]) for i in range(len(header))]
        for row in [heads, *fitted]:
            self._row(row, widths, left)

    def _row(self, row: Sequence[Word], widths: Sequence[int], left: Sequence[int]) -> None:
        text, room = Text(), self.width
        for index, ((words, role), width) in enumerate(zip(row, widths, strict=True)):
            pad = " " * (width - cell_len(words))
            shown = cut(("  " if index else "") + (words + pad if index in left else pad + words), room,
                        self.glyphs.ellipsis)  # fmt: skip
            text.append(shown, self.palette.style(role))
            room -= cell_len(shown)
            if room <= 0:
                break
        text.rstrip()
        self.lines.append(text)
