"""The runs screen: saved runs and samples, to look at, open, lay over another one, go on with, or delete."""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Input, Static

from specprof.analysis.opened import Run
from specprof.errors import SpecprofError
from specprof.places import runs_folder
from specprof.plan.assemble import Asked
from specprof.run.reading import shown_path
from specprof.session import library
from specprof.session.library import Entry
from specprof.session.starting import Start
from specprof.tui.aside import aside
from specprof.tui.screens.frame import Frame
from specprof.tui.state.run_shelf import RunShelf
from specprof.tui.state.run_summary import Opened, open_entry
from specprof.tui.state.runs_shown import ORDERS, Order, RunRow, rows_shown
from specprof.tui.widgets.run_preview import RunPreview
from specprof.tui.widgets.runs_head import HeadNow, RunsHead, RunsNote, note_of
from specprof.tui.widgets.runs_list import RunsList

if TYPE_CHECKING:
    from specprof.tui.app import SpecprofApp

POLL_S = 3.0
REST_S = 0.15
"""How long the cursor rests on a run before its preview is drawn: running through the list stays quick."""

QUIET_S = 0.5
"""No further file is read so soon after a key: the thread that reads would share the interpreter with it."""

PATIENCE_S = 0.4
"""After this a preview that is not read yet gives way to nothing."""


@dataclass(frozen=True)
class Overlay:
    """The answer of the screen: a run to lay over the results that it was opened from."""

    run: Run


class RunsScreen(Frame, inherit_bindings=False):
    """Answers an `Overlay`, or None. Files are read one at a time beside the app, the cursor's first."""

    HELP = """Runs of the results folder, newest first, and the samples. Enter opens one, / looks for words
    in name, model, device and status. An unfinished run can be gone on with."""
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", key_display="Enter", tooltip="open its results"),
        Binding("v,space", "overlay", "Overlay", tooltip="lay it over the results this was opened from"),
        Binding("tab", "view", "View", key_display="Tab", tooltip="the preview alone, and back"),
        Binding("tab", "view_too", show=False),  # where Overlay has the place in the footer
        Binding("d,delete", "delete", "Delete", tooltip="delete it; asks first"),
        Binding("slash", "filter", "Filter", key_display="/", tooltip="show only what has these words"),
        Binding("slash", "filter_on", show=False),  # where All has the place
        Binding("escape", "all", "All", key_display="Esc", tooltip="show all again"),
        Binding("p", "play", show=False, tooltip="play it from its start"),
        Binding("r", "resume", show=False, tooltip="go on with an unfinished run"),
        Binding("s", "sort", show=False, tooltip="sort by date, name or speedup"),
        Binding("escape", "back", show=False, tooltip="back"),
        Binding("down,j", "move(1)", show=False, tooltip="next run"),
        Binding("up,k", "move(-1)", show=False, tooltip="run before"),
        Binding("pagedown", "page(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("home,g", "first", show=False, tooltip="first run"),
        Binding("end,G", "last", show=False, tooltip="last run"),
    ]

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
    def _specprof(self) -> SpecprofApp:
        return cast("SpecprofApp", self.app)

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
        row = self._list.row
        self._wanted = row.entry if row is not None else None
        self._more.set()
        self.refresh_bindings()
        if row is None or self._shelf.opened(row.entry) is not None:
            self._show_wanted()
        else:
            self._rest = self.set_timer(PATIENCE_S, self._show_wanted)

    def _show_wanted(self) -> None:
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

    # What is done with a run

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        typing, filtered, over_results = (
            self.focused is not None,
            self.has_class("-filtered"),
            self._over_results,
        )
        allowed = {
            "overlay": over_results,
            "view": not over_results and not typing,
            "view_too": not typing,
            "filter": not filtered,
            "filter_on": not typing,
            "all": filtered,
        }
        return allowed.get(action, True)

    def action_open(self) -> None:
        self._open(math.inf)

    def action_play(self) -> None:
        self._open(1.0)

    def _open(self, speed: float) -> None:
        row = self._list.row
        if row is not None:
            self.run_worker(self._opening(row.entry, speed), group="opening", exclusive=True)

    async def _opening(self, entry: Entry, speed: float) -> None:
        run = await self._run_of(entry)
        if run is None:
            return
        from specprof.tui.screens.opened import replay_screen

        screen = replay_screen(run, speed)
        if self._over_results:  # in place of those results: Esc leads where it led from them
            self.dismiss(None)
            self.app.switch_screen(screen)
        else:
            self.app.push_screen(screen)

    async def _run_of(self, entry: Entry) -> Run | None:
        """The run in a file; None where it cannot be read, which is said, or the user has gone on."""
        opened = await self._read(entry)
        if not self.is_current:
            return None
        if opened.run is None:
            self._specprof.say(f"{entry.name} cannot be read: {opened.summary.problem}", "error")
        return opened.run

    def action_overlay(self) -> None:
        row = self._list.row
        if row is not None:
            self.run_worker(self._overlaying(row.entry), group="opening", exclusive=True)

    async def _overlaying(self, entry: Entry) -> None:
        run = await self._run_of(entry)
        if run is not None:
            self.dismiss(Overlay(run))

    def action_resume(self) -> None:
        row = self._list.row
        if row is None:
            return
        refusal = self._why_not_resumed(row)
        if refusal:
            self._specprof.say(refusal, "warning")
            return
        from specprof.tui.screens.measuring import LiveScreen

        start = Start(Asked(), output=row.entry.output, resume=True)
        self.app.push_screen(LiveScreen(start, alone=False))

    def _why_not_resumed(self, row: RunRow) -> str:
        if self._specprof.measuring:
            return "a run is in progress already"
        if row.entry.kind == "sample":
            return f"{row.entry.name} is a sample: there is nothing to go on with"
        if row.summary is None:
            return f"{row.entry.name} is not read yet"
        if row.summary.problem:
            return f"{row.entry.name} cannot be read: {row.summary.problem}"
        if not row.summary.may_go_on:
            return f"{row.entry.name} is {row.summary.state}: there is nothing to go on with"
        return ""

    def action_delete(self) -> None:
        row = self._list.row
        if row is None:
            return
        entry = row.entry
        if entry.kind == "sample":
            self._delete(entry)  # which says why not
            return
        from specprof.tui.screens.confirm import Confirm

        def answered(yes: bool | None) -> None:
            if yes:
                self._delete(entry)

        what = f"the unfinished run {entry.name}" if entry.kind == "unfinished" else entry.path.name
        question = f"Delete {what}? It cannot be brought back."
        self.app.push_screen(Confirm(question, yes="Delete", no="Keep"), answered)

    def _delete(self, entry: Entry) -> None:
        try:
            library.delete(entry)
        except SpecprofError as problem:
            self._specprof.say(str(problem), "warning")
        else:
            self._specprof.say(f"{entry.name} is deleted")
        self._take(library.entries(), library.folder_problem())

    def on_runs_list_chosen(self, message: RunsList.Chosen) -> None:
        self.action_open()


def _shown_folder() -> str:
    """The results folder, the user's home as ~."""
    folder = runs_folder()
    home = Path.home()
    if home in folder.parents:
        return "~/" + shown_path(folder.relative_to(home))
    return shown_path(folder)
