"""One profiled step as a bar, its parts beside each other."""

from __future__ import annotations

from rich.text import Text

from specprof.run.breakdown import Breakdown
from specprof.views.breakdown.parts import (
    SHOWN,
    bar_length,
    bar_style,
    label_style,
    parts_ms,
    rest_ms,
    shared_out,
    whole_ms,
)
from specprof.views.glyphs import Glyphs
from specprof.views.lines import cut
from specprof.views.palette import Palette


def bar(breakdown: Breakdown, longest_ms: float, width: int, palette: Palette, glyphs: Glyphs) -> Text:
    """The bar, `width` columns wide at `longest_ms`. A part says its share where that fits into it."""
    sizes = parts_ms(breakdown)
    length = bar_length(whole_ms(breakdown), longest_ms, width)
    *cells, rest = shared_out(length, [*sizes, rest_ms(breakdown)])
    text = Text(no_wrap=True, overflow="crop", end="")
    for part, fill, count, ms in zip(SHOWN, glyphs.fills, cells, sizes, strict=True):
        label = f" {100 * ms / whole_ms(breakdown):.0f} % "
        if len(label) + 2 > count:
            label = ""
        before = (count - len(label)) // 2
        text.append(fill * before, bar_style(part, palette))
        text.append(label, label_style(part, palette))
        text.append(fill * (count - before - len(label)), bar_style(part, palette))
    return text.append(" " * rest)


def legend(width: int, palette: Palette, glyphs: Glyphs) -> list[Text]:
    """What the fills mean: in one line, with short names where the long ones do not fit, else in several."""
    for names in ([part.name for part in SHOWN], [part.short for part in SHOWN]):
        entries = [_entry(index, name, width, palette, glyphs) for index, name in enumerate(names)]
        lines = _in_lines(entries, width)
        if len(lines) == 1:
            break
    return lines


def _entry(index: int, name: str, width: int, palette: Palette, glyphs: Glyphs) -> Text:
    part = SHOWN[index]
    entry = Text(no_wrap=True, overflow="crop", end="")
    entry.append(glyphs.fills[index] * 2, bar_style(part, palette))
    entry.append(cut(f" {name}", max(0, width - 2), glyphs.ellipsis), palette.style("text"))
    return entry


def _in_lines(entries: list[Text], width: int) -> list[Text]:
    lines: list[Text] = []
    for entry in entries:
        if lines and lines[-1].cell_len + 3 + entry.cell_len <= width:
            lines[-1].append("   ").append_text(entry)
        else:
            lines.append(entry.copy())
    return lines
