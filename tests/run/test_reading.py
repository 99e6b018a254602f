"""The loader against files that were cut, spoilt or never run files. Rows are FAULTS.md's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from specprof.errors import RunFileProblem
from specprof.run import events as ev
from specprof.run.journal import document_text
from specprof.run.reading import LoadedRun, load_record, read_journal
from specprof.run.record import RunRecord

from .run_files import COMPLETE, HEADER_END, JOURNAL, RECORD, load, refusal
from .streams import STORIES, Story, build_record, build_stream, journal_bytes, reduce_all

# What is whole


@pytest.mark.parametrize("name", STORIES)
def test_a_document_loads_as_it_was_written_without_a_warning(tmp_path: Path, name: str) -> None:
    record = build_record(STORIES[name])
    loaded = load(tmp_path, document_text(record))
    assert loaded == LoadedRun(record, (), tmp_path / "run.json", is_journal=False)


@pytest.mark.parametrize("name", STORIES)
def test_a_journal_gives_the_record_of_its_events_whatever_its_name(tmp_path: Path, name: str) -> None:
    events = build_stream(STORIES[name])
    loaded = load(tmp_path, journal_bytes(events), "odd-name.json")
    assert loaded.is_journal
    assert loaded.record == reduce_all(events).record()
    assert loaded.warnings == ()


def test_a_compact_document_on_one_line_is_no_journal(tmp_path: Path, document: dict[str, Any]) -> None:
    document["environment"]["host"] = "run_started"
    loaded = load(tmp_path, json.dumps(document) + "\n", "run.jsonl.part")
    assert not loaded.is_journal
    assert loaded.record.environment.host == "run_started"


def test_a_link_to_a_run_file_is_followed(tmp_path: Path) -> None:
    load(tmp_path, document_text(RECORD))
    (tmp_path / "link").symlink_to(tmp_path / "run.json")
    assert load_record(tmp_path / "link").record == RECORD


def test_a_run_of_56_cells_with_100_samples_each_loads_in_a_blink(tmp_path: Path) -> None:
    seq_lens, candidates = (128, 256, 512, 1024, 2048, 4096, 8192), (1, 16, 32, 48, 64, 80, 96, 112)
    record = build_record(Story(seq_lens=seq_lens, candidates=candidates, rounds=100))
    load(tmp_path, document_text(record))
    taken = []
    for _ in range(3):  # a quiet machine takes 0.15 s; the test's own may be busy
        started = time.process_time()
        load_record(tmp_path / "run.json")
        taken.append(time.process_time() - started)
    assert min(taken) < 0.6


def test_the_analysis_in_a_file_is_never_taken_over(tmp_path: Path, document: dict[str, Any]) -> None:
    document["analysis"] = {"curves": "forged"}
    assert load(tmp_path, document).record.analysis is None
    document["analysis"] = "not even an object"
    assert load(tmp_path, document).record.analysis is None


# Row 36


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, len(JOURNAL) - 1))
@example(cut=HEADER_END - 1)
@example(cut=HEADER_END)
@example(cut=len(JOURNAL) - 1)
def test_row_36_a_journal_cut_at_any_byte_gives_its_finished_part_marked_incomplete(
    tmp_path: Path, cut: int
) -> None:
    if cut < HEADER_END:
        refusal(tmp_path, JOURNAL[:cut])
        return
    loaded = load(tmp_path, JOURNAL[:cut])
    whole_lines = JOURNAL[:cut].count(b"\n")
    assert loaded.record == reduce_all(COMPLETE[:whole_lines]).record()
    assert loaded.record.status == "partial"
    assert ("the last line is cut off or spoilt: ignored" in loaded.warnings) == (JOURNAL[cut - 1] != 10)
    assert "the run did not reach its end: " in loaded.warnings[-1]


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_row_36_a_document_cut_at_any_byte_is_refused(tmp_path: Path, data: st.DataObject) -> None:
    text = document_text(RECORD)
    cut = data.draw(st.integers(0, len(text) - 2))  # the last byte is a newline after the document
    refusal(tmp_path, text[:cut])


def test_row_36_a_journal_says_where_its_whole_lines_end(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl.part"
    path.write_bytes(JOURNAL)
    whole = read_journal(path)
    assert (whole.events, whole.complete, whole.torn) == (tuple(COMPLETE), True, False)
    assert whole.intact_bytes == len(JOURNAL)
    path.write_bytes(JOURNAL[:-7])
    torn = read_journal(path)
    assert (torn.events, torn.complete, torn.torn) == (tuple(COMPLETE[:-1]), False, True)
    assert JOURNAL[: torn.intact_bytes] == journal_bytes(COMPLETE[:-1])


@pytest.mark.parametrize("tail", [b"\x00" * 300, b'{"event": "sample"\n', b"\xff\xfe\n", b"{}\n", b"\n"])
def test_row_36_a_spoilt_last_line_is_ignored_and_noted(tmp_path: Path, tail: bytes) -> None:
    loaded = load(tmp_path, JOURNAL + tail)
    assert loaded.record == RECORD
    assert loaded.warnings == ("the last line is cut off or spoilt: ignored",)


@pytest.mark.parametrize("spoilt", [b"", b"{}", b'{"event":"nonsense"}', b"\xff", b'{"event":"sample"'])
def test_row_36_a_spoilt_line_in_the_middle_is_refused_with_its_number(tmp_path: Path, spoilt: bytes) -> None:
    lines = JOURNAL.split(b"\n")
    lines[6] = spoilt
    assert refusal(tmp_path, b"\n".join(lines)).startswith("run.json: line 7: ")


def test_a_journal_whose_events_do_not_fit_together_is_refused_with_the_line(tmp_path: Path) -> None:
    stranger = ev.SampleTaken(batch_size=9, seq_len=9, candidates=9, round=0, measured_ms=1.0)
    said = refusal(tmp_path, journal_bytes([*COMPLETE[:5], stranger, *COMPLETE[5:]]))
    assert said.startswith("run.json: line 6: an event speaks of batch 9, seq_len 9, 9 candidates")
    said = refusal(tmp_path, journal_bytes([*COMPLETE[:5], *COMPLETE]))
    assert said == "run.json: line 6: the run has two headers"


def test_a_run_gone_on_with_after_its_end_is_not_complete(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl.part"
    late = ev.Notice(level="info", text="a reading after the end")
    path.write_bytes(journal_bytes([*COMPLETE, late]))
    assert read_journal(path).complete
    path.write_bytes(journal_bytes([*COMPLETE, ev.Resumed()]))
    assert not read_journal(path).complete
    path.write_text(document_text(RECORD))
    with pytest.raises(RunFileProblem, match="not a journal"):
        read_journal(path)


# Row 37


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(is_journal=st.booleans(), flips=st.lists(st.integers(0, 2**30), min_size=1, max_size=20))
def test_row_37_flipped_bits_give_a_refusal_or_a_run_and_never_another_error(
    tmp_path: Path, is_journal: bool, flips: list[int]
) -> None:
    content = bytearray(JOURNAL if is_journal else document_text(RECORD).encode())
    for flip in flips:
        content[(flip >> 3) % len(content)] ^= 1 << (flip & 7)
    path = tmp_path / "run.json"
    path.write_bytes(content)
    try:
        loaded, said = load_record(path), ""
    except RunFileProblem as problem:
        loaded, said = None, str(problem)
    assert said.isprintable()
    if loaded is not None:
        assert RunRecord.model_validate_json(document_text(loaded.record), strict=True) == loaded.record


# Row 38


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf{}", "begins with a byte order mark (UTF-8)"),
        ("{}".encode("utf-16"), "begins with a byte order mark (UTF-16)"),
        ("{}".encode("utf-16-le"), "binary or UTF-16"),
        ("{}".encode("utf-16-be"), "binary or UTF-16"),
        (b"\x7fELF\x02\x01\x01" + bytes(100), "not JSON"),
        (b"\x89PNG\r\n\x1a\n", "not UTF-8 at byte 0"),
        (b"\n", "not JSON"),
        (b"null", "not a specprof run file"),
        (b"[]", "not a specprof run file"),
        (b"{}", "not a specprof run file: it has no schema_version"),
        (b'{"schema_version": true}', "schema_version: a whole number from 1 is wanted"),
        (b'{"schema_version": 0}', "schema_version: a whole number from 1 is wanted"),
        (b'{"schema_version": 1}', "run_id: Field required (and 4 more)"),
    ],
)
def test_row_38_what_is_no_run_file_is_refused_in_one_line(tmp_path: Path, content: bytes, said: str) -> None:
    assert refusal(tmp_path, content).startswith(f"run.json: {said}")


def test_row_38_what_cannot_be_opened_is_refused_in_one_line(tmp_path: Path) -> None:
    for path in (tmp_path / "none", "a\0b", tmp_path / ("x" * 300), Path("/nowhere/\x1b]52;c;x\x07\u202e")):
        with pytest.raises(RunFileProblem) as caught:
            load_record(path)
        assert str(caught.value).startswith("cannot read ")
        assert str(caught.value).isprintable()


# Row 39

REFUSE_ALL = """
import json, sys, time
from specprof.errors import RunFileProblem
from specprof.run.reading import load_record, read_journal
started, said = time.perf_counter(), []
for path in sys.argv[1:]:
    for read in (load_record, read_journal):
        try:
            read(path)
        except RunFileProblem as problem:
            said.append(str(problem))
seconds = time.perf_counter() - started
# not ru_maxrss, which begins with what the parent had at the fork
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(json.dumps([said, seconds, int(status["VmHWM"].split()[0]) * 1024]))
"""


def test_row_39_huge_endless_and_odd_files_are_refused_quickly_and_in_little_memory(tmp_path: Path) -> None:
    sparse, line, fifo = tmp_path / "sparse", tmp_path / "line", tmp_path / "fifo"
    with open(sparse, "wb") as file:
        file.truncate(10 << 30)
    with open(line, "wb") as file:
        file.write(b'{"event": "run_started", "run_id": "')
        file.write(b"x" * 100_000_000)
    os.mkfifo(fifo)
    paths = [sparse, line, fifo, tmp_path, Path("/dev/zero"), Path("/dev/stdin"), Path("/proc/self/mem")]
    result = subprocess.run(
        [sys.executable, "-c", REFUSE_ALL, *map(str, paths)],
        stdin=subprocess.PIPE, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    said, seconds, peak_bytes = json.loads(result.stdout)
    assert len(said) == 2 * len(paths)
    assert sum("larger than 64 MB" in line for line in said) == 4
    assert sum("not a regular file" in line for line in said) == 8
    assert seconds < 2
    assert peak_bytes < 200e6


def test_row_39_a_line_of_more_than_a_megabyte_is_refused_with_its_number(tmp_path: Path) -> None:
    long_line = b'{"event": "notice", "level": "info", "text": "' + b"x" * (1 << 20) + b'"}\n'
    said = refusal(tmp_path, JOURNAL[:HEADER_END] + long_line + JOURNAL[HEADER_END:])
    assert said.startswith("run.json: line 2: a line of ")


def test_a_string_of_more_than_four_thousand_characters_is_cut(
    tmp_path: Path, document: dict[str, Any]
) -> None:
    document["environment"]["host"] = "x" * 5000
    assert load(tmp_path, document).record.environment.host == "x" * 4096


def test_more_than_ten_thousand_cells_are_refused(tmp_path: Path, document: dict[str, Any]) -> None:
    document["cells"] = [{"batch_size": 1, "seq_len": 1, "candidates": 1, "verdict": "not_run"}] * 10_001
    assert refusal(tmp_path, document).startswith("run.json: cells: List should have at most 10000 items")
    document["plan"]["batch_sizes"] = list(range(1, 10_001))
    document["cells"] = []
    assert refusal(tmp_path, document) == "run.json: plan: 60000 cells are more than 10000"
