"""The best K of every batch size and sequence length as a map, readable without its colours."""

from __future__ import annotations

from rich.text import Text

from specprof.analysis.schedule import Choice, Schedule
from specprof.views.decision.lines import Pen, Word
from specprof.views.glyphs import Glyphs
from specprof.views.lines import join_facts
from specprof.views.palette import Palette, series_role

OFF = "off"
NONE = "."


def heatmap(schedule: Schedule, width: int, palette: Palette, glyphs: Glyphs) -> list[Text]:
    """Batch sizes down, sequence lengths across, the K chosen in each place and a sign for how sure it is.

    Where the terminal is too narrow for all lengths they go on below.
    """
    pen = Pen(width, palette, glyphs)
    pen.heading("Best K by batch size and sequence length")
    places = {(choice.batch_size, choice.seq_len): choice for choice in schedule.choices}
    counts = sorted({choice.candidates for choice in schedule.choices if choice.candidates > 1})
    corner, lengths = "batch", schedule.seq_lens
    column = max(len(f"{value} *") for value in (*lengths, *counts, OFF)) + 2
    across = max(1, (width - len(corner)) // column)
    for start in range(0, len(lengths), across):
        part = lengths[start : start + across]
        rows: list[list[Word]] = []
        for size in schedule.batch_sizes:
            row: list[Word] = [(str(size), "muted")]
            row += [_place(places.get((size, length)), counts, glyphs) for length in part]
            rows.append(row)
        pen.table([corner, *(f"{length}  " for length in part)], rows)
    for line in join_facts(map(glyphs.fit, _key(schedule, glyphs)), width, glyphs.separator, glyphs.ellipsis):
        pen.lines.append(Text(line, palette.style("muted")))
    return pen.lines


def _place(choice: Choice | None, counts: list[int], glyphs: Glyphs) -> Word:
    if choice is None:
        return f"{NONE}  ", "muted"
    sign = glyphs.star if choice.certain else glyphs.near_best
    if choice.candidates == 1:
        return f"{OFF} {sign}", "muted"  # a red is among the colours of the counts
    return f"{choice.candidates} {sign}", series_role(counts.index(choice.candidates))


def _key(schedule: Schedule, glyphs: Glyphs) -> list[str]:
    said = [f"{glyphs.star} clearly the best", f"{glyphs.near_best} others cannot be told apart from it"]
    if any(choice.candidates == 1 for choice in schedule.choices):
        said.append(f"{OFF}: speculation does not pay")
    if len(schedule.choices) < len(schedule.batch_sizes) * len(schedule.seq_lens):
        said.append(f"{NONE} not measured")
    return said
