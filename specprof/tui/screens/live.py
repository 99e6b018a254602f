"""The live screen: the curves as they grow, what is measured now, the device at work. Replay shows it too."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.widget import Widget

from specprof.plan.plan import Cell, Row
from specprof.run.record import NoticeRecord
from specprof.tui.pictures import speedup_picture, validation_picture
from specprof.tui.screens.frame import Frame
from specprof.tui.sources import Source
from specprof.tui.state.cells import RowNow, row_now, stage_of
from specprof.tui.state.device import device_now
from specprof.tui.state.digest import Digest
from specprof.tui.widgets.curves_plot import CurvesPlot, Picture
from specprof.tui.widgets.curves_table import CurvesTable, curves_now
from specprof.tui.widgets.device_panel import DevicePanel
from specprof.tui.widgets.grid_panel import GridNow, GridPanel
from specprof.tui.widgets.panel_names import PanelNames
from specprof.tui.widgets.row_panel import RowPanel
from specprof.tui.widgets.said_panels import FindingsPanel, NoticesPanel
from specprof.tui.widgets.status_line import Status, StatusLine

if TYPE_CHECKING:
    from specprof.tui.app import SpecprofApp

TICK_S = 0.5
"""Twice a second is calm to read, and what is measured shares these cores."""

CURVES_S = 2.0
"""The curves are drawn at most so often: they cost the most."""

FINDINGS_S = 4.0
HOLD_S = 1.0
"""How long the current cell stays the one shown: on a GPU it changes forty times a second."""

PANELS = ("row", "grid", "device", "findings", "notices")
NAMES = ("Cells", "Grid", "Device", "Findings", "Notices")


@dataclass
class _Due:
    """When something was last done, and whether it is time again."""

    every_s: float
    at_s: float = float("-inf")

    def now(self, now_s: float) -> bool:
        if now_s - self.at_s < self.every_s:
            return False
        self.at_s = now_s
        return True


class StreamScreen(Frame):
    """Shows one source. What differs between live and replay is in its subclasses."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "panel(1)", show=False, tooltip="next panel, where one is shown at a time"),
        Binding("shift+tab", "panel(-1)", show=False),
        Binding("b", "batch", show=False, tooltip="curves of the next batch size"),
    ]

    PARTS: ClassVar[tuple[type[Widget], ...]] = (
        StatusLine, CurvesPlot, CurvesTable, PanelNames,
        RowPanel, GridPanel, DevicePanel, FindingsPanel, NoticesPanel,
    )  # fmt: skip

    def __init__(self, source: Source | None = None) -> None:
        super().__init__()
        self.source = source
        self._digest: Digest | None = None
        self._generation = -1
        self._ticked_s = time.monotonic()
        self._curves_due, self._findings_due = _Due(CURVES_S), _Due(FINDINGS_S)
        self._held: tuple[float, Cell | None] = (0.0, None)
        self._panel = 0
        self._acceptance = ""
        """Whose it is that the findings stand on."""
        self._batch: int | None = None
        """The batch size shown, where the user chose one."""

    def compose_body(self) -> ComposeResult:
        yield StatusLine(id="status")
        with Container(id="stream"):
            yield CurvesPlot(id="curves")
            yield CurvesTable(id="curves-table")
            yield PanelNames(id="panel-names")
            yield RowPanel(id="row", classes="panel")
            yield GridPanel(id="grid", classes="panel")
            yield DevicePanel(id="device", classes="panel")
            yield FindingsPanel(id="findings", classes="panel")
            yield NoticesPanel(id="notices", classes="panel")

    def on_mount(self) -> None:
        self._show_panel()
        self.tick()
        self.set_interval(self.tick_s, self.tick)

    def on_screen_resume(self) -> None:
        cast("SpecprofApp", self.app).show_results_to_come()

    def action_panel(self, step: int) -> None:
        self._panel = (self._panel + step) % len(PANELS)
        self._show_panel()

    def _show_panel(self) -> None:
        for index, name in enumerate(PANELS):
            self.query_one(f"#{name}").set_class(index == self._panel, "-shown")
        self.query_one(PanelNames).show((NAMES, self._panel))

    def action_batch(self) -> None:
        """Shows the next batch size; after the last one it follows the measurement again."""
        if self.source is None or self.source.reduction.header is None:
            return
        sizes: list[int | None] = [None, *self.source.reduction.plan.batch_sizes]
        self._batch = sizes[(sizes.index(self._batch) + 1) % len(sizes)]
        self._curves_due.at_s = float("-inf")
        self.tick()

    def action_log(self) -> None:
        from specprof.tui.screens.log import LogScreen

        notices = self.source.reduction.notices if self.source is not None else []
        self.app.push_screen(LogScreen(tuple(notices)))

    # Ticking

    def tick(self) -> None:
        """Reads the source and shows what is new. Cheap where nothing is."""
        if not self.stands:
            return
        now_s = time.monotonic()
        elapsed_s, self._ticked_s = now_s - self._ticked_s, now_s
        source = self.source
        if source is None:
            self.query_one(StatusLine).show(Status("specprof", self.waiting_words, 0, 0, 0, None))
            return
        source.tick(elapsed_s)
        if self._digest is None or source.generation != self._generation:
            self._digest = Digest(source.reduction, source.draft_cost)
            self._generation = source.generation
            self._curves_due.at_s = self._findings_due.at_s = float("-inf")
        with self.app.batch_update():
            self._show_status(source)
            if source.reduction.header is not None:
                self._show_measuring(source, self._digest, now_s)
        self.ticked(source)

    waiting_words = "starting"
    tick_s = TICK_S

    def ticked(self, source: Source) -> None:
        """After each tick."""

    def speed_words(self, source: Source) -> str:
        return ""

    def _show_status(self, source: Source) -> None:
        here, begun = source.position, source.reduction.header is not None
        left_s = source.left_s
        self.query_one(StatusLine).show(
            Status(
                title=self._title(source),
                phase=source.phase,
                cells_done=here.cells_done if begun else 0,
                cells_total=here.cells_total if begun else 0,
                elapsed_s=round(source.elapsed_s),
                left_s=None if left_s is None else round(left_s),
                speed=self.speed_words(source),
            )
        )

    @staticmethod
    def _title(source: Source) -> str:
        reduction = source.reduction
        if reduction.header is None:
            return "specprof"
        where = f" on {reduction.environment.device.name}" if reduction.environment else ""
        return f"{reduction.plan.model.title}{where}"

    def _show_measuring(self, source: Source, digest: Digest, now_s: float) -> None:
        reduction = source.reduction
        found = row_now(reduction, source.position, digest)
        if found is not None:
            found = self._with_held(found, now_s)
        self.query_one(RowPanel).show(found)
        self.query_one(GridPanel).show(grid_now(source, digest))
        self.query_one(DevicePanel).show(device_now(reduction))
        warnings = tuple(NoticeRecord(t_s=0.0, level="warning", text=w) for w in source.warnings)
        self.query_one(NoticesPanel).show((*warnings, *reduction.notices))
        if self._curves_due.now(now_s) or source.ended:
            self._show_curves(source, digest)
        if self._findings_due.now(now_s) or source.ended:
            model = cast("SpecprofApp", self.app).models[0]
            panel = self.query_one(FindingsPanel)
            panel.show(tuple(digest.findings(model)))
            if model.text != self._acceptance:  # setting it draws the panel anew, whatever it was
                self._acceptance = model.text
                panel.border_subtitle = Content(panel.look.glyphs.fit(model.text))

    def _with_held(self, found: RowNow, now_s: float) -> RowNow:
        """The row with a current cell that stays for a moment."""
        since, held = self._held
        if held is None or now_s - since >= HOLD_S or held.row != found.row:
            held = found.current
            self._held = now_s, held
        return RowNow(found.row, found.round, found.cells, held)

    def _show_curves(self, source: Source, digest: Digest) -> None:
        plan = source.reduction.plan
        row: Row | None = source.position.row
        batch_size = self._batch or (row.batch_size if row is not None else plan.batch_sizes[0])
        run = digest.run()
        model = cast("SpecprofApp", self.app).models[0]
        shown = row or plan.rows()[0]
        picture: Picture
        if any(one.row == shown and one.blocks for one in run.record.validation):
            picture = validation_picture(run.record, shown)
        else:
            picture = speedup_picture(run, model, batch_size, digest.unfinished())
        self.query_one(CurvesPlot).show(picture)
        self.query_one(CurvesTable).show(curves_now(run, model, batch_size))


def grid_now(source: Source, digest: Digest) -> GridNow:
    """Every cell's stage, row by row."""
    reduction = source.reduction
    plan = reduction.plan
    rows = tuple(
        (row, tuple(stage_of(reduction, Cell(*row, k), digest) for k in plan.candidates))
        for row in plan.rows()
    )
    return GridNow(plan.candidates, rows, source.position.row)
