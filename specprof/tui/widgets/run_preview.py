"""A saved run at a glance: what it is, its curves, what was found."""

from __future__ import annotations

from datetime import UTC, datetime

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from specprof.analysis.acceptance import PUBLISHED
from specprof.analysis.findings import Certainty, Finding
from specprof.plan.memory import format_bytes
from specprof.tui.look import look_of
from specprof.tui.pictures import speedup_picture
from specprof.tui.state.run_summary import Best, Opened, RunSummary
from specprof.tui.widgets.curves_plot import CurvesPlot
from specprof.tui.widgets.curves_table import CurvesTable, curves_now
from specprof.tui.widgets.drawn import Drawn
from specprof.tui.widgets.said_panels import FindingsPanel
from specprof.views.curves.plot import MIN_HEIGHT, MIN_WIDTH
from specprof.views.palette import Role
from specprof.views.quantities import number, plus_minus

CERTAINTIES: list[Certainty] = ["significant", "suggestive", "within noise"]

Fact = tuple[str, Role]

FINDINGS_ROWS = 5
"""Fewer do not say enough to take them from the curves."""

FEW_ROWS = 12
"""Where there are fewer, findings say more than a table."""


def facts_of(opened: Opened) -> tuple[Fact, ...]:
    """What a run is, the most important first."""
    summary, run = opened.summary, opened.run
    own = summary.entry.kind != "sample"
    if run is None:
        deletable = own and not summary.entry.problem
        deletes: tuple[Fact, ...] = (("d deletes it", "muted"),) if deletable else ()
        return (f"cannot be read: {summary.problem}", "bad"), *deletes
    plan, model = run.record.plan, run.record.plan.model
    facts: list[Fact] = [(_state(summary, own), "text")]
    if summary.best is not None:
        facts.append((_best(summary.best), "text"))
    axes = f"batch {_listed(plan.batch_sizes)} · seq_len {_listed(plan.seq_lens)}"
    facts.append((f"{model.title} · {axes} · K {_listed(plan.candidates)}", "muted"))
    device = summary.device or "unknown device"
    depth = f"{model.layers_measured} of {model.layers_total} layers, full depth is estimated"
    facts.append((f"{device} · {plan.dtype}" + ("" if model.full_depth else f" · {depth}"), "muted"))
    facts += [(warning, "warn") for warning in run.warnings[:2]]
    facts.append((f"{_moment(summary.created_at)} · {format_bytes(summary.entry.size_bytes)}", "muted"))
    return tuple(facts)


def _state(summary: RunSummary, own: bool) -> str:
    if summary.state == "published":
        return "published figure, not measured here"
    counts = [f"{summary.good} of {summary.planned} cells good"]
    if summary.bad:
        counts.append(f"{summary.bad} failed or invalid")
    words = f"{summary.state}: {', '.join(counts)}"
    return words + (" · r goes on with it" if own and summary.may_go_on else "")


def _best(best: Best) -> str:
    where = f"(batch {best.batch_size}, seq_len {best.seq_len})"
    if best.candidates == 1:
        return "best: K 1, no speculation"
    speedup = f"{number(best.speedup, 2)}× {plus_minus(best.speedup, best.low, best.high)}".rstrip()
    return f"best: K {best.candidates}, {speedup} simulated {where}"


def _listed(values: tuple[int, ...]) -> str:
    if len(values) <= 4:
        return ", ".join(map(str, values))
    return f"{values[0]} … {values[-1]}"


def _moment(created_at: str) -> str:
    """A time of the run document as `2025-01-31 09:26 UTC`."""
    try:
        then = datetime.fromisoformat(created_at)
    except ValueError:
        return created_at[:40]
    if then.tzinfo is None:
        return f"{then:%Y-%m-%d %H:%M}"
    return f"{then.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


class RunFacts(Drawn[tuple[Fact, ...]]):
    def lines(self, data: tuple[Fact, ...], width: int, height: int) -> list[Text]:
        return self.all_lines(data, width)[:height]

    def all_lines(self, data: tuple[Fact, ...], width: int) -> list[Text]:
        """Each fact on so many lines as it needs, but no more than four."""
        return [line for words, role in data for line in self.look.wrapped(words, role, width, 4, "  ")]


class PreviewFindings(FindingsPanel):
    """The surest first; none that would be cut off, but the very first."""

    def nothing(self, width: int) -> list[Text]:
        return []

    def lines(self, data: tuple[Finding, ...], width: int, height: int) -> list[Text]:
        found: list[Text] = []
        for finding in sorted(data, key=lambda finding: CERTAINTIES.index(finding.certainty)):
            said = super().lines((finding,), width, height)
            if found and len(found) + len(said) > height:
                break
            found += said
        return found


class RunPreview(Vertical):
    """Facts, curves and findings, as many of them as there is room for."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="panel")
        self.opened: Opened | None = None

    def compose(self) -> ComposeResult:
        yield RunFacts(id="run-facts")
        yield CurvesPlot(id="run-curves")
        yield CurvesTable(id="run-table")
        yield PreviewFindings(id="run-findings")

    def on_mount(self) -> None:
        self._share_out()

    def show(self, opened: Opened | None) -> None:
        """Shows a run; None takes away what was there."""
        if opened is self.opened and opened is not None:
            return
        self.opened = opened
        name = opened.summary.entry.name if opened is not None else ""
        self.border_title = Content(look_of(self).glyphs.fit(name))
        self.query_one(RunFacts).show(facts_of(opened) if opened is not None else None)
        run = opened.run if opened is not None else None
        picture = table = None
        if opened is not None and run is not None:
            best = opened.summary.best
            batch_size = best.batch_size if best is not None else run.batch_sizes[0]
            picture = speedup_picture(run, PUBLISHED, batch_size)
            table = curves_now(run, PUBLISHED, batch_size)
        self.query_one(CurvesPlot).show(picture)
        self.query_one(CurvesTable).show(table)
        self.query_one(PreviewFindings).show(self._findings(opened))
        self._share_out()

    @staticmethod
    def _findings(opened: Opened | None) -> tuple[Finding, ...]:
        return opened.findings if opened is not None else ()

    def on_resize(self, event: events.Resize) -> None:
        self._share_out()

    def _share_out(self) -> None:
        """Gives every part its rows: curves where they can be drawn, else their table where it fits."""
        width, height = self.content_size
        facts, plot, table = self.query_one(RunFacts), self.query_one(CurvesPlot), self.query_one(CurvesTable)
        findings = self.query_one(PreviewFindings)
        said = len(facts.all_lines(facts.data, width)) if facts.data else 0
        least, rows = min(said, 2), len(table.data.curves) + 3 if table.data is not None else 0
        measured = self.opened is not None and self.opened.run is not None
        plot_rows = table_rows = 0
        if not measured:
            facts_rows = min(said, height)
        elif width >= MIN_WIDTH and height >= MIN_HEIGHT + least:
            facts_rows = min(said, height - MIN_HEIGHT)
            room = height - facts_rows
            plot_rows = max(MIN_HEIGHT, room - 1 - max(FINDINGS_ROWS, room // 4))
            plot_rows = plot_rows if room - plot_rows > FINDINGS_ROWS else room
        elif height >= max(rows + least, FEW_ROWS):
            facts_rows, table_rows = min(said, height - rows, 5), rows
        else:
            facts_rows = min(said, max(least, height // 3))
        for widget, own in ((facts, facts_rows), (plot, plot_rows), (table, table_rows)):
            widget.display = own > 0
            widget.styles.height = own
        findings.display = measured and height - facts_rows - plot_rows - table_rows > 2
