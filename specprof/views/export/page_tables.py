"""The cells of one batch size as a table of the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.curves import Curve
from specprof.analysis.floor import rates_of
from specprof.analysis.opened import Run
from specprof.run.statistics import Estimate
from specprof.views.export.escape import escaped
from specprof.views.export.rows import CellRow, cell_rows
from specprof.views.floor import FLOOR
from specprof.views.quantities import decimals_for, number, plus_minus
from specprof.views.tables.extras import beside_name
from specprof.views.tables.results import standings

_VERDICTS = {"valid": "good", "warn": "warn", "unverified": "warn", "not_run": "muted", "published": "muted"}


def cell_tables(run: Run, model: AcceptanceModel, batch_sizes: Sequence[int]) -> Iterator[str]:
    """A table of each batch size. One line per cell: latency, its floor and a second attention where the run
    has them, T(K)/T(1), E(K), speedup with their ±, verdict and reasons."""
    curves: dict[int, list[Curve]] = {}
    for curve in run.curves(model).curves:
        curves.setdefault(curve.batch_size, []).append(curve)
    # they come batch size by batch size
    for batch_size, rows in groupby(
        cell_rows(run, model, frozenset(batch_sizes)), key=lambda row: row.cell.batch_size
    ):
        yield _table(run, list(rows), curves.get(batch_size, ()))


def _table(run: Run, rows: Sequence[CellRow], curves: Sequence[Curve]) -> str:
    decimals = decimals_for(row.latency_ms.median for row in rows if row.latency_ms)
    best = {
        curve.seq_len: {k for k, standing in standings(curve).items() if standing == "best"}
        for curve in curves
    }
    depth = run.record.plan.model
    estimated = f", {depth.layers_total} layers estimated from {depth.layers_measured}"
    latency = f"latency ms{estimated if run.estimated else ''}"
    title = escaped(f"{depth.title}, Batch Size: {rows[0].cell.batch_size}")
    further = _further(run)
    names = [one.name for one in further]
    heads = ["seq_len", "K", latency, *names, "T(K)/T(1)", "E(K)", "speedup", "n"]
    lines = []
    before = None
    for row in rows:
        first = row.cell.seq_len != before
        before = row.cell.seq_len
        is_best = row.cell.candidates in best.get(row.cell.seq_len, ())
        lines.append(_line(row, decimals, further, first=first, best=is_best))
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


class _Further(NamedTuple):
    """A column that not every run has."""

    name: str
    value: Callable[[CellRow], Estimate | None]
    decimals: int


def _further(run: Run) -> list[_Further]:
    found = []
    if rates_of(run.record) and not run.published:
        found.append(_Further(FLOOR, lambda row: row.above_floor, 2))
    if run.record.plan.attention_beside is not None:
        found.append(_Further(beside_name(run.record.plan), lambda row: row.beside_over, 3))
    return found


def _line(row: CellRow, decimals: int, further: Sequence[_Further], *, first: bool, best: bool) -> str:
    verdict = row.verdict.replace("_", " ")
    reasons = f": {'; '.join(row.reasons)}" if row.reasons else ""
    role = _VERDICTS.get(row.verdict, "bad")
    cells = [
        f"<td>{row.cell.seq_len if first else ''}</td>",
        f"<td>{row.cell.candidates}</td>",
        _value(row.latency_ms, decimals),
        *(_value(one.value(row), one.decimals) for one in further),
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
