"""A published figure as a table: its speedups, one line per sequence length."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from specprof.analysis.curves import Curve, CurveSet
from specprof.run.record import Reference
from specprof.views.glyphs import Glyphs
from specprof.views.palette import Palette
from specprof.views.quantities import number
from specprof.views.tables.columns import Column, notes_grid, ruled

_PITCH = 8
"""Columns for one speedup."""


def reference_table(
    reference: Reference, curves: CurveSet, batch_size: int, width: int, palette: Palette, glyphs: Glyphs
) -> RenderableType:
    """The speedups of one batch size by sequence length and K; where they are too many, in several tables."""
    here = sorted(curves.of_batch(batch_size), key=lambda curve: curve.seq_len)
    per_table = max(1, (width - _PITCH - 1) // _PITCH)
    counts = curves.candidates
    tables = [
        _part(here, counts[first : first + per_table], width, palette, glyphs)
        for first in range(0, len(counts), per_table)
    ]
    notes = [
        (
            "±",
            f"{reference.reading_error:g}: the error of reading the figure; no latency stands behind it here",
        ),
        (glyphs.star, "best K of its row"),
        ("", f"acceptance in the published speedups: {reference.acceptance}"),
        ("", f"shown with E(K) = {curves.acceptance_formula} ({curves.acceptance_name})"),
        ("", reference.provenance),
    ]
    title = f"{curves.title}, Batch Size: {batch_size}, published speedup"
    return Group(
        Text(glyphs.fit(title), palette.style("text", bold=True)),
        *tables,
        Text(""),
        notes_grid(notes, palette, glyphs),
    )


def _part(
    curves: Sequence[Curve], counts: Sequence[int], width: int, palette: Palette, glyphs: Glyphs
) -> RenderableType:
    lengths = Column("seq_len")
    columns = {count: Column(f"K = {count}" if count == counts[0] else str(count)) for count in counts}
    for curve in curves:
        lengths.add(str(curve.seq_len))
        best = int(curve.speedup.argmax())
        values = {int(k): i for i, k in enumerate(curve.candidates)}
        for count, column in columns.items():
            i = values.get(count)
            if i is None:
                column.add("-", role="muted")
            elif i == best:
                column.add(f"{glyphs.star} {number(float(curve.speedup[i]), 2)}", role="good")
            else:
                column.add(number(float(curve.speedup[i]), 2))
    return ruled([lengths, *columns.values()], (), width, palette, glyphs)
