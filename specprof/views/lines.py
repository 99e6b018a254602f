"""Words fitted into lines of so many columns. What they are made of is clean already: see `Glyphs.fit`."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len, chop_cells


def cut(words: str, width: int, ellipsis: str = "…") -> str:
    """`words` in at most `width` columns, the ellipsis in place of what is missing."""
    if cell_len(words) <= width:
        return words
    room = width - cell_len(ellipsis)
    if room <= 0:
        return ellipsis[: max(0, width)]
    return chop_cells(words, room)[0].rstrip() + ellipsis


def join_facts(facts: Iterable[str], width: int, separator: str, ellipsis: str) -> list[str]:
    """Short facts joined by the separator into lines of at most `width` columns."""
    joint = f" {separator} "
    lines: list[str] = []
    for fact in facts:
        if lines and cell_len(lines[-1]) + len(joint) + cell_len(fact) <= width:
            lines[-1] += joint + fact
        else:
            lines.append(cut(fact, width, ellipsis))
    return lines


def wrap(words: str, width: int) -> list[str]:
    """Lines of whole words; a word longer than a line is broken."""
    found: list[str] = []
    for word in words.split():
        rest = word
        if found and len(found[-1]) + 1 + len(rest) <= width:
            found[-1] += " " + rest
            continue
        while len(rest) > width:
            found.append(rest[:width])
            rest = rest[width:]
        found.append(rest)
    return found or [""]
