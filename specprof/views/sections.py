"""Sections of a report on a console: a blank line between two of them, no spaces at the ends of lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console, RenderableType
from rich.text import Text


def print_sections(console: Console, sections: Iterable[Sequence[RenderableType]]) -> None:
    """Prints the parts of each section below each other. Empty sections are left out."""
    for index, section in enumerate(section for section in sections if section):
        if index:
            console.print()
        for part in section:
            _print(console, part)


def _print(console: Console, part: RenderableType) -> None:
    for line in console.render_lines(part, pad=False):
        words = Text.assemble(*((segment.text, segment.style or "") for segment in line))
        words.rstrip()
        console.print(words, soft_wrap=True)
