"""What stands below the table: why the cell under the cursor is what it is, or how to read the columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from specprof.analysis.floor import floors_of
from specprof.analysis.opened import Run
from specprof.tui.look import Piece
from specprof.tui.state.cell_facts import verdict_role
from specprof.tui.state.result_rows import ResultRow, Sort, Standings
from specprof.tui.widgets.drawn import Drawn
from specprof.views.floor import FLOOR, floor_note
from specprof.views.palette import Role
from specprof.views.tables.extras import beside_name, beside_note


@dataclass(frozen=True)
class TableNote:
    """`said` stands before `words`, in its own role."""

    said: str
    role: Role
    words: str
    estimate: str
    signs: bool
    """Whether the table marks a best K."""


def table_note(run: Run, row: ResultRow | None, standings: Standings, shown: Sequence[Sort]) -> TableNote:
    """Of the row under the cursor, or of the whole table where there is none. `shown` are its columns."""
    model = run.record.plan.model
    estimate = ""
    if run.estimated:
        estimate = f"latency estimated from {model.layers_measured} of {model.layers_total} layers"
    if row is None:
        return TableNote("", "text", _columns(run, shown), estimate, bool(standings))
    where = f"seq_len {row.seq_len} K {row.candidates}: "
    if run.published:
        return TableNote(where, "text", "read off the published figure", estimate, bool(standings))
    verdict = row.verdict.replace("_", " ")
    words = "; ".join(row.reasons) or (
        "every check passed" if row.verdict == "valid" else "no reason is given"
    )
    return TableNote(where + verdict, verdict_role(row.verdict), words, estimate, bool(standings))


def _columns(run: Run, shown: Sequence[Sort]) -> str:
    """What the columns are that there is room for, and which of the run's own there is none for."""
    if run.published:
        return "± the error of reading the figure; T(K)/T(1) is derived: E(K) over the speedup"
    further = {}
    floors, plan = floors_of(run.record, {}), run.record.plan
    if floors is not None:
        further["floor"] = FLOOR, floor_note(floors)
    if plan.attention_beside is not None:
        further["beside"] = beside_name(plan), beside_note(plan)
    said = ["± half the 95 % interval of the median, ratios paired by round"]
    left_out = [name for sort, (name, _) in further.items() if sort not in shown]
    if left_out:
        said.append(f"no room for {' and '.join(left_out)}: widen the terminal")
    said += [f"{name}: {words}" for sort, (name, words) in further.items() if sort in shown]
    return "; ".join(said)


class TableNotePanel(Drawn[TableNote]):
    def lines(self, data: TableNote, width: int, height: int) -> list[Text]:
        glyphs = self.look.glyphs
        key: list[Piece] = []
        if data.signs:
            key = [
                (glyphs.star, "good"),
                (" best K of its row  ", "muted"),
                (glyphs.near_best, "text"),
                (" within its noise  ", "muted"),
            ]
        words = f"{data.said}  {data.words}" if data.said else data.words
        # reasons get the room that they need, the key what is left
        found = self.look.wrapped(words, "muted", width, height if data.said else height - 1, indent="  ")
        if data.said:
            size = min(len(glyphs.fit(data.said)), found[0].cell_len)
            found[0].stylize(self.look.palette.style(data.role, bold=True), 0, size)
        if len(found) < height:
            found.insert(0, self.look.line(*key, (data.estimate, "warn"), width=width))
        return [Text("")] * (height - len(found)) + found
