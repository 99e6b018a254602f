"""The tables of decoding as lines of a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from specprof.analysis.validation.peers import peer_results
from specprof.analysis.validation.results import Result
from specprof.plan.plan import Row
from specprof.run.record import RunRecord
from specprof.views.decision.lines import Pen
from specprof.views.glyphs import Glyphs
from specprof.views.palette import Palette
from specprof.views.validation.tables import row_tables
from specprof.views.validation.words import TITLE, failed_words, note_words, place_words


def validation_lines(
    record: RunRecord,
    results: Sequence[Result],
    width: int,
    palette: Palette,
    glyphs: Glyphs,
    rows: Sequence[Row] | None = None,
) -> list[Text]:
    """Lines of at most `width` columns; none where nothing was to be decoded. `results` are the record's."""
    if record.plan.validation is None:
        return []
    rows = record.plan.rows() if rows is None else rows
    peers = peer_results(record)
    pen = Pen(width, palette, glyphs)
    pen.heading(TITLE)
    for row in rows:
        tables = list(row_tables(record, results, peers, row))
        if not tables:
            pen.say(f"{place_words(row)}: nothing was decoded to the end of a round", "muted")
        for number, table in enumerate(tables):
            if number:
                pen.say("")
            pen.say(table.title, "text" if number else "accent")
            pen.table(table.header, table.rows, left=(1,))
            for words, role in table.notes:
                pen.say(words, role, bold=role in ("good", "warn", "bad"))
    for words, role in (*failed_words(record, rows), *note_words(record, results)):
        pen.say(words, role)
    return pen.lines
