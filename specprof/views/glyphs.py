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
    "◈": "&",
    "✶": "*",
    "✕": "x",
    "✓": "+",
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
    valid: str = "✓"
    """A run to be believed, a device that spoils none."""
    untrusted: str = "✕"
    """A point whose cell, or whose baseline, is invalid."""
    near_best: str = "☆"
    """A point that cannot be told from the best of its row."""
    other: str = "◇"
    """A point of a second run."""
    both: str = "◈"
    """Points of both runs in one place."""
    significant: str = "●"
    suggestive: str = "◐"
    within_noise: str = "○"
    warning: str = "!"
    unknown: str = "?"
    bar_done: str = "━"
    bar_left: str = "─"
    fills: tuple[str, ...] = ("█", "▓", "▒", "░", "·")
    """Parts of a bar beside each other, from what weighs most; the last is what is no part."""
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

_ASCII_FILLS = ("#", "=", "-", ":", ".")

NARROW_STAR = Glyphs(star="✶", fills=_ASCII_FILLS)
"""For Chinese, Japanese and Korean terminals, where ★ and blocks are of ambiguous width."""

ASCII = Glyphs(
    star="*",
    valid="+",
    untrusted="x",
    near_best="o",
    other="%",
    both="&",
    significant="!",
    suggestive="?",
    within_noise="~",
    bar_done="#",
    bar_left="-",
    fills=_ASCII_FILLS,
    separator="|",
    ellipsis="...",
    ascii=True,
)
