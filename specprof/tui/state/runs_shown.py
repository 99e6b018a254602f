"""Which saved runs are listed, in which order, and what is said of each."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from specprof.session.library import Entry
from specprof.tui.state.run_summary import RunSummary, State
from specprof.views.glyphs import Glyphs
from specprof.views.palette import Role

Order = Literal["date", "name", "speedup"]
ORDERS: tuple[Order, ...] = ("date", "name", "speedup")

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

_STATE_SIGNS: dict[State, tuple[str, str, Role]] = {
    "complete": ("●", "#", "good"),
    "partial": ("◐", "%", "warn"),
    "cancelled": ("◐", "%", "warn"),
    "failed": ("✕", "x", "bad"),
    "unfinished": ("◌", "o", "warn"),
    "unreadable": ("✕", "x", "bad"),
}


@dataclass(frozen=True)
class RunRow:
    """`summary` is None until the file has been read."""

    entry: Entry
    summary: RunSummary | None

    @property
    def words(self) -> str:
        """What the filter looks at."""
        found = [self.entry.name, self.entry.kind]
        if self.summary is not None:
            found += [self.summary.model, self.summary.device, self.summary.state]
        return " ".join(found).casefold()


def rows_shown(rows: Iterable[RunRow], wanted: str, order: Order) -> tuple[RunRow, ...]:
    """The rows in which every word of `wanted` stands, in order: `rows` themselves are by date."""
    parts = wanted.casefold().split()
    found = [row for row in rows if all(part in row.words for part in parts)]
    if order == "name":
        found.sort(key=lambda row: row.entry.name.casefold())
    elif order == "speedup":
        found.sort(key=_speedup, reverse=True)
    return tuple(found)


def _speedup(row: RunRow) -> float:
    best = row.summary.best if row.summary is not None else None
    return best.speedup if best is not None else -math.inf


def state_words(summary: RunSummary | None, glyphs: Glyphs) -> tuple[str, str, Role]:
    """Sign, word and role of a run's state; a complete run with bad cells is not as good as one without."""
    if summary is None:
        return glyphs.separator, "reading", "muted"
    if summary.state == "published":
        return glyphs.star, summary.state, "accent"
    spoilt = summary.state == "complete" and summary.bad
    sign, spelled, role = _STATE_SIGNS["partial" if spoilt else summary.state]
    return (spelled if glyphs.ascii else sign), summary.state, role


def moment_words(entry: Entry, now_s: float | None = None) -> str:
    """When a file was written, local time, at most 12 characters; samples come with specprof."""
    if entry.kind == "sample":
        return "sample"
    if not entry.modified_s:
        return ""
    try:
        then = time.localtime(entry.modified_s)
    except (OverflowError, OSError, ValueError):  # a file may claim any year
        return ""
    now = time.localtime(now_s)
    clock = f"{then.tm_hour:02d}:{then.tm_min:02d}"
    if (then.tm_year, then.tm_yday) == (now.tm_year, now.tm_yday):
        return f"today {clock}"
    if then.tm_year == now.tm_year:
        return f"{then.tm_mday} {_MONTHS[then.tm_mon - 1]} {clock}"
    return f"{then.tm_year:04d}-{then.tm_mon:02d}-{then.tm_mday:02d}"
