"""The saved runs as far as their files have been read, and which one to read next."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from specprof.session.library import Entry
from specprof.tui.state.run_summary import Opened, RunSummary, known
from specprof.tui.state.runs_shown import RunRow

MOST_OPENED = 8
"""Whole runs that are kept: going back and forth between a few must not read them again."""

LARGE_BYTES = 8 << 20
"""Reading a larger file holds up keys for more than a tenth of a second: those come last."""


class RunShelf:
    def __init__(self) -> None:
        self.entries: Sequence[Entry] = ()
        self._opened: OrderedDict[Entry, Opened] = OrderedDict()
        self._last: dict[Path, RunSummary] = {}

    def rows(self) -> list[RunRow]:
        """Every entry with its summary; where a file has just changed, with that of before."""
        return [RunRow(entry, self._summary(entry)) for entry in self.entries]

    def _summary(self, entry: Entry) -> RunSummary | None:
        return known(entry) or self._last.get(entry.path)

    def opened(self, entry: Entry) -> Opened | None:
        """A run that was read, if it is still kept."""
        return self._opened.get(entry)

    def keep(self, opened: Opened) -> None:
        entry = opened.summary.entry
        self._last[entry.path] = opened.summary
        self._opened[entry] = opened
        self._opened.move_to_end(entry)
        while len(self._opened) > MOST_OPENED:
            self._opened.popitem(last=False)

    def to_read(self, wanted: Entry | None) -> Entry | None:
        """The wanted one first, then those of which nothing is known, in order, large ones last."""
        if wanted is not None and wanted not in self._opened:
            return wanted
        unknown = [entry for entry in self.entries if known(entry) is None]
        return min(unknown, key=lambda entry: entry.size_bytes > LARGE_BYTES, default=None)
