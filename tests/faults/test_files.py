"""Run files that were cut, spoilt, are none or are too large: read in part, or refused in one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from cli.command import Command
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from run.run_files import COMPLETE, HEADER_END, JOURNAL, RECORD, load, refusal
from run.streams import journal_bytes, reduce_all

from specprof.errors import RunFileProblem
from specprof.places import samples_folder
from specprof.run.journal import document_text
from specprof.run.reading import load_record, read_journal
from specprof.run.record import RunRecord

from .in_process import command

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
from specprof.places import samples_folder
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


# By the command

SAMPLE = samples_folder() / "medusa-llama-7b-bs4.json"


def spoilt(old: str, new: str) -> bytes:
    text = SAMPLE.read_text()
    assert text.count(old) >= 1, old
    return text.replace(old, new, 1).encode()


BAD_FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "a byte order mark": (b"\xef\xbb\xbf" + SAMPLE.read_bytes(), "byte order mark"),
    "UTF-16": (SAMPLE.read_text().encode("utf-16"), "UTF-16"),
    "binary": (b"\x7fELF\x02\x01\x01\x00" * 20, "not"),
    "not JSON": (b"shopping list\n- milk\n", "not"),
    "another JSON": (b'{"hello": 1}', "schema_version"),
    "NaN": (spoilt('"reading_error": 0.03', '"reading_error": NaN'), "reading_error"),
    "1e999": (spoilt('"reading_error": 0.03', '"reading_error": 1e999'), "reading_error"),
    "10^400": (spoilt('"reading_error": 0.03', '"reading_error": 1' + "0" * 400), "reading_error"),
    "true as a number": (spoilt('"reading_error": 0.03', '"reading_error": true'), "reading_error"),
    "nested 100,000 deep": (b"[" * 100_000 + b"]" * 100_000, "nested"),
    "a key twice": (spoilt('"run_id":', '"run_id": "x", "run_id":'), "run_id"),
    "a newer schema": (spoilt('"schema_version": 2', '"schema_version": 3'), "version 3"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_rows_38_40_41_44_a_run_file_that_is_none_is_refused_in_one_line(faked: Command, name: str):
    content, said = BAD_FILES[name]
    (faked.home / "run.json").write_bytes(content)
    refusal = faked("show", "run.json").refused(4)
    assert "run.json" in refusal
    assert said in refusal


def test_row_44_an_unknown_field_is_ignored(faked: Command):
    (faked.home / "run.json").write_bytes(spoilt('"run_id":', '"invented_later": [1], "run_id":'))
    done = faked("show", "run.json")
    assert done.code == 0
    assert "Llama 7B" in done.text


def test_row_39_neither_a_pipe_nor_a_folder_nor_a_device_is_waited_for(faked: Command):
    os.mkfifo(faked.home / "pipe")
    for name in ("pipe", ".", "/dev/zero"):
        faked("show", name).refused(4)


def test_row_36_a_journal_that_was_cut_is_shown_and_marked(faked: Command):
    (faked.home / "run.jsonl.part").write_bytes(JOURNAL[: len(JOURNAL) * 2 // 3 - 3])
    done = faked("show", "run.jsonl.part")
    assert done.code == 0
    assert "partial" in done.text.splitlines()[0]
    assert "the last line is cut off or spoilt: ignored" in done.text


@pytest.mark.parametrize("at", [HEADER_END, HEADER_END // 2])
def test_row_36_a_journal_that_was_cut_before_anything_was_measured_is_said_to_be_none(
    faked: Command, at: int
):
    (faked.home / "run.jsonl.part").write_bytes(JOURNAL[:at])
    done = faked("show", "run.jsonl.part")
    if at == HEADER_END:
        assert done.code == 0
        assert "not reached" in done.text
    else:
        done.refused(4)


def test_row_39_a_small_file_of_a_large_plan_is_not_drawn_for_minutes(
    tmp_path: Path, document: dict[str, Any]
):
    document["plan"] |= {"batch_sizes": list(range(1, 5001)), "seq_lens": [128], "candidates": [1, 16]}
    document["cells"] = [cell for cell in document["cells"] if cell["seq_len"] == 128][:2]
    (tmp_path / "run.json").write_text(json.dumps(document))
    began = time.process_time()
    code, out, _ = command("show", str(tmp_path / "run.json"))
    assert code == 0
    assert time.process_time() - began < 20  # a quiet machine takes 2 s; each size drawn took a minute
    assert "and 4936 more batch sizes, see --json" in out
