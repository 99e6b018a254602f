"""The loader against whole files, and what they may hold. Spoilt ones are in tests/faults."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from specprof.errors import RunFileProblem
from specprof.run import events as ev
from specprof.run.journal import document_text
from specprof.run.reading import LoadedRun, load_record, read_journal

from .run_files import COMPLETE, RECORD, load, refusal
from .streams import STORIES, Story, build_record, build_stream, journal_bytes, reduce_all


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
