"""All findings of a run, in the order to show them."""

from __future__ import annotations

from specprof.analysis.curves import CurveSet
from specprof.analysis.findings.attention import attention_penalty, slower_attention
from specprof.analysis.findings.best import best_by_length, best_of_each, peak
from specprof.analysis.findings.cliff import shape
from specprof.analysis.findings.evidence import Series, series_of
from specprof.analysis.findings.finding import Finding
from specprof.analysis.findings.floor import above_floor
from specprof.analysis.findings.lengths import long_sequence, order
from specprof.analysis.findings.pays import below_one, does_not_pay
from specprof.analysis.findings.words import counted, listed


def find_all(curves: CurveSet) -> list[Finding]:
    """Per batch size: what holds for all sequence lengths first, then the best K of each of them.

    Cells whose verdict is `invalid` take no part; a finding says which.
    """
    found: list[Finding] = []
    for batch_size in curves.batch_sizes:
        series = series_of(curves, batch_size)
        found += best_by_length(series)
        found += peak(series)
        found += does_not_pay(series)
        found += shape(series)
        found += long_sequence(series)
        found += slower_attention(series)
        found += attention_penalty(series)
        found += below_one(series)
        found += order(series)
        found += above_floor(series)
        found += best_of_each(series)
        found += _left_out(series)
    return found


def _left_out(series: Series) -> list[Finding]:
    rows = [row for row in series.everything if row.left_out]
    if not rows:
        return []
    count = sum(len(row.left_out) for row in rows)
    drafting = ", or of the draft pass" if series.curves.draft_formula else ""
    places = [f"{listed(row.left_out)} candidates at seq_len {row.seq_len}" for row in rows]
    verb = "is" if count == 1 else "are"
    text = f"{counted(count, 'cell')} of batch {series.batch_size} {verb} invalid and left out "
    text += f"of these findings: {listed(places, 4)}"
    return [
        Finding(
            "left-out",
            series.batch_size,
            rows[0].seq_len if len(rows) == 1 else None,
            text,
            {"cells": float(count)},
            "significant",
            f"verdict invalid, of the cell or of its K = 1{drafting}",
        )
    ]
