"""Facts in sections, in two columns where there is room for them."""

from __future__ import annotations

from itertools import zip_longest

from rich.text import Text

from specprof.tui.look import Look
from specprof.tui.state.recorded import Fact, Section
from specprof.tui.widgets.page import Page

TWO_COLUMNS = 96
BETWEEN = 4
NAME = 20
"""Columns of a fact's name."""


class FactsPage(Page[tuple[Section, ...]]):
    def lines(self, data: tuple[Section, ...], width: int) -> list[Text]:
        if width < TWO_COLUMNS:
            return [line for section in data for line in _section(section, self.look, width)]
        column = (width - BETWEEN) // 2
        blocks = [_section(section, self.look, column) for section in data]
        left = _first_column(list(map(len, blocks)))
        here = [line for block in blocks[:left] for line in block]
        there = [line for block in blocks[left:] for line in block]
        return [_beside(one, other, column) for one, other in zip_longest(here, there, fillvalue=Text(""))]


def _first_column(heights: list[int]) -> int:
    """How many blocks go to the left, so that the longer column is as short as can be."""
    return min(range(1, len(heights) + 1), key=lambda n: max(sum(heights[:n]), sum(heights[n:])))


def _beside(one: Text, other: Text, column: int) -> Text:
    return Text.assemble(one, " " * (column - one.cell_len + BETWEEN), other, no_wrap=True, end="")


def _section(section: Section, look: Look, width: int) -> list[Text]:
    found = [look.line((section.title, "accent", True), width=width)]
    for fact in section.facts:
        found += _fact(fact, look, width)
    return [*found, Text("")]


def _fact(fact: Fact, look: Look, width: int) -> list[Text]:
    indent = NAME if fact.name else 2
    lines = look.wrapped(fact.words, fact.role, width - indent, 99)
    name = look.line((f"  {fact.name}"[: NAME - 1], "muted"))
    first = Text.assemble(name, " " * (indent - name.cell_len), lines[0])
    return [first, *(Text.assemble(" " * indent, line) for line in lines[1:])]
