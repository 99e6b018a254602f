"""What decoding came to, as a section of the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from specprof.analysis.validation.peers import peer_results
from specprof.analysis.validation.results import validation_results
from specprof.run.record import RunRecord
from specprof.views.decision.lines import Word
from specprof.views.export.escape import escaped
from specprof.views.validation.tables import Table, row_tables
from specprof.views.validation.words import TITLE, failed_words, note_words

_WORDS_COLUMN = 1
_CLASSES = ("good", "warn", "bad", "muted")


def validation_section(record: RunRecord, batch_sizes: Sequence[int]) -> Iterator[str]:
    """Lines of HTML; none where nothing was to be decoded."""
    if record.plan.validation is None:
        return
    rows = [row for row in record.plan.rows() if row.batch_size in batch_sizes]
    peers = peer_results(record)
    results = [result for result in validation_results(record) if result.row in rows]
    yield f"<h2>{TITLE}</h2>"
    if not results:
        yield '<p class="caveat">Nothing was decoded to the end of a round.</p>'
    for row in rows:
        for table in row_tables(record, results, peers, row):
            yield _table(table)
            yield from _paragraphs(table.notes)
    yield from _paragraphs([*failed_words(record, rows), *note_words(record, results)])


def _paragraphs(words: Sequence[Word]) -> Iterator[str]:
    for text, role in words:
        yield f"<p{_class(role)}>{escaped(text)}</p>"


def _table(table: Table) -> str:
    lines = [
        f"<tr>{''.join(_cell(*word, column) for column, word in enumerate(row))}</tr>" for row in table.rows
    ]
    heads = [
        f'<th scope="col"{_class("", column)}>{escaped(head)}</th>'
        for column, head in enumerate(table.header)
    ]
    return "\n".join(
        (
            '<div class="scroll"><table>',
            f"<caption>{escaped(table.title)}</caption>",
            f"<thead><tr>{''.join(heads)}</tr></thead>",
            "<tbody>",
            *lines,
            "</tbody></table></div>",
        )
    )


def _cell(text: str, role: str, column: int) -> str:
    return f"<td{_class(role, column)}>{escaped(text)}</td>"


def _class(role: str, column: int | None = None) -> str:
    names = [name for name in (role,) if name in _CLASSES]
    names += ["words"] if column == _WORDS_COLUMN else []
    return f' class="{" ".join(names)}"' if names else ""
