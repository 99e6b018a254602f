"""The signs that are drawn, and what stands for them where the terminal has ASCII only."""

from __future__ import annotations

from dataclasses import dataclass

from specprof.run.sanitize import clean

_SPELLED = {
    "×": "x",
    "±": "+-",
    "★": "*",
    "☆": "o",
    "◇": "%",
    "✶": "*",
    "✕": "x",
    "·": "|",
    "…": "...",
    "–": "-",
    "—": "-",
    "−": "-",
    "≥": ">=",
    "≤": "<=",
    "≈": "~",
    "∞": "inf",
    "→": "->",
    "●": "!",
    "◐": "?",
    "○": "~",
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
    "²": "2",
    "α": "alpha",
    "γ": "gamma",
    "Σ": "sum",
    "µ": "u",
    "°": "deg ",
    "─": "-",
    "━": "=",
    "│": "|",
    "╭": "+",
    "╮": "+",
    "╰": "+",
    "╯": "+",
    "┌": "+",
    "┐": "+",
    "└": "+",
    "┘": "+",
    "├": "+",
    "┤": "+",
    "┬": "+",
    "┴": "+",
    "┼": "+",
    "\xa0": " ",
    "\u2009": " ",
    "\u202f": " ",
}
_TO_ASCII = str.maketrans(_SPELLED)


@dataclass(frozen=True)
class Glyphs:
    """One set of signs. The words around them are written with `×`, `±` and `…`: `fit` spells them out."""

    star: str = "★"
    """A measured point."""
    untrusted: str = "✕"
    """A point whose cell, or whose baseline, is invalid."""
    near_best: str = "☆"
    """A point that cannot be told from the best of its row."""
    other: str = "◇"
    """A point of a second run."""
    significant: str = "●"
    suggestive: str = "◐"
    within_noise: str = "○"
    bar_done: str = "━"
    bar_left: str = "─"
    separator: str = "·"
    ellipsis: str = "…"
    ascii: bool = False

    def fit(self, words: str) -> str:
        """`words` in what the terminal can show, on one line and clean, whoever wrote them.

        What comes from a file was cleaned when it was opened; what comes from elsewhere was not. Text goes
        on as `rich.text.Text`, which reads no markup.
        """
        shown = clean(words)
        if not self.ascii or shown.isascii():
            return shown
        return shown.translate(_TO_ASCII).encode("ascii", "replace").decode("ascii")


UNICODE = Glyphs()

NARROW_STAR = Glyphs(star="✶")
"""For Chinese, Japanese and Korean terminals, where ★ is of ambiguous width."""

ASCII = Glyphs(
    star="*",
    untrusted="x",
    near_best="o",
    other="%",
    significant="!",
    suggestive="?",
    within_noise="~",
    bar_done="#",
    bar_left="-",
    separator="|",
    ellipsis="...",
    ascii=True,
)
