"""The results below their head: the curves with what stands beside or below them, table, pages of text."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content

from specprof.analysis.opened import Run
from specprof.tui.pictures import quantity_picture
from specprof.tui.screens.frame import WIDE
from specprof.tui.state.cell_facts import DECIMALS, cell_facts
from specprof.tui.state.crosshair import Spot
from specprof.tui.state.differences import differences, name_of
from specprof.tui.state.recorded import recorded
from specprof.tui.state.result_rows import sorts_of
from specprof.tui.state.results_now import ResultsNow
from specprof.tui.widgets.breakdown_page import BreakdownNow, BreakdownPage
from specprof.tui.widgets.cell_panel import CellLine, CellNow, CellPanel
from specprof.tui.widgets.curves_plot import CurvesPlot
from specprof.tui.widgets.facts_page import FactsPage
from specprof.tui.widgets.findings_beside import FindingsBeside
from specprof.tui.widgets.findings_page import FindingsNow, FindingsPage
from specprof.tui.widgets.grown import Grown
from specprof.tui.widgets.model_panel import ModelLine, ModelPanel
from specprof.tui.widgets.numbers_table import NumbersNow, NumbersTable
from specprof.tui.widgets.overlay_panel import OverlayLine, OverlayNow, OverlayPanel
from specprof.tui.widgets.results_table import ResultsTable, TableNow
from specprof.tui.widgets.schedule_page import SchedulePage
from specprof.tui.widgets.table_note import TableNotePanel, table_note
from specprof.tui.widgets.validation_page import ValidationNow, ValidationPage
from specprof.tui.widgets.why_not import WhyNot
from specprof.views.curves.figure import about_quantity
from specprof.views.curves.plot import MIN_HEIGHT, MIN_WIDTH
from specprof.views.tables.extras import beside_name

SIDE = 40
"""Columns beside the curves, where the terminal is wide and not low."""

TALL_ENOUGH = 30
HEAD = 2
FRAMED = 4
"""Columns of a panel's frame and padding."""

LEAST_FINDINGS = 5
NUMBERS_DECIMALS = 2
"""So that eight candidate counts stand side by side in the smallest terminal."""
FOOTER = 1


class ResultsBody(Container):
    def __init__(self) -> None:
        super().__init__(id="results-body")
        self._now: ResultsNow | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="results-main"):
            yield CurvesPlot(id="results-curves")
            yield NumbersTable(id="results-numbers")
            yield WhyNot(id="results-why-not")
            yield ResultsTable(id="results-table")
            yield FindingsPage(id="results-findings")
            yield FactsPage(id="results-facts")
            yield SchedulePage(id="results-schedule")
            yield BreakdownPage(id="results-breakdown")
            yield ValidationPage(id="results-validation")
            with Vertical(id="results-lines"):
                yield TableNotePanel(id="results-table-note")
                yield ModelLine(id="results-model-line")
                yield OverlayLine(id="results-overlay-line")
                yield CellLine(id="results-cell-line")
        with Vertical(id="results-side"):
            yield ModelPanel(id="results-model", classes="panel")
            yield CellPanel(id="results-cell", classes="panel")
            yield OverlayPanel(id="results-overlay", classes="panel")
            yield FindingsBeside(id="results-found", classes="panel")

    # What is shown

    def show(self, now: ResultsNow) -> None:
        self._now = now
        self._again()

    def on_resize(self) -> None:
        self.call_after_refresh(self._again)

    @property
    def beside(self) -> bool:
        """Whether there is room beside the curves."""
        width, height = self.app.size
        return width >= WIDE and height >= TALL_ENOUGH

    def _again(self) -> None:
        """Shows what there is at the present size."""
        now = self._now
        if now is None or not self.display:  # of a screen that closes the parts go before the whole
            return
        kind, beside = now.view.kind, self.beside
        drawn = kind == "curves" and not now.reason
        fits = drawn and self._curves_fit(now)
        curves, under = kind == "curves", kind == "curves" and not beside
        for name, shown in (
            ("curves", fits),
            ("numbers", drawn and not fits),
            ("why-not", curves and not drawn),
            ("table", kind == "table"),
            ("findings", kind == "findings"),
            ("facts", kind == "environment"),
            ("schedule", kind == "schedule"),
            ("breakdown", kind == "breakdown"),
            ("validation", kind == "validation"),
            ("side", curves and beside),
            ("lines", under or kind in ("table", "findings", "schedule")),
            ("table-note", kind == "table"),
            ("cell-line", under),
            ("overlay-line", under and now.overlay is not None),
            ("overlay", now.overlay is not None),
        ):
            self.query_one(f"#results-{name}").display = shown
        self.query_one(ModelPanel if curves and beside else ModelLine).show(now.choice.shown)
        if curves:
            self._show_curves(now, fits, beside)
        elif kind == "table":
            self._show_table(now)
        elif kind == "findings":
            found = FindingsNow(now.findings, now.formula, now.analysed is not None)
            self.query_one(FindingsPage).show(found)
        elif kind == "schedule":
            self.query_one(SchedulePage).show(now.computed.decision(now.acceptance, now.choice.models))
        elif kind == "breakdown":
            self.query_one(BreakdownPage).show(BreakdownNow(now.run.record, now.batch_size))
        elif kind == "validation":
            self.query_one(ValidationPage).show(ValidationNow(now.run.record, now.batch_size))
        else:
            self.query_one(FactsPage).show(recorded(now.run, now.notes))

    def _curves_fit(self, now: ResultsNow) -> bool:
        """Whether the curves can be drawn, by the size of the terminal: their own is not known before."""
        width, height = self.app.size
        if self.beside:
            width -= SIDE
        else:
            height -= 2 + (now.overlay is not None)
        return width >= MIN_WIDTH and height - HEAD - FOOTER >= MIN_HEIGHT

    def _show_curves(self, now: ResultsNow, fits: bool, beside: bool) -> None:
        if now.reason:
            self.query_one(WhyNot).show((now.quantity.label, now.reason))
        elif fits:
            plot = self.query_one(CurvesPlot)
            plot.show(
                quantity_picture(now.run, now.quantity, now.acceptance, now.batch_size, (), now.overlay)
            )
            plot.point_at(now.place)
        else:
            self.query_one(NumbersTable).show(_numbers(now))
        row = now.row
        cell = None
        if row is not None:
            facts = cell_facts(now.computed, row, now.acceptance, now.batch_size, now.standings)
            cell = CellNow(facts, now.view.quantity)
        self.query_one(CellPanel if beside else CellLine).show(cell)
        if beside:
            found = self.query_one(FindingsBeside)
            found.border_subtitle = Content(f"7 shows all {len(now.findings)}" if now.findings else "")
            found.show(now.findings_here)
        if now.overlay is not None:
            self.query_one(OverlayPanel if beside else OverlayLine).show(_overlay(now, now.overlay))
        if beside:
            self._share_side(now)

    def _share_side(self, now: ResultsNow) -> None:
        """Each panel gets what it has to say, the findings the rest: a scrap of them goes to the cell."""
        left = self.app.size.height - HEAD - FOOTER
        cell = self.query_one(CellPanel)
        panels: list[Grown[Any]] = [self.query_one(ModelPanel), cell]
        if now.overlay is not None:
            panels.insert(1, self.query_one(OverlayPanel))
        heights = {}
        for panel in panels:
            heights[panel] = min(left, panel.lines_wanted(SIDE - FRAMED) + 2)
            left -= heights[panel]
        findings = self.query_one(FindingsBeside)
        findings.display = left >= LEAST_FINDINGS
        if not findings.display:
            heights[cell] += left
        for panel, height in heights.items():
            panel.styles.height = height

    def _show_table(self, now: ResultsNow) -> None:
        plan = now.run.record.plan
        table = self.query_one(ResultsTable)
        table.show(
            TableNow(
                batch_size=now.batch_size,
                rows=now.rows,
                sorts=sorts_of(now.run),
                sort=now.sort,
                descending=now.descending,
                standings=now.standings,
                place=now.place,
                beside=beside_name(plan) if plan.attention_beside is not None else "",
            )
        )
        shown = table.sorts_within(self.app.size.width)
        self.query_one(TableNotePanel).show(table_note(now.run, now.row, now.standings, shown))

    # Crosshair

    @property
    def spots(self) -> list[Spot]:
        """The points that are shown, and where."""
        if self.query_one(CurvesPlot).display:
            drawing = self.query_one(CurvesPlot).drawing
            marks = drawing.marks if drawing is not None else ()
            return [Spot(mark.seq_len, mark.candidates, mark.row) for mark in marks]
        numbers = self.query_one(NumbersTable)
        return numbers.data.spots if numbers.display and numbers.data is not None else []


def _numbers(now: ResultsNow) -> NumbersNow:
    run, quantity = now.run, now.quantity
    at = run.batch_sizes.index(now.batch_size)
    values = now.computed.arrays(quantity, now.acceptance).median[at]
    rows = tuple(
        (seq_len, index, tuple(float(v) if math.isfinite(v) else None for v in values[index]))
        for index, seq_len in enumerate(run.seq_lens)
        if np.isfinite(values[index]).any()
    )
    title = f"{now.curves.title}, Batch Size: {now.batch_size}"
    decimals = min(NUMBERS_DECIMALS, DECIMALS[quantity.name]) if quantity.name in DECIMALS else None
    about = about_quantity(now.curves, quantity)
    return NumbersNow(title, quantity.label, run.candidates, rows, now.place, decimals, about)


def _overlay(now: ResultsNow, overlay: Run) -> OverlayNow:
    reason = now.quantity.unavailable(overlay)
    note = f"nothing of it here: {reason}" if reason else ""
    return OverlayNow(name_of(overlay), differences(now.run, overlay, now.batch_size), note)
