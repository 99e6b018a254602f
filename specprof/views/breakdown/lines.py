"""The breakdown of a run: a bar per cell, row by row, and which kernels come and go with K."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from specprof.plan.plan import Row
from specprof.run.cell_record import CellRecord
from specprof.run.record import RunRecord
from specprof.views.breakdown.bar import bar, legend
from specprof.views.breakdown.kernels import Change, by_rows, fitted
from specprof.views.breakdown.parts import whole_ms
from specprof.views.breakdown.words import (
    KERNELS,
    TITLE,
    disturbed_words,
    note_words,
    places_words,
    profiled_rows,
    row_words,
    slice_words,
)
from specprof.views.decision.lines import Pen
from specprof.views.glyphs import Glyphs
from specprof.views.lines import cut
from specprof.views.palette import Palette
from specprof.views.quantities import decimals_for, number

LEAST_BAR = 24
"""Columns of a bar; where there are fewer the measured medians stand back."""

MOST_CHANGES = 40
GAP = "  "


def breakdown_lines(
    record: RunRecord,
    width: int,
    palette: Palette,
    glyphs: Glyphs,
    batch_sizes: Sequence[int] | None = None,
) -> list[Text]:
    """Lines of at most `width` columns; none where no cell was profiled."""
    rows = profiled_rows(record, batch_sizes)
    if not rows:
        return []
    pen = Pen(width, palette, glyphs)
    pen.heading(TITLE)
    pen.lines += legend(width, palette, glyphs)
    for row, cells in rows.items():
        pen.lines += [Text(""), *_row(row, cells, width, palette, glyphs)]
    pen.say("")
    for words in filter(None, (slice_words(record), disturbed_words(rows))):
        pen.say(words, "warn")
    for words in note_words(record, rows):
        pen.say(words, "muted")
    _kernels(rows, pen)
    return pen.lines


def _row(row: Row, cells: Sequence[CellRecord], width: int, palette: Palette, glyphs: Glyphs) -> list[Text]:
    """Heading and bars of one row, all on the scale of the longest."""
    profiled = _aligned("profiled ms", [c.breakdown.total_ms if c.breakdown else None for c in cells], glyphs)
    measured = _aligned("measured", [c.measured_ms.median if c.measured_ms else None for c in cells], glyphs)
    counts = [f"{cell.candidates}" for cell in cells]
    label = max(map(len, counts))
    room = width - label - 1 - len(GAP) - cell_len(profiled[0])
    columns = [profiled]
    if room - len(GAP) - cell_len(measured[0]) >= LEAST_BAR:
        room -= len(GAP) + cell_len(measured[0])
        columns.append(measured)
    room = max(1, room)
    head = f"{'K':>{label}} {row_words(row)}"
    lines = [_heading(head, [column[0] for column in columns], width, palette, glyphs)]
    longest = max(whole_ms(cell.breakdown) for cell in cells if cell.breakdown)
    for index, (cell, count) in enumerate(zip(cells, counts, strict=True)):
        if cell.breakdown is None:
            continue
        line = Text(no_wrap=True, overflow="crop", end="")
        line.append(f"{count:>{label}} ", palette.style("text"))
        line.append_text(bar(cell.breakdown, longest, room, palette, glyphs))
        line.append(" " * (label + 1 + room - line.cell_len))
        for at, column in enumerate(columns):
            line.append(GAP + column[index + 1], palette.style("muted" if at else "text"))
        lines.append(_within(line, width))
    return lines


def _aligned(head: str, values: Sequence[float | None], glyphs: Glyphs) -> list[str]:
    """A column of numbers with its head, all as wide as the widest."""
    decimals = decimals_for(value for value in values if value is not None)
    shown = [head, *("-" if value is None else glyphs.fit(number(value, decimals)) for value in values)]
    widest = max(map(cell_len, shown))
    return [" " * (widest - cell_len(words)) + words for words in shown]


def _heading(words: str, heads: Sequence[str], width: int, palette: Palette, glyphs: Glyphs) -> Text:
    behind = "".join(GAP + head for head in heads)
    room = width - cell_len(behind)
    said = cut(words, max(0, room), glyphs.ellipsis)
    line = Text(said, palette.style("accent"), no_wrap=True, overflow="crop", end="")
    line.append(" " * (room - cell_len(said)) + behind, palette.style("muted"))
    return _within(line, width)


def _kernels(rows: dict[Row, list[CellRecord]], pen: Pen) -> None:
    groups = by_rows(rows)
    if not groups:
        return
    pen.heading(KERNELS)
    left = MOST_CHANGES
    for places, found in groups.items():
        if left > 0:
            pen.say(places_words(places, list(rows)), "accent")
            _changes(found[:left], pen)
        left -= len(found)
    if left < 0:
        pen.say(f"… and {-left} more, see --json", "muted")


def _changes(found: Sequence[Change], pen: Pen) -> None:
    """`16 → 64  attention  flash_fwd → flash_fwd_splitkv`, the names cut to what tells them apart."""
    glyphs, palette = pen.glyphs, pen.palette
    arrow = glyphs.fit(" → ")
    heads = [glyphs.fit(f"{one.fewer} → {one.more}") for one in found]
    parts = [one.part for one in found]
    first, second = max(map(cell_len, heads)), max(map(cell_len, parts))
    room = max(1, (pen.width - first - second - 2 * len(GAP) - cell_len(arrow)) // 2)
    for change, head, part in zip(found, heads, parts, strict=True):
        old, new = fitted(glyphs.fit(change.old), glyphs.fit(change.new), room, glyphs.ellipsis)
        line = Text(no_wrap=True, overflow="crop", end="")
        line.append(f"{head:>{first}}{GAP}{part:<{second}}{GAP}", palette.style("muted"))
        line.append(old + arrow + new, palette.style("text"))
        pen.lines.append(_within(line, pen.width))


def _within(line: Text, width: int) -> Text:
    line.truncate(width)
    return line
