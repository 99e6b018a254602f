"""Why cells are what they are: the reasons of a whole table, each said once.

Reasons that differ in percentages or counts only are one footnote, with the range of these numbers:
`interval ±6.1 to 9.3 % is wider than the ±5.0 % asked for (12 cells)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

MOST = 9
"""Further kinds of reasons share one footnote."""

_VARIES = re.compile(r"\d+(?:\.\d+)?(?=\s?%|\s+samples?\b)")


class Footnotes:
    """Numbered from 1 in the order in which their reasons first appear."""

    def __init__(self, reasons_of_cells: Iterable[Sequence[str]]) -> None:
        self._numbers: dict[str, int] = {}
        self._said: list[list[str]] = []
        for reasons in reasons_of_cells:
            for reason in dict.fromkeys(reasons):
                self._add(reason)

    def _add(self, reason: str) -> None:
        key = _VARIES.sub("#", reason)
        if key not in self._numbers:
            self._numbers[key] = min(len(self._said), MOST) + 1
            if len(self._said) <= MOST:
                self._said.append([])
        self._said[self._numbers[key] - 1].append(reason)

    def numbers(self, reasons: Sequence[str]) -> list[int]:
        """The footnotes of one cell, ascending."""
        return sorted({self._numbers[_VARIES.sub("#", reason)] for reason in reasons})

    def lines(self) -> list[tuple[int, str]]:
        """Number and words of each footnote."""
        return [(number, _together(said)) for number, said in enumerate(self._said, start=1)]


def _together(said: list[str]) -> str:
    """One sentence for reasons of one kind, with the number of cells that have it."""
    kinds = {_VARIES.sub("#", reason) for reason in said}
    count = f" ({len(said)} cells)" if len(said) > 1 else ""
    if len(kinds) > 1:
        return f"{len(kinds)} further reasons, see --json{count}"
    columns = list(zip(*(_VARIES.findall(reason) for reason in said), strict=True))
    ranges = iter([_range(column) for column in columns])
    return _VARIES.sub(lambda _: next(ranges), said[0]) + count


def _range(found: Sequence[str]) -> str:
    low, high = min(found, key=float), max(found, key=float)
    return low if float(low) == float(high) else f"{low} to {high}"
