"""A saved run in a few words, and which are listed in what order."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from pathlib import Path

import pytest
from run.streams import Story, build_stream, journal_bytes

from specprof.analysis.acceptance import PUBLISHED
from specprof.analysis.opened import load
from specprof.plan.plan import Cell
from specprof.session import library
from specprof.session.library import Entry
from specprof.tui.state import run_shelf
from specprof.tui.state.run_shelf import LARGE_BYTES, MOST_OPENED, RunShelf
from specprof.tui.state.run_summary import RunSummary, known, open_entry
from specprof.tui.state.runs_shown import RunRow, moment_words, rows_shown, state_words
from specprof.views.glyphs import ASCII, UNICODE

from .results_folder import COMPLETE, HALF, ResultsFolder, folder

__all__ = ["folder"]


def _entry(name: str) -> Entry:
    return next(entry for entry in library.entries() if entry.name == name)


def _summary(name: str) -> RunSummary:
    return open_entry(_entry(name)).summary


# One run


def test_a_published_figure_is_summed_up_by_its_peak():
    summary = _summary("medusa-llama-7b-bs4")
    assert (summary.state, summary.model, summary.device) == ("published", "Llama 7B", "A100-80GB-PCIe")
    assert summary.best is not None
    assert (summary.best.candidates, summary.best.speedup, summary.best.seq_len) == (32, 2.48, 128)


def test_a_run_is_summed_up_by_its_highest_speedup(folder: ResultsFolder):
    path = folder.run("run")
    best = _summary("run").best
    speedup = load(path).speedup(PUBLISHED).median
    assert best is not None
    assert best.speedup == speedup.max()
    run = load(path)
    assert best.candidates == run.candidates[int(speedup.max(axis=(0, 1)).argmax())]


def test_a_run_that_no_speculation_speeds_up_is_best_at_one_candidate():
    best = _summary("llama-7b-cpu-bs1").best
    assert best is not None
    assert (best.candidates, best.speedup) == (1, 1.0)


def test_failed_cells_are_counted(folder: ResultsFolder):
    folder.run("run", Story(rounds=12, oom=(Cell(1, 512, 64), Cell(1, 512, 16))))
    summary = _summary("run")
    assert (summary.state, summary.good, summary.bad, summary.planned) == ("complete", 4, 2, 6)
    assert state_words(summary, UNICODE) == ("◐", "complete", "warn")


def test_cells_that_were_interrupted_do_not_count_as_good(folder: ResultsFolder):
    folder.run("run", HALF)
    summary = _summary("run")
    assert (summary.state, summary.good, summary.bad) == ("cancelled", 3, 0)
    assert summary.may_go_on


def test_a_journal_is_an_unfinished_run(folder: ResultsFolder):
    folder.unfinished("run", COMPLETE)
    summary = _summary("run")
    assert summary.state == "unfinished"
    assert summary.may_go_on


def _document(folder: ResultsFolder) -> str:
    return folder.run("whole").read_text()


FAULTS = {
    "cut": lambda text: text[: len(text) // 2],
    "empty": lambda text: "",
    "mark": lambda text: "\ufeff" + text,
    "utf16": lambda text: text.encode("utf-16"),
    "binary": lambda text: bytes(range(256)),
    "line": lambda text: b"x" * (2 << 20) + b"\n",
    "number": lambda text: text.replace('"seed": 0', '"seed": 1e999'),
    "nested": lambda text: "[" * 100_000,
    "twice": lambda text: text.replace('"run_id"', '"run_id": "a", "run_id"'),
    "newer": lambda text: text.replace('"schema_version": 2', '"schema_version": 99'),
    "other": lambda text: '{"some": "json"}',
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_that_cannot_be_read_has_its_reason_without_the_path(folder: ResultsFolder, fault: str):
    text = _document(folder)
    spoilt = FAULTS[fault](text)
    assert spoilt != text
    folder.put("spoilt.json", spoilt)
    summary = _summary("spoilt")
    assert (summary.state, summary.best, summary.good) == ("unreadable", None, 0)
    assert summary.problem.isprintable()
    assert summary.problem
    assert str(folder.path) not in summary.problem


@pytest.mark.timeout(20)
def test_huge_files_pipes_and_dangling_links_are_refused_at_once(folder: ResultsFolder):
    with (folder.path / "sparse.json").open("wb") as file:
        file.truncate(10 << 30)
    os.mkfifo(folder.path / "pipe.json")
    (folder.path / "dangling.json").symlink_to("/nowhere")
    assert "larger than" in _summary("sparse").problem
    assert _summary("pipe").problem == "a pipe, not a run file"
    assert _summary("dangling").problem == "a link that leads nowhere"


def test_a_file_that_is_gone_by_now_says_so(folder: ResultsFolder):
    folder.run("run")
    entry = _entry("run")
    entry.path.unlink()
    assert open_entry(entry).summary.problem == "it is gone"


def test_strings_of_a_hostile_file_are_shown_clean(folder: ResultsFolder):
    tree = json.loads(_document(folder))
    tree["plan"]["model"]["title"] = "\x1b]52;c;ZXZpbA==\x07Llama\u202e 7B"
    tree["environment"]["device"]["name"] = "\x9b31mGPU\u200b"
    folder.put("hostile.json", json.dumps(tree))
    summary = _summary("hostile")
    assert (summary.model, summary.device) == ("]52;c;ZXZpbA==Llama 7B", "31mGPU")


def test_a_summary_is_known_until_its_file_changes(folder: ResultsFolder):
    path = folder.run("run")
    assert known(_entry("run")) is None
    summary = _summary("run")
    assert known(_entry("run")) is summary
    os.utime(path, (1, 1))
    assert known(_entry("run")) is None


# The list


def _row(name: str, state: str = "complete", speedup: float | None = None, **fields: str) -> RunRow:
    entry = Entry(Path(f"/runs/{name}.json"), "run", name, 1e9, 10)
    if state == "reading":
        return RunRow(entry, None)
    best = None
    if speedup is not None:
        from specprof.tui.state.run_summary import Best

        best = Best(16, speedup, speedup, speedup, 1, 128)
    return RunRow(entry, RunSummary(entry, state, best=best, **fields))


ROWS = [
    _row("b", speedup=1.5, model="Llama 7B", device="A100"),
    _row("c", "cancelled", speedup=2.5, model="Llama 7B", device="EPYC"),
    _row("A", "unreadable"),
    _row("d", "reading"),
]


def _names(wanted: str, order: str = "date") -> str:
    return "".join(row.entry.name for row in rows_shown(ROWS, wanted, order))


def test_rows_are_found_by_words_of_name_model_device_and_status():
    assert _names("") == "bcAd"
    assert _names("a100") == "b"
    assert _names("LLAMA") == "bc"
    assert _names("7b epyc") == "c"
    assert _names("unread") == "A"
    assert _names("h200") == ""


def test_rows_are_sorted_by_name_whatever_its_case_and_by_speedup_the_unknown_last():
    assert _names("", "name") == "Abcd"
    assert _names("", "speedup") == "cbAd"


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("utc")
@pytest.mark.parametrize(
    ("modified_s", "said"),
    [
        (1_700_000_000, "today 22:13"),
        (1_700_000_000 - 86_400, "13 Nov 22:13"),
        (1_600_000_000, "2020-09-13"),
        (0.0, ""),
        (1e30, ""),
    ],
)
def test_a_file_is_dated_as_short_as_it_stays_clear(modified_s: float, said: str):
    entry = dataclasses.replace(ROWS[0].entry, modified_s=modified_s)
    assert moment_words(entry, 1_700_000_000 + 60) == said


def test_every_state_has_a_sign_in_ascii_too():
    for state in ("complete", "partial", "cancelled", "failed", "unfinished", "published", "unreadable"):
        sign, word, _ = state_words(_row("x", state).summary, ASCII)
        assert sign.isascii()
        assert word == state
    assert state_words(None, ASCII)[:2] == ("|", "reading")


# What to read next


def test_the_wanted_file_is_read_first_then_the_others_in_order_and_large_ones_last(folder: ResultsFolder):
    for name in ("third", "second", "first"):
        folder.run(name)
    with (folder.path / "large.json").open("wb") as file:
        file.truncate(LARGE_BYTES + 1)
    shelf = RunShelf()
    shelf.entries = [entry for entry in library.entries() if entry.kind != "sample"]
    read, wanted = [], _entry("second")
    while (entry := shelf.to_read(wanted)) is not None:
        read.append(entry.name)
        shelf.keep(open_entry(entry))
    assert read == ["second", "first", "third", "large"]


def test_the_summary_of_before_stands_until_a_changed_file_is_read_again(folder: ResultsFolder):
    path = folder.unfinished("run")
    shelf = RunShelf()
    shelf.entries = [_entry("run")]
    shelf.keep(open_entry(_entry("run")))
    before = shelf.rows()[0].summary
    path.write_bytes(path.read_bytes() + journal_bytes(build_stream(HALF))[:10])
    shelf.entries = [_entry("run")]
    assert before is not None
    assert shelf.rows()[0].summary is before
    assert shelf.to_read(None) == _entry("run")


def test_whole_runs_are_kept_up_to_a_size_the_last_one_always(
    folder: ResultsFolder, monkeypatch: pytest.MonkeyPatch
):
    for name in ("a", "b", "c"):
        folder.run(name)
    monkeypatch.setattr(run_shelf, "KEPT_BYTES", _entry("a").size_bytes * 2 + 100)
    shelf = RunShelf()
    for name in ("a", "b", "c"):
        shelf.keep(open_entry(_entry(name)))
    assert [shelf.opened(_entry(name)) is not None for name in "abc"] == [False, True, True]
    monkeypatch.setattr(run_shelf, "KEPT_BYTES", 10)
    shelf.keep(open_entry(_entry("a")))
    assert [shelf.opened(_entry(name)) is not None for name in "abc"] == [True, False, False]


def test_only_a_few_whole_runs_are_kept(folder: ResultsFolder):
    shelf = RunShelf()
    for number in range(MOST_OPENED + 1):
        folder.put(f"{number}.json")
        shelf.keep(open_entry(_entry(f"{number}")))
    assert shelf.opened(_entry("0")) is None
    assert shelf.opened(_entry("1")) is not None
