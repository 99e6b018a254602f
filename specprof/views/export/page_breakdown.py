"""The breakdown of a run as a section of the page: a bar and its numbers for each cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from specprof.plan.plan import Row
from specprof.run.cell_record import CellRecord
from specprof.run.record import RunRecord
from specprof.views.breakdown.kernels import by_rows
from specprof.views.breakdown.parts import SHOWN, parts_ms, whole_ms
from specprof.views.breakdown.words import (
    KERNELS,
    TITLE,
    disturbed_words,
    note_words,
    places_words,
    profiled_rows,
    row_words,
    slice_words,
)
from specprof.views.export.escape import escaped
from specprof.views.quantities import decimals_for, number

COLOURS = len(SHOWN) - 1
"""Series colours that the bars need; gaps have none."""

LEAST_LABELLED = 0.12
"""Share of the longest bar from which a part says its own share."""

BARS_STYLE = """
.bar { display: flex; width: 16rem; height: 1.1rem; font-size: .75rem; line-height: 1.1rem; }
.bar span, .key span { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.bar span { overflow: hidden; text-align: center; color: var(--ground); flex: none; }
.key { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 0 1.5rem; }
.key span { display: inline-block; width: 1.2rem; height: .8rem; margin-right: .4rem; }
.kernels li { overflow-wrap: anywhere; }
"""


def breakdown_section(record: RunRecord, batch_sizes: Sequence[int]) -> Iterator[str]:
    """Lines of HTML; none where no cell was profiled."""
    rows = profiled_rows(record, batch_sizes)
    if not rows:
        return
    yield f"<h2>{TITLE}</h2>"
    for words in filter(None, (slice_words(record), disturbed_words(rows))):
        yield f'<p class="caveat">{escaped(words)}</p>'
    yield '<ul class="key">'
    for index, part in enumerate(SHOWN):
        yield f'<li><span style="{_ground(index)}"></span>{escaped(part.name)}</li>'
    yield "</ul>"
    for row, cells in rows.items():
        yield _table(row, cells)
    yield from (f'<p class="muted">{escaped(words)}</p>' for words in note_words(record, rows))
    yield from _kernels(rows)


def _table(row: Row, cells: Sequence[CellRecord]) -> str:
    """One row's cells, their bars on the scale of the longest."""
    longest = max(whole_ms(cell.breakdown) for cell in cells if cell.breakdown)
    known = [ms for cell in cells if cell.breakdown for ms in (*parts_ms(cell.breakdown),)]
    decimals = min(3, decimals_for(known))
    heads = [*(part.short for part in SHOWN), "profiled ms", "measured ms"]
    return "\n".join(
        (
            '<div class="scroll"><table>',
            f"<caption>{escaped(row_words(row))}</caption>",
            '<thead><tr><th scope="col">K</th><th scope="col" class="words">share of the profiled step</th>',
            *(f'<th scope="col">{escaped(head)}</th>' for head in heads),
            "</tr></thead>",
            "<tbody>",
            *(_line(cell, longest, decimals) for cell in cells),
            "</tbody></table></div>",
        )
    )


def _line(cell: CellRecord, longest_ms: float, decimals: int) -> str:
    breakdown = cell.breakdown
    if breakdown is None:
        return ""
    sizes = parts_ms(breakdown)
    pieces = []
    for index, (part, ms) in enumerate(zip(SHOWN, sizes, strict=True)):
        if ms <= 0:
            continue
        share = f"{100 * ms / whole_ms(breakdown):.0f} %"
        shown = share if index < COLOURS and ms / longest_ms >= LEAST_LABELLED else ""
        style = f"width: {100 * ms / longest_ms:.3f}%; {_ground(index)}"
        title = escaped(f"{part.name}: {number(ms)} ms, {share}")
        pieces.append(f'<span style="{style}" title="{title}">{shown}</span>')
    measured = number(cell.measured_ms.median, decimals) if cell.measured_ms else "-"
    values = [*(number(ms, decimals) for ms in (*sizes, breakdown.total_ms)), measured]
    return (
        f'<tr><td>{cell.candidates}</td><td class="words"><div class="bar">{"".join(pieces)}</div></td>'
        + "".join(f"<td>{escaped(value)}</td>" for value in values)
        + "</tr>"
    )


def _ground(index: int) -> str:
    return f"background: var(--{f'series-{index + 1}' if index < COLOURS else 'grid'})"


def _kernels(rows: dict[Row, list[CellRecord]]) -> Iterator[str]:
    groups = by_rows(rows)
    if not groups:
        return
    yield f"<h3>{KERNELS}</h3>"
    for places, found in groups.items():
        yield f"<p>{escaped(places_words(places, list(rows)))}</p>"
        yield '<ul class="kernels">'
        for one in found:
            names = f"<code>{escaped(one.old)}</code> → <code>{escaped(one.new)}</code>"
            yield f"<li>K {one.fewer} → {one.more}, {one.part}: {names}</li>"
        yield "</ul>"
