"""Browsing saved runs: the list, the run under its cursor beside it, sorting and filtering."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from pathlib import Path
from typing import Any

from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Input, Static

from specprof.analysis.opened import Run
from specprof.places import runs_folder
from specprof.run.reading import shown_path
from specprof.session import library
from specprof.session.library import Entry
from specprof.tui.aside import aside
from specprof.tui.screens.frame import Frame
from specprof.tui.state.run_shelf import RunShelf
from specprof.tui.state.run_summary import Opened, open_entry
from specprof.tui.state.runs_shown import ORDERS, Order, rows_shown
from specprof.tui.widgets.run_preview import RunPreview
from specprof.tui.widgets.runs_head import HeadNow, RunsHead, RunsNote, note_of
from specprof.tui.widgets.runs_list import RunsList

POLL_S = 3.0
REST_S = 0.15
"""How long the cursor rests on a run before its preview is drawn: running through the list stays quick."""

QUIET_S = 0.5
"""No further file is read so soon after a key: the thread that reads would share the interpreter with it."""

PATIENCE_S = 0.4
"""After this a preview that is not read yet gives way to nothing."""


class BrowsingScreen(Frame):
    """Files are read one at a time beside the app, the cursor's first. What is done with a run is its
    subclass's."""

    AUTO_FOCUS = ""
    PARTS = (RunsHead, RunsNote, RunsList, RunPreview)

    def __init__(self) -> None:
        super().__init__()
        self._shelf = RunShelf()
        self._order: Order = "date"
        self._filter = ""
        self._problem = ""
        self._wanted: Entry | None = None
        """Whose preview is to be shown."""
        self._more = asyncio.Event()
        self._rest: Timer | None = None
        self._touched_s = float("-inf")

    def compose_body(self) -> ComposeResult:
        yield RunsHead(id="runs-head")
        with Container(id="runs-body"):
            with Vertical(id="runs-side"):
                with Horizontal(id="runs-filter"):
                    yield Static(Content("/ "), markup=False)
                    yield Input(compact=True, placeholder="name, model, device or status")
                yield RunsNote(id="runs-note")
                yield RunsList(id="runs-list")
            yield RunPreview(id="run-preview")

    def on_mount(self) -> None:
        self._take(library.entries(), library.folder_problem(), at=self._shown_below)
        self._look_at_cursor()
        self.run_worker(self._read_on(), group="reading", exclusive=True)
        self.set_interval(POLL_S, self._poll)

    @property
    def _list(self) -> RunsList:
        return self.query_one(RunsList)

    @property
    def _below(self) -> Screen[Any] | None:
        """The screen that this one was opened from."""
        stack = self.app.screen_stack
        at = stack.index(self) if self in stack else 0
        return stack[at - 1] if at > 1 else None  # the first is textual's own

    @property
    def _over_results(self) -> bool:
        return hasattr(self._below, "set_overlay")

    @property
    def _shown_below(self) -> Path | None:
        run = getattr(self._below, "run", None)
        return run.path if isinstance(run, Run) else None

    # The list

    def _take(self, entries: list[Entry], problem: str, at: Path | None = None) -> None:
        self._shelf.entries, self._problem = entries, problem
        self._show_rows(at)
        self._more.set()

    def _show_rows(self, at: Path | None = None) -> None:
        if not self.stands:
            return
        entries = self._shelf.entries
        rows = rows_shown(self._shelf.rows(), self._filter, self._order)
        samples = sum(entry.kind == "sample" for entry in entries)
        folder = _shown_folder()
        runs = len(entries) - samples
        self._list.show(rows, at)
        self.query_one(RunsHead).show(HeadNow(runs, samples, len(rows), self._order, folder))
        note = note_of(runs=runs, shown=len(rows), wanted=self._filter, folder=folder, problem=self._problem)
        self.query_one(RunsNote).show(note)
        self.query_one(RunsNote).display = note is not None

    async def _poll(self) -> None:
        if self.is_current:
            self.run_worker(self._look_again(), group="polling", exclusive=True)

    async def _look_again(self) -> None:
        self._take(*await aside(lambda: (library.entries(), library.folder_problem())))

    def on_screen_resume(self) -> None:
        self._more.set()

    async def _read_on(self) -> None:
        """Reads file after file, but only while the screen is shown: what is measured is not disturbed."""
        while True:
            entry = self._shelf.to_read(self._wanted) if self.is_current else None
            if entry is None:
                self._more.clear()
                await self._more.wait()
                continue
            busy_s = self._touched_s + QUIET_S - time.monotonic()
            if entry != self._wanted and busy_s > 0:
                await asyncio.sleep(busy_s)
                continue
            if entry == self._wanted:
                await self._read(entry)
                self._show_rows()
                if entry == self._wanted:
                    self._show_wanted()
            else:
                self._shelf.note(await aside(partial(open_entry, entry)))
                self._show_rows()

    async def _read(self, entry: Entry) -> Opened:
        opened = self._shelf.opened(entry)
        if opened is None:
            opened = await aside(partial(open_entry, entry))
        self._shelf.keep(opened)
        return opened

    # The preview

    def on_runs_list_moved(self, message: RunsList.Moved) -> None:
        self._touched_s = time.monotonic()
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(REST_S, self._look_at_cursor)

    def _look_at_cursor(self) -> None:
        if not self.stands:
            return
        row = self._list.row
        self._wanted = row.entry if row is not None else None
        self._more.set()
        self.refresh_bindings()
        if row is None or self._shelf.opened(row.entry) is not None:
            self._show_wanted()
        else:
            self._rest = self.set_timer(PATIENCE_S, self._show_wanted)

    def _show_wanted(self) -> None:
        if not self.stands:
            return
        opened = self._shelf.opened(self._wanted) if self._wanted is not None else None
        self.query_one(RunPreview).show(opened)

    def action_view(self) -> None:
        self.toggle_class("-preview")

    action_view_too = action_view

    # Moving, sorting, filtering

    def action_move(self, steps: int) -> None:
        self._list.move(steps)

    def action_page(self, pages: int) -> None:
        self._list.move(pages * self._list.page)

    def action_first(self) -> None:
        self._list.move_to(0)

    def action_last(self) -> None:
        self._list.move_to(len(self._list.rows))

    def action_sort(self) -> None:
        self._order = ORDERS[(ORDERS.index(self._order) + 1) % len(ORDERS)]
        self._show_rows()

    def action_filter(self) -> None:
        self.remove_class("-preview")
        self.add_class("-filtered")
        self.query_one(Input).focus()

    action_filter_on = action_filter

    def on_input_changed(self, event: Input.Changed) -> None:
        self._touched_s = time.monotonic()
        self._filter = event.value.strip()
        self._show_rows()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.set_focus(None)
        self.set_class(bool(self._filter), "-filtered")
        self.refresh_bindings()

    def action_all(self) -> None:
        self.set_focus(None)
        self.query_one(Input).value = ""
        self.remove_class("-filtered")
        self.refresh_bindings()

    def action_back(self) -> None:
        if self.has_class("-preview"):
            self.remove_class("-preview")
        elif self._below is not None:
            self.dismiss(None)


def _shown_folder() -> str:
    """The results folder, the user's home as ~."""
    folder = runs_folder()
    home = Path.home()
    if home in folder.parents:
        return "~/" + shown_path(folder.relative_to(home))
    return shown_path(folder)
