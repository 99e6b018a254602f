"""What is said of one row's decoding: tables, each with sentences below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from specprof.analysis.validation.peers import PeerResult
from specprof.analysis.validation.results import Result
from specprof.plan.plan import Row
from specprof.run.record import RunRecord
from specprof.views.decision.lines import Word
from specprof.views.validation.peers import PEER_HEADER, PEER_TITLE, peer_line, peer_notes
from specprof.views.validation.words import (
    GAP_HEADER,
    GAP_TITLE,
    HEADER,
    gap_line,
    place_words,
    result_line,
    verdict_words,
)


class Table(NamedTuple):
    """The second column holds words, all others numbers."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[Word]]
    notes: Sequence[Word] = ()


def row_tables(
    record: RunRecord, results: Sequence[Result], peers: Sequence[PeerResult], row: Row
) -> Iterator[Table]:
    """None where nothing was decoded to the end of a round. `results` and `peers` are the record's."""
    validation = record.plan.validation
    found = [result for result in results if result.row == row]
    if validation is None or not found:
        return
    title = f"{place_words(row)}, {validation.tokens} tokens of each sequence a block"
    yield Table(title, HEADER, [result_line(one) for one in found])
    yield Table(GAP_TITLE, GAP_HEADER, [gap_line(one) for one in found], list(verdict_words(found)))
    beside = [result for result in peers if result.row == row]
    if beside:
        notes = list(peer_notes(record, beside))
        yield Table(PEER_TITLE, PEER_HEADER, [peer_line(one) for one in beside], notes)
