"""The saved runs as far as their files have been read, and which one to read next."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from specprof.session.library import Entry
from specprof.tui.state.run_summary import Opened, RunSummary, known
from specprof.tui.state.runs_shown import RunRow

MOST_OPENED = 8
KEPT_BYTES = 2 << 20
"""Whole runs that are kept, and their files' size: going back and forth between a few must not read them
again. What is kept costs every full garbage collection, and keys wait for those."""

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

    def note(self, opened: Opened) -> None:
        """Takes the summary only."""
        self._last[opened.summary.entry.path] = opened.summary

    def keep(self, opened: Opened) -> None:
        """Takes the summary and the run."""
        entry = opened.summary.entry
        self.note(opened)
        self._opened[entry] = opened
        self._opened.move_to_end(entry)
        while len(self._opened) > 1 and self._too_many:
            self._opened.popitem(last=False)

    @property
    def _too_many(self) -> bool:
        kept = sum(entry.size_bytes for entry, one in self._opened.items() if one.run is not None)
        return len(self._opened) > MOST_OPENED or kept > KEPT_BYTES

    def to_read(self, wanted: Entry | None) -> Entry | None:
        """The wanted one first, then those of which nothing is known, in order, large ones last."""
        if wanted is not None and wanted not in self._opened:
            return wanted
        unknown = [entry for entry in self.entries if known(entry) is None]
        return min(unknown, key=lambda entry: entry.size_bytes > LARGE_BYTES, default=None)
