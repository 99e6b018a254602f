"""Words from elsewhere, shown as they are: never markup, never a control sequence.

Whatever opens a file cleans its strings; what is drawn does not rely on it. Everything that views show
passes here, and goes on as `rich.text.Text`, which reads no markup.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from rich.cells import cell_len, chop_cells

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_SPACES = frozenset("\t\n\r\v\f\x85\u2028\u2029")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls, bidirectional and zero-width marks, surrogates, private and unassigned characters."""


@lru_cache(maxsize=4096)
def _visible(character: str) -> str:
    if character in _SPACES:
        return " "
    return REPLACEMENT if unicodedata.category(character) in _HIDDEN else character


def literal(words: str) -> str:
    """`words` on one line, with every character that a terminal would obey replaced."""
    if words.isascii() and words.isprintable():
        return words
    return "".join(map(_visible, words))


def cut(words: str, width: int, ellipsis: str = "…") -> str:
    """`words` in at most `width` columns, the ellipsis in place of what is missing."""
    if cell_len(words) <= width:
        return words
    room = width - cell_len(ellipsis)
    if room <= 0:
        return ellipsis[: max(0, width)]
    return chop_cells(words, room)[0].rstrip() + ellipsis


def join_facts(facts: Iterable[str], width: int, separator: str = "·") -> list[str]:
    """Short facts joined by the separator into lines of at most `width` columns."""
    joint = f" {separator} "
    lines: list[str] = []
    for fact in facts:
        if lines and cell_len(lines[-1]) + len(joint) + cell_len(fact) <= width:
            lines[-1] += joint + fact
        else:
            lines.append(cut(fact, width))
    return lines
