"""The newest runs and the samples, read one by one, and how long those runs took."""

from __future__ import annotations

from collections.abc import Sequence

from specprof.session.library import Entry
from specprof.tui.state.plan_time import Took, took
from specprof.tui.state.run_summary import Opened, known, open_entry
from specprof.tui.state.runs_shown import RunRow, moment_words, rows_shown

MOST = 20
"""Runs of the results folder that are listed and read: the runs screen has them all."""


class RecentRuns:
    def __init__(self) -> None:
        self._entries: tuple[Entry, ...] = ()
        self._took: dict[Entry, Took | None] = {}

    def take(self, entries: Sequence[Entry]) -> None:
        """All entries of the library, the newest first."""
        runs = [entry for entry in entries if entry.kind != "sample"]
        self._entries = (*runs[:MOST], *(entry for entry in entries if entry.kind == "sample"))
        self._took = {entry: self._took[entry] for entry in self._entries if entry in self._took}

    def rows(self, wanted: str) -> tuple[RunRow, ...]:
        """Those in which every word of `wanted` stands."""
        return rows_shown((RunRow(entry, known(entry)) for entry in self._entries), wanted, "date")

    def to_read(self) -> Entry | None:
        """The next one of which something is not known."""
        unread = (entry for entry in self._entries if known(entry) is None or entry not in self._took)
        return next(unread, None)

    def read(self, entry: Entry) -> Opened:
        """Reads a file. Not for the thread that draws."""
        opened = open_entry(entry)
        found = None
        if opened.run is not None and entry.kind != "sample":  # a sample comes from another machine
            found = took(opened.run.record, moment_words(entry))
        self._took[entry] = found
        return opened

    @property
    def took(self) -> tuple[Took, ...]:
        """How long runs took, the newest first, as far as they have been read."""
        return tuple(found for entry in self._entries if (found := self._took.get(entry)) is not None)
