"""The results of a run: its curves and what they say, its table, and all that was recorded."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.app import ComposeResult

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.opened import Run
from specprof.tui.aside import aside
from specprof.tui.screens.frame import Frame
from specprof.tui.screens.results_keys import RESULTS_KEYS
from specprof.tui.state.acceptance_choice import AcceptanceChoice
from specprof.tui.state.analysed import Analysed, analyse, highest
from specprof.tui.state.computed import Computed
from specprof.tui.state.crosshair import Place, Way, moved, nearest
from specprof.tui.state.result_rows import DESCENDING_FIRST, Sort, sorts_of
from specprof.tui.state.result_views import views_of
from specprof.tui.state.results_now import ResultsNow
from specprof.tui.widgets.curves_plot import CurvesPlot
from specprof.tui.widgets.page import Page
from specprof.tui.widgets.results_body import ResultsBody
from specprof.tui.widgets.results_head import ResultsHead, head_of
from specprof.tui.widgets.results_table import ResultsTable
from specprof.tui.widgets.view_tabs import TabsNow, ViewTabs

if TYPE_CHECKING:
    from specprof.tui.app import SpecprofApp

MOST_ANALYSED = 32
"""Acceptance models whose findings are kept."""

REST_S = 0.1
"""The curves are drawn first, and a key that is held down is waited for."""

PATIENCE_S = 0.4
"""So long the findings of the model before stay: most are followed by the new ones sooner."""

AT_ONCE = 120
"""Cells whose findings take some 30 ms: the screen opens with them."""

STEPS: dict[Way, int] = {"up": -1, "down": 1}


class ResultsScreen(Frame):
    HELP = """What a run has found. Tab or a digit shows another view. The speedup rests on an acceptance
    model: another one, or another value of its parameters, moves curves, table and findings at once. The
    arrows move a crosshair from point to point, which reads off the cell under it."""
    AUTO_FOCUS = ""
    BINDINGS = RESULTS_KEYS
    PARTS = (ResultsHead, ViewTabs, ResultsBody)

    def __init__(self, run: Run, notes: Sequence[str] = ()) -> None:
        super().__init__()
        self.run = run
        self._notes = tuple(notes)
        self._views = views_of(run.record)
        self._view = 0
        self._batch_size = run.batch_sizes[0]
        self._choice = AcceptanceChoice()
        self._computed = Computed(run)
        self._known: OrderedDict[AcceptanceModel, Analysed] = OrderedDict()
        self._latest: Analysed | None = None
        self._analysing = False
        self._place: Place | None = None
        self._overlay: Run | None = None
        self._sort: Sort = "seq_len"
        self._descending = False

    def compose_body(self) -> ComposeResult:
        yield ResultsHead(id="results-head")
        yield ViewTabs(id="results-tabs")
        yield ResultsBody()

    def on_mount(self) -> None:
        self._choice = AcceptanceChoice(cast("SpecprofApp", self.app).models)
        if len(self.run.record.plan.cells()) <= AT_ONCE:
            self._latest = self._known[self._choice.model] = analyse(self.run, self._choice.model)
        self._show()
        self._analyse()

    # What is shown

    def _now(self) -> ResultsNow:
        return ResultsNow(
            computed=self._computed,
            notes=self._notes,
            view=self._views[self._view],
            batch_size=self._batch_size,
            choice=self._choice,
            analysed=self._latest,
            place=self._place,
            overlay=self._overlay,
            sort=self._sort,
            descending=self._descending,
        )

    def _show(self) -> None:
        if not self.stands:
            return
        with self.app.batch_update():
            self.query_one(ResultsHead).show(head_of(self.run, self._batch_size, self._notes))
            self.query_one(ViewTabs).show(TabsNow(tuple(view.names for view in self._views), self._view))
            self._body.show(self._now())

    @property
    def _body(self) -> ResultsBody:
        return self.query_one(ResultsBody)

    def _analyse(self) -> None:
        """Findings of the model chosen, computed beside the app: a key is not held up by them."""
        known = self._known.get(self._choice.model)
        if known is not None:
            self._latest = known
            self._show()
        elif not self._analysing:
            self._analysing = True
            self.set_timer(PATIENCE_S, self._drop_outdated)
            self.run_worker(self._keep_up(), group="analysis")

    def _drop_outdated(self) -> None:
        """After a while findings of another model are no longer shown as if they were of this one."""
        if self._latest is not None and self._latest.acceptance != self._choice.model:
            self._latest = None
            self._show()

    async def _keep_up(self) -> None:
        """Analyses model after model until it is the one chosen: those that were skipped cost nothing."""
        try:
            while self._choice.model not in self._known:
                await asyncio.sleep(REST_S)
                model = self._choice.model
                self._known[model] = await aside(partial(analyse, self.run, model))
                while len(self._known) > MOST_ANALYSED:
                    self._known.popitem(last=False)
        finally:
            self._analysing = False
        self._latest = self._known[self._choice.model]
        self._show()

    # Views

    def action_view(self, index: int) -> None:
        before, self._view = self._kind, index
        self._show()
        if before != self._kind:
            self.refresh_bindings()

    def action_cycle(self, step: int) -> None:
        self.action_view((self._view + step) % len(self._views))

    def on_view_tabs_chosen(self, message: ViewTabs.Chosen) -> None:
        self.action_view(message.index)

    @property
    def _kind(self) -> str:
        return self._views[self._view].kind

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("sort", "reverse"):
            return self._kind == "table"
        if action == "go" and parameters == ("right",):
            return self._kind == "curves"
        return True

    def action_batch(self) -> None:
        sizes = self.run.batch_sizes
        self._batch_size = sizes[(sizes.index(self._batch_size) + 1) % len(sizes)]
        self._show()

    # Acceptance

    def action_model(self) -> None:
        self._choose(self._choice.next_model())

    def action_parameter(self, step: int) -> None:
        self._choose(self._choice.next_parameter(step))

    def action_nudge(self, steps: int) -> None:
        self._choose(self._choice.nudged(steps))

    def _choose(self, choice: AcceptanceChoice) -> None:
        if choice == self._choice:
            return
        follows = choice.model != self._choice.model
        self._choice = choice
        self._show()
        if follows:
            self._analyse()

    # Crosshair, rows, lines

    def action_go(self, way: Way) -> None:
        if self._kind == "curves":
            self._go_on_curves(way)
        elif way in STEPS:
            self._go_down(STEPS[way])

    def _go_on_curves(self, way: Way) -> None:
        spots = self._body.spots
        if not spots:
            return
        if self._place is None:
            start = highest(self._computed.curves(self._choice.model), self._batch_size)
            self._put(nearest(spots, start or spots[0].place))
        else:
            self._put(moved(spots, self._place, way))

    def _go_down(self, lines: int) -> None:
        page = self._page
        if page is not None:
            page.scroll_lines(lines)
        elif self._kind == "table":
            self._put(self.query_one(ResultsTable).place_after(lines))

    @property
    def _page(self) -> Page[Any] | None:
        pages = {
            "findings": "#results-findings",
            "environment": "#results-facts",
            "schedule": "#results-schedule",
            "breakdown": "#results-breakdown",
            "validation": "#results-validation",
        }
        return self.query_one(pages[self._kind], Page) if self._kind in pages else None

    def action_page(self, pages: int) -> None:
        page = self._page
        if page is not None:
            page.scroll_pages(pages)
        elif self._kind == "table":
            self._go_down(pages * self.query_one(ResultsTable).page)

    def action_end(self, way: int) -> None:
        self._go_down(way * 100_000)

    def _put(self, place: Place | None) -> None:
        if place != self._place:
            self._place = place
            self._show()

    def on_curves_plot_clicked(self, message: CurvesPlot.Clicked) -> None:
        self._put(Place(message.mark.seq_len, message.mark.candidates))

    def on_results_table_placed(self, message: ResultsTable.Placed) -> None:
        self._put(message.place)

    # Table

    def action_sort(self) -> None:
        sorts = sorts_of(self.run)
        self._sort_by(sorts[(sorts.index(self._sort) + 1) % len(sorts)])

    def _sort_by(self, sort: Sort) -> None:
        again = sort == self._sort
        self._descending = not self._descending if again else sort in DESCENDING_FIRST
        self._sort = sort
        self._show()

    def action_reverse(self) -> None:
        self._sort_by(self._sort)

    def on_results_table_sorted(self, message: ResultsTable.Sorted) -> None:
        self._sort_by(message.sort)

    # Other runs and screens

    def set_overlay(self, run: Run | None) -> None:
        """Lays a second run over the curves, or takes it away."""
        self._overlay = run
        if self._kind != "curves" and run is not None:
            self.action_view(0)
        else:
            self._show()

    def action_without_overlay(self) -> None:
        self.set_overlay(None)

    def action_runs(self) -> None:
        from specprof.tui.screens.runs import Overlay, RunsScreen

        def answered(answer: object) -> None:
            if isinstance(answer, Overlay):
                self.set_overlay(answer.run)

        self.app.push_screen(RunsScreen(), answered)

    def action_engines(self) -> None:
        from specprof.tui.screens.engines import EnginesScreen
        from specprof.tui.state.engine_settings import EngineSettings

        seq_len = self._place.seq_len if self._place is not None else None
        self.app.push_screen(
            EnginesScreen(EngineSettings(self.run, self._choice.model, self._batch_size, seq_len))
        )

    def action_play(self) -> None:
        from specprof.tui.screens.opened import replay_screen

        screen = replay_screen(self.run, 1.0)
        if isinstance(screen, ResultsScreen):
            cast("SpecprofApp", self.app).say("there is nothing to play: this run has no time of its own")
        else:
            self.app.switch_screen(screen)

    def action_plan(self) -> None:
        from specprof.tui.screens.plan import PlanScreen

        if any(isinstance(screen, PlanScreen) for screen in self.app.screen_stack):
            self.app.pop_screen()
        else:
            self.app.switch_screen(PlanScreen())

    def action_back(self) -> None:
        """Takes the crosshair away, then goes to the screen below if there is one."""
        if self._place is not None and self._kind in ("curves", "table"):
            self._put(None)
        elif len(self.app.screen_stack) > 2:  # the first is textual's own
            self.app.pop_screen()
