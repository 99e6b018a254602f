"""Which kernel takes longest in each part, and where another one comes with the number of candidates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from specprof.analysis.kernels import fitted as fitted_names
from specprof.analysis.kernels import switch_of
from specprof.plan.plan import Row
from specprof.run.breakdown import PARTS, Part
from specprof.run.cell_record import CellRecord
from specprof.views.lines import cut


class Change(NamedTuple):
    """From one count to the next the kernel that takes longest in a part is another one, which came or the
    other went."""

    fewer: int
    more: int
    part: Part
    old: str
    new: str


def changes(profiled: Iterable[CellRecord]) -> list[Change]:
    """The changes between neighbours of one row, given by ascending K."""
    found = []
    for one, other in pairwise(profiled):
        if one.breakdown is None or other.breakdown is None:
            continue
        for part in PARTS:
            switch = switch_of(one.breakdown, other.breakdown, part)
            if switch is not None:
                found.append(Change(one.candidates, other.candidates, part, *switch))
    return found


def by_rows(rows: Mapping[Row, Sequence[CellRecord]]) -> dict[tuple[Row, ...], list[Change]]:
    """The changes of all rows, each said once with the rows in which it is the same."""
    where: dict[Change, list[Row]] = {}
    for row, cells in rows.items():
        for change in changes(cells):
            where.setdefault(change, []).append(row)
    found: dict[tuple[Row, ...], list[Change]] = {}
    for change, places in sorted(where.items(), key=lambda one: one[0][:2]):
        found.setdefault(tuple(places), []).append(change)
    return dict(sorted(found.items(), key=lambda one: (-len(one[0]), one[0])))


def fitted(old: str, new: str, room: int, ellipsis: str) -> tuple[str, str]:
    """Two names in at most `room` columns each, cut such that what tells them apart is seen."""
    return fitted_names(old, new, room, ellipsis, cut)
