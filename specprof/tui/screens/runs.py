"""The runs screen: saved runs and samples, to look at, open, lay over another one, go on with, or delete."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import BindingType

from specprof.analysis.opened import Run
from specprof.errors import SpecprofError
from specprof.plan.asked import Asked
from specprof.session import library
from specprof.session.library import Entry
from specprof.session.starting import Start
from specprof.tui.screens.browsing import BrowsingScreen
from specprof.tui.screens.runs_keys import RUNS_KEYS
from specprof.tui.state.runs_shown import RunRow
from specprof.tui.widgets.runs_list import RunsList

if TYPE_CHECKING:
    from specprof.tui.app import SpecprofApp


@dataclass(frozen=True)
class Overlay:
    """The answer of the screen: a run to lay over the results that it was opened from."""

    run: Run


class RunsScreen(BrowsingScreen, inherit_bindings=False):
    """Answers an `Overlay`, or None."""

    HELP = """Runs of the results folder, newest first, and the samples. Enter opens one, / looks for words
    in name, model, device and status. An unfinished run can be gone on with."""
    BINDINGS: ClassVar[list[BindingType]] = RUNS_KEYS

    @property
    def _specprof(self) -> SpecprofApp:
        return cast("SpecprofApp", self.app)

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
