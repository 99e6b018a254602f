"""The result as tables, one per batch size: what was measured, how sure it is, what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Literal

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.curves import Curve, CurveSet
from specprof.analysis.findings.evidence import Points
from specprof.plan.model import ModelShape
from specprof.plan.plan import Cell, Row
from specprof.run.cell_record import CellRecord, Interval, Verdict
from specprof.run.record import RunRecord
from specprof.views.floor import FLOOR, floor_note
from specprof.views.glyphs import Glyphs
from specprof.views.palette import Palette, Role
from specprof.views.quantities import decimals_for, number, plus_minus
from specprof.views.tables.columns import Column, fitting, notes_grid, ruled
from specprof.views.tables.extras import beside_name, beside_note, memory_note
from specprof.views.tables.footnotes import Footnotes
from specprof.views.tables.notes import Note, notes_of
from specprof.views.tables.reference import reference_table

VERDICT_ROLES: dict[Verdict, Role] = {
    "valid": "good",
    "warn": "warn",
    "unverified": "warn",
    "invalid": "bad",
    "oom": "bad",
    "failed": "bad",
    "not_run": "muted",
}

MOST_BATCH_SIZES = 64
"""Tables, and figures, of one report: a plan of thousands would be drawn for minutes, and read by nobody."""

Standing = Literal["best", "near"]


def result_tables(
    record: RunRecord,
    acceptance: AcceptanceModel,
    curves: CurveSet,
    width: int,
    palette: Palette,
    glyphs: Glyphs,
) -> list[RenderableType]:
    """One table with its notes for each batch size of the plan, up to MOST_BATCH_SIZES, in `width` columns.

    A published figure has no latencies: its table shows the speedups only.
    """
    if record.reference is not None:
        return [
            reference_table(record.reference, curves, batch_size, width, palette, glyphs)
            for batch_size in curves.batch_sizes
        ]
    sizes = record.plan.batch_sizes
    tables: list[RenderableType] = [
        BatchTable(record, acceptance, curves, batch_size, glyphs).render(width, palette)
        for batch_size in sizes[:MOST_BATCH_SIZES]
    ]
    if len(sizes) > MOST_BATCH_SIZES:
        more = f"… and {len(sizes) - MOST_BATCH_SIZES} more batch sizes, see --json"
        tables.append(Text(glyphs.fit(more), palette.style("muted")))
    return tables


def standings(curve: Curve) -> dict[int, Standing]:
    """The best trusted K of a curve, and those that cannot be told apart from it."""
    points = Points(curve)
    if points.size < 2:
        return {}
    found: dict[int, Standing] = {points.candidates[i]: "near" for i in points.rivals}
    found[points.candidates[points.best]] = "best"
    return found


def latency_header(model: ModelShape) -> str:
    """`latency ms`, and what depth that is where it was not all measured."""
    if model.full_depth:
        return "latency ms"
    return f"latency ms\n({model.layers_total} layers,\nestimated\nfrom {model.layers_measured})"


class BatchTable:
    """The cells of one batch size, in lines grouped by sequence length."""

    def __init__(
        self,
        record: RunRecord,
        acceptance: AcceptanceModel,
        curves: CurveSet,
        batch_size: int,
        glyphs: Glyphs,
    ) -> None:
        self._record, self._acceptance, self._glyphs = record, acceptance, glyphs
        self._draft = curves.draft_formula
        self._title = f"{curves.title}, Batch Size: {batch_size}"
        recorded = {cell.cell: cell for cell in record.cells if cell.batch_size == batch_size}
        rows = (Row(batch_size, seq_len) for seq_len in record.plan.seq_lens)
        self._rows = {
            row: [(k, recorded.get(Cell(*row, k))) for k in record.plan.counts(row)] for row in rows
        }
        self._cells = [cell for cells in self._rows.values() for _, cell in cells if cell]
        self._footnotes = Footnotes(cell.reasons for cell in self._cells)
        self._decimals = decimals_for(cell.latency_ms.median for cell in self._cells if cell.latency_ms)
        self._standings: set[Standing] = set()
        self._ends: list[int] = []
        self.seq_len, self.candidates = Column("seq_len"), Column("K")
        self.latency, self.ratio = Column(latency_header(record.plan.model)), Column("T(K)/T(1)")
        self.tokens, self.speedup = Column("E(K)"), Column("speedup")
        self.samples, self.verdict = Column("n"), Column("verdict", left=True)
        self._floors = curves.floors
        self.floor = Column(FLOOR)
        self.beside = Column(beside_name(record.plan))
        of_row = {curve.seq_len: curve for curve in curves.of_batch(batch_size)}
        for row, cells in self._rows.items():
            self._add_row(row, cells, of_row.get(row.seq_len))

    def _add_row(self, row: Row, cells: Sequence[tuple[int, CellRecord | None]], curve: Curve | None) -> None:
        found = standings(curve) if curve else {}
        self._standings |= set(found.values())
        first = True
        for (measured, *_), group in groupby(cells, lambda pair: self._kind(pair[1], pair[0])):
            alike = list(group)
            label = str(alike[0][0]) if len(alike) == 1 else f"{alike[0][0]}-{alike[-1][0]}"
            self.seq_len.add(str(row.seq_len) if first else "")
            self.candidates.add(label)
            first = False
            cell = alike[0][1]
            if measured and cell is not None and cell.latency_ms is not None:
                self._add_measured(cell, cell.latency_ms, curve, found.get(cell.candidates))
            else:
                for column in (self.latency, self.ratio, self.tokens, self.speedup, self.samples):
                    column.add("-", role="muted")
                for column in (self.floor, self.beside):
                    column.add("-", role="muted")
            self._add_verdict(cell)
        self._ends.append(len(self.verdict.lines) - 1)

    def _kind(self, cell: CellRecord | None, candidates: int) -> tuple[bool, object, object]:
        """Neighbours of one kind share a line: cells without a result for the same reason."""
        if cell is not None and cell.latency_ms is not None:
            return True, candidates, None
        return False, cell.verdict if cell else "not_run", tuple(cell.reasons) if cell else ()

    def _add_measured(
        self, cell: CellRecord, latency: Interval, curve: Curve | None, standing: Standing | None
    ) -> None:
        self.latency.add(*self._with_error(latency, self._decimals))
        if cell.ratio is None:
            self.ratio.add("-", role="muted")
        else:
            self.ratio.add(*self._with_error(cell.ratio, 3))
        self.tokens.add(f"{float(self._acceptance.expected_tokens([cell.candidates])[0]):.2f}")
        self.samples.add(str(len(cell.measured_ms.samples)) if cell.measured_ms else "-")
        self._add_extras(cell)
        at = np.flatnonzero(curve.candidates == cell.candidates) if curve else np.empty(0, dtype=np.intp)
        if curve is None or not at.size:
            self.speedup.add("-", role="muted")
            return
        i = int(at[0])
        point = float(curve.speedup[i]), float(curve.low[i]), float(curve.high[i])
        signs = {"best": self._glyphs.star, "near": self._glyphs.near_best, None: " "}
        value = self._glyphs.fit(number(point[0], 2))
        error = self._glyphs.fit(plus_minus(*point))
        role = "bad" if not curve.trusted[i] else "good" if standing == "best" else "text"
        self.speedup.add(f"{signs[standing]} {value}", error, role)

    def _add_extras(self, cell: CellRecord) -> None:
        above = self._floors.above(cell.cell) if self._floors else None
        if above is None:
            self.floor.add("-", role="muted")
        else:
            self.floor.add(self._glyphs.fit(number(above.multiple.median, 2)))
        if cell.beside_over is None:
            self.beside.add("-", role="muted")
        else:
            self.beside.add(*self._with_error(cell.beside_over, 3))

    def _with_error(self, of: Interval, decimals: int) -> tuple[str, str]:
        value, error = number(of.median, decimals), plus_minus(of.median, of.ci_low, of.ci_high)
        return self._glyphs.fit(value), self._glyphs.fit(error)

    def _add_verdict(self, cell: CellRecord | None) -> None:
        verdict: Verdict = cell.verdict if cell else "not_run"
        notes = ",".join(map(str, self._footnotes.numbers(cell.reasons))) if cell else ""
        self.verdict.add(f"{verdict.replace('_', ' ')} {notes}".rstrip(), role=VERDICT_ROLES[verdict])

    def render(self, width: int, palette: Palette) -> RenderableType:
        """Title, table and notes. A narrow terminal does without the floor and E(K), whose formula is in the
        notes, then without n, T(K)/T(1), the latency and in the end the second attention."""
        floor = [self.floor] if self._floors and any(cell.latency_ms for cell in self._cells) else []
        beside = [self.beside] if any(cell.beside_over for cell in self._cells) else []
        columns = [
            self.seq_len,
            self.candidates,
            self.latency,
            *floor,
            *beside,
            self.ratio,
            self.tokens,
            self.speedup,
            self.samples,
            self.verdict,
        ]
        given_up = (*floor, self.tokens, self.samples, self.ratio, self.latency, *beside)
        kept = fitting(columns, given_up, width)
        model = self._record.plan.model
        notes = notes_of(
            model,
            self._acceptance,
            self._cells,
            self._footnotes,
            self._standings,
            self._glyphs,
            self._draft,
        )
        return Group(
            Text(self._glyphs.fit(self._title), palette.style("text", bold=True)),
            ruled(kept, self._ends, width, palette, self._glyphs),
            Text(""),
            notes_grid([*self._extra_notes([*floor, *beside], kept), *notes], palette, self._glyphs),
        )

    def _extra_notes(self, further: Sequence[Column], kept: Sequence[Column]) -> list[Note]:
        """What the further columns are, and where to find those that there is no room for."""
        words = {id(self.beside): beside_note(self._record.plan)}
        if self._floors:
            words[id(self.floor)] = floor_note(self._floors)
        there = {id(column) for column in kept}
        shown = [column for column in further if id(column) in there]
        found: list[Note] = [("", f"{column.header}: {words[id(column)]}") for column in shown]
        if len(shown) < len(further):
            names = " and ".join(column.header for column in further if id(column) not in there)
            found.append(("", f"no room for {names}: widen the terminal, or `specprof export --to csv`"))
        memory = memory_note(self._cells)
        return [*found, ("", memory)] if memory else found
