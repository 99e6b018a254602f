"""The cells of one batch size as a table of the page."""

from __future__ import annotations

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.opened import Run
from specprof.run.statistics import Estimate
from specprof.views.export.escape import escaped
from specprof.views.export.rows import CellRow, cell_rows
from specprof.views.quantities import decimals_for, number, plus_minus
from specprof.views.tables.results import standings

_VERDICTS = {"valid": "good", "warn": "warn", "unverified": "warn", "not_run": "muted", "published": "muted"}


def cells_table(run: Run, model: AcceptanceModel, batch_size: int) -> str:
    """One line per cell: latency, T(K)/T(1), E(K), speedup with their ±, verdict and reasons."""
    rows = list(cell_rows(run, model, (batch_size,)))
    decimals = decimals_for(row.latency_ms.median for row in rows if row.latency_ms)
    best = {
        curve.seq_len: {k for k, standing in standings(curve).items() if standing == "best"}
        for curve in run.curves(model).of_batch(batch_size)
    }
    depth = run.record.plan.model
    estimated = f", {depth.layers_total} layers estimated from {depth.layers_measured}"
    latency = f"latency ms{estimated if run.estimated else ''}"
    title = escaped(f"{depth.title}, Batch Size: {batch_size}")
    heads = ["seq_len", "K", latency, "T(K)/T(1)", "E(K)", "speedup", "n"]
    lines = []
    before = None
    for row in rows:
        first = row.cell.seq_len != before
        before = row.cell.seq_len
        is_best = row.cell.candidates in best.get(row.cell.seq_len, ())
        lines.append(_line(row, decimals, first=first, best=is_best))
    return "\n".join(
        (
            '<div class="scroll"><table>',
            f"<caption>{title}</caption>",
            "<thead><tr>",
            *(f'<th scope="col">{escaped(head)}</th>' for head in heads),
            '<th scope="col" class="words">verdict</th></tr></thead>',
            "<tbody>",
            *lines,
            "</tbody></table></div>",
        )
    )


def _line(row: CellRow, decimals: int, *, first: bool, best: bool) -> str:
    verdict = row.verdict.replace("_", " ")
    reasons = f": {'; '.join(row.reasons)}" if row.reasons else ""
    role = _VERDICTS.get(row.verdict, "bad")
    cells = [
        f"<td>{row.cell.seq_len if first else ''}</td>",
        f"<td>{row.cell.candidates}</td>",
        _value(row.latency_ms, decimals),
        _value(row.ratio, 3),
        f"<td>{row.expected_tokens:.2f}</td>",
        _value(row.speedup, 2, best=best),
        f"<td>{row.samples or '-'}</td>",
        f'<td class="words"><span class="{role}">{escaped(verdict)}</span>{escaped(reasons)}</td>',
    ]
    opening = '<tr class="row-start">' if first else "<tr>"
    return opening + "".join(cells) + "</tr>"


def _value(of: Estimate | None, decimals: int, *, best: bool = False) -> str:
    if of is None:
        return "<td>-</td>"
    words = escaped(("★ " if best else "") + number(of.median, decimals))
    shown = f'<span class="best">{words}</span>' if best else words
    error = plus_minus(*of)
    return f'<td>{shown} <span class="error">{escaped(error)}</span></td>' if error else f"<td>{shown}</td>"
