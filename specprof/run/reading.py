"""The one loader: a run file or a journal from anywhere, as a record whose statistics were computed here.

A file is taken for hostile. Only a regular file is opened, and only up to 64 MB; its strings are
cleaned before anything else sees them, its JSON is read strictly, and what it says of its own
statistics is compared with its samples and then thrown away. Every fault is a RunFileProblem.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from specprof.errors import RunFileProblem
from specprof.run.events import ADAPTER, EventModel, Resumed, RunEnded
from specprof.run.recheck import (
    check_cells,
    check_drafts,
    check_reference,
    check_validation,
    recomputed,
    record_of,
    reduced,
)
from specprof.run.record import SCHEMA_VERSION, RunRecord
from specprof.run.reduce import Reduction
from specprof.run.regular_file import regular_bytes
from specprof.run.sanitize import clean, clean_tree
from specprof.run.strict_json import parse, validated

MAX_FILE_BYTES = 64 << 20
MAX_LINE_BYTES = 1 << 20

_RECORD: TypeAdapter[RunRecord] = TypeAdapter(RunRecord)
_BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "UTF-8", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_AS_UTF8 = "save it as UTF-8 without a byte order mark"


@dataclass(frozen=True)
class LoadedRun:
    """A run from a file. `warnings` says, a sentence each, what was wrong with it and what was done."""

    record: RunRecord
    warnings: tuple[str, ...]
    path: Path
    is_journal: bool


@dataclass(frozen=True)
class JournalRead:
    """The events of a journal. `intact_bytes` is the length of its whole lines: a writer that goes on
    with a torn journal cuts it there."""

    events: tuple[EventModel, ...]
    complete: bool
    """Whether it holds the run's end, and was not gone on with after that."""
    torn: bool
    """Whether its last line was cut off or spoilt, and therefore ignored."""
    intact_bytes: int


def load_record(path: Path | str) -> LoadedRun:
    """Reads a run document or a journal, whatever its name. Raises RunFileProblem."""
    where, data = _read(path)
    if _is_journal(data):
        record, warnings = _record_of_journal(_journal(data, where), where)
        return LoadedRun(record, warnings, Path(path), is_journal=True)
    record, warnings = _record_of_document(data, where)
    return LoadedRun(record, warnings, Path(path), is_journal=False)


def read_journal(path: Path | str) -> JournalRead:
    """Reads a journal's events; a torn last line is ignored. Raises RunFileProblem.

    Whether the events fit together is the reducer's to say.
    """
    where, data = _read(path)
    if not _is_journal(data):
        raise RunFileProblem(f"{where}: not a journal", "its first line must be a run_started event")
    return _journal(data, where)


def event_of_line(line: bytes | str, where: str) -> EventModel:
    """One event from one JSON line, its strings cleaned. Raises RunFileProblem, `where` first."""
    if len(line) > MAX_LINE_BYTES:
        raise RunFileProblem(f"{where}: a line of {len(line)} bytes, more than {MAX_LINE_BYTES}")
    text = line if isinstance(line, str) else _decoded(line, where)
    return validated(ADAPTER, _cleaned(text, where), where)


def shown_path(path: Path | str) -> str:
    """A path as it may be shown: cleaned, since a file's name too comes from elsewhere."""
    return clean(os.fspath(path), 300)


# Bytes


def _read(path: Path | str) -> tuple[str, bytes]:
    """The path as shown and the file's bytes. Nothing but a regular file is ever opened."""
    where = shown_path(path)
    data = regular_bytes(path, where, MAX_FILE_BYTES, irregular=_irregular, too_large=_too_large)
    if not data:
        raise RunFileProblem(f"{where}: the file is empty")
    for mark, name in _BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            raise RunFileProblem(f"{where}: begins with a byte order mark ({name})", _AS_UTF8)
    if 0 in data[:2]:
        raise RunFileProblem(f"{where}: binary or UTF-16, not a run file", _AS_UTF8)
    return where, data


def _irregular(where: str) -> RunFileProblem:
    return RunFileProblem(f"{where}: not a regular file", "name a run file")


def _too_large(where: str) -> RunFileProblem:
    return RunFileProblem(f"{where}: larger than {MAX_FILE_BYTES >> 20} MB, no run file is that large")


def _decoded(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RunFileProblem(f"{where}: not UTF-8 at byte {error.start}: not a run file") from None


def _cleaned(text: str, where: str) -> Any:
    """The decoded JSON with its strings cleaned."""
    tree = parse(text, where)
    try:
        return clean_tree(tree)
    except RunFileProblem as problem:
        raise RunFileProblem(f"{where}: {problem.what}") from None


# Journals


def _is_journal(data: bytes) -> bool:
    """Whether the first line is a run_started event. A document is one JSON object without `event`."""
    line, newline, _ = data[: MAX_LINE_BYTES + 1].partition(b"\n")
    if not newline or b'"run_started"' not in line:
        return False
    try:
        header = parse(line.decode("utf-8"), "")
    except (RunFileProblem, UnicodeDecodeError):
        return False
    return isinstance(header, dict) and header.get("event") == "run_started"


def _journal(data: bytes, where: str) -> JournalRead:
    events: list[EventModel] = []
    intact = 0
    for number, line in enumerate(io.BytesIO(data), start=1):
        place = f"{where}: line {number}"
        if number == 1:
            header = _cleaned(_decoded(line, place), place)
            _check_version(header, place)
        last = intact + len(line) == len(data)
        if last and not line.endswith(b"\n"):
            break
        try:
            events.append(event_of_line(line[:-1], place))
        except RunFileProblem:
            if last and number > 1:
                break
            raise
        intact += len(line)
    return JournalRead(tuple(events), _ended(events), torn=intact < len(data), intact_bytes=intact)


def _ended(events: list[EventModel]) -> bool:
    """Whether the run came to its end. The last readings of telemetry may follow that word."""
    endings = (event for event in reversed(events) if isinstance(event, RunEnded | Resumed))
    return isinstance(next(endings, None), RunEnded)


def _record_of_journal(journal: JournalRead, where: str) -> tuple[RunRecord, tuple[str, ...]]:
    reduction = reduced(journal.events, where, "line")
    warnings = []
    if journal.torn:
        warnings.append("the last line is cut off or spoilt: ignored")
    if reduction.status() == "partial":
        done, planned = len(reduction.finished_cells()), len(reduction.cells)
        warnings.append(f"the run did not reach its end: {done} of {planned} cells were finished")
    warnings += _wrong_count(reduction)
    return record_of(reduction, where), tuple(warnings)


def _wrong_count(reduction: Reduction) -> Iterator[str]:
    found = len(reduction.finished_cells())
    if reduction.ended is not None and reduction.ended.cells_finished != found:
        said = reduction.ended.cells_finished
        yield f"the journal's end counts {said} finished cells, but it holds {found}"


# Documents


def _record_of_document(data: bytes, where: str) -> tuple[RunRecord, tuple[str, ...]]:
    tree = _cleaned(_decoded(data, where), where)
    _check_version(tree, where)
    if "event" in tree:
        raise RunFileProblem(f"{where}: a journal cut off before anything was measured")
    tree["analysis"] = None  # derived: never trusted, not even to be well-formed
    stored = validated(_RECORD, tree, where)
    if stored.reference is not None:
        check_reference(stored, where)
        return stored, ()
    check_cells(stored, where)
    check_drafts(stored, where)
    check_validation(stored, where)
    return recomputed(stored, where)


def _check_version(tree: Any, where: str) -> None:
    """Refuses what is no run file, and what a newer specprof wrote."""
    version = tree.get("schema_version") if isinstance(tree, dict) else None
    if version is None:
        raise RunFileProblem(f"{where}: not a specprof run file", "it has no schema_version")
    if type(version) is not int or version < 1:
        raise RunFileProblem(f"{where}: schema_version: a whole number from 1 is wanted")
    if version > SCHEMA_VERSION:
        writer = tree.get("specprof_version")
        by = f"specprof {writer[:80]}" if isinstance(writer, str) else "a newer specprof"
        raise RunFileProblem(
            f"{where}: written by {by} with schema version {version}; "
            f"this specprof reads up to version {SCHEMA_VERSION}",
            "update specprof",
        )
