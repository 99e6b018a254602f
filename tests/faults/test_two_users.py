"""One folder for several: runs at the same time, files of somebody else, a disk read-only, full or slow."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from app_on_pty.conftest import Specprof
from cli.command import SMALL, Command, ended_by, finish, wait_until
from on_pty.terminal import Terminal
from session.stage import Stage, is_alive

import specprof as package
from specprof.run.reading import load_record

from .places import fill, obey_modes, read_only, small_disk
from .preload import preload

RUN = ("run", *SMALL, "--device", "cpu")
NOBODY = 65534
MOMENT = 1_700_000_000
NAME = "tiny-cpu-bs1-20231114T221320Z"
BEGIN_CELLS_END = 8
"""What is forced to the disk in a run of six cells: its begin, each cell's end, the document."""


def status_of(path: Path) -> str:
    loaded = load_record(path)
    assert loaded.warnings == ()
    return loaded.record.status


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# Two at once


def test_row_13_runs_of_the_same_second_in_one_folder_have_names_of_their_own_and_complete(
    faked: Command, tmp_path: Path
):
    clock = {**preload("wall_clock", tmp_path), "SPECPROF_WALL_AT": str(MOMENT), "shell": 'exec "$@"'}
    running = [faked.start(*RUN, **clock) for _ in range(3)]
    assert [finish(process).code for process in running] == [0, 0, 0]
    assert names(faked.runs) == [f"{NAME}-1.json", f"{NAME}-2.json", f"{NAME}.json"]
    assert {status_of(path) for path in faked.runs.iterdir()} == {"complete"}
    assert len({load_record(path).record.run_id for path in faked.runs.iterdir()}) == 3


AT_ONCE = """
import json, os, sys, time
from specprof.session.destination import default_journal
from session.stage import PLAN

time.sleep(max(0.0, float(sys.argv[1]) - time.monotonic()))
journals = [default_journal(PLAN, 1_700_000_000) for _ in range(40)]
print(json.dumps([str(journal.output) for journal in journals]))
"""


def test_row_13_however_close_they_come_no_two_runs_take_one_name(tmp_path: Path):
    tests = Path(__file__).resolve().parents[1]
    environment = os.environ | {"XDG_DATA_HOME": str(tmp_path), "PYTHONPATH": str(tests)}
    start = str(time.monotonic() + 4)
    running = [
        subprocess.Popen(
            [sys.executable, "-c", AT_ONCE, start], env=environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    taken = [name for process in running for name in json.loads(process.communicate(timeout=60)[0])]
    assert len(set(taken)) == len(taken) == 160


def test_row_13_what_one_writes_the_other_neither_goes_on_with_nor_replaces(faked: Command, stage: Stage):
    stage.does((0, "sample 5", "pause"))
    first = faked.start(*RUN)
    stage.wait_for("pause at sample 5", 20)
    (journal,) = faked.runs.iterdir()
    output = journal.with_name(journal.name.replace(".jsonl.part", ".json"))
    before = journal.read_bytes()
    for how in (("run", "--resume"), ("run", "--resume", "--output", output), (*RUN, "--output", output)):
        assert "another specprof is writing" in faked(*how).refused(5)
    assert journal.read_bytes()[: len(before)] == before
    stage.goes_on()
    assert finish(first).code == 0
    assert names(faked.runs) == [output.name]
    assert status_of(output) == "complete"


def test_row_13_a_run_that_somebody_else_writes_is_not_deleted_in_the_app(specprof: Specprof):
    specprof.stage.does((0, "sample 15", "pause"))
    writing = specprof("run", *SMALL, "--headless")
    specprof.stage.wait_for("pause at sample 15", 20)
    (journal,) = results(specprof).iterdir()
    browsing = browse(specprof)
    delete_first(browsing)
    browsing.wait_for(re.compile(r"a running specprof\s+is writing"))
    assert journal.exists()
    specprof.stage.goes_on()
    assert writing.wait_exit() == 0
    leave(browsing)
    (output,) = results(specprof).glob("*.json")
    assert status_of(output) == "complete"


def results(specprof: Specprof) -> Path:
    return specprof.home / "data" / "specprof" / "runs"


def browse(specprof: Specprof, **how: object) -> Terminal:
    """The list of saved runs on screen."""
    terminal = specprof(**how)
    terminal.wait_for("Enter")
    terminal.press("o")
    terminal.wait_for("newest first")
    return terminal


def delete_first(terminal: Terminal) -> None:
    terminal.press("d")
    terminal.wait_for("Delete (y)")
    terminal.press("y")


def leave(terminal: Terminal) -> None:
    terminal.press("q")
    assert terminal.wait_exit() == 0
    terminal.assert_restored()


# Files of somebody else


@pytest.fixture
def shared(faked: Command) -> Path:
    """A folder like /tmp with somebody else's files: a finished run, and the journal of a killed one."""
    if os.geteuid() != 0:
        pytest.skip("only root can give files to somebody else")
    folder = faked.home / "shared"
    folder.mkdir()
    folder.chmod(0o1777)
    os.chown(folder, NOBODY, NOBODY)
    assert faked(*RUN, "--output", folder / "done.json").code == 0
    faked.stage.does((1, "sample 15", "hang"))
    process = faked.start(*RUN, "--output", folder / "killed.json")
    faked.stage.wait_for("hang at sample 15", 20)
    ended_by(process, signal.SIGKILL)
    faked.stage.does()
    for path in folder.iterdir():
        os.chown(path, NOBODY, NOBODY)
    return folder


def test_row_10_somebody_elses_runs_are_shown_and_neither_written_nor_gone_on_with(
    faked: Command, shared: Path
):
    before = {path.name: path.read_bytes() for path in shared.iterdir()}
    assert before.keys() == {"done.json", "killed.jsonl.part"}
    for name in before:
        assert faked("show", shared / name, preexec=obey_modes).code == 0
    for how in ("--resume", "--force"):
        asked = ("run", how) if how == "--resume" else (*RUN, how)
        said = faked(*asked, "--output", shared / "killed.json", preexec=obey_modes).refused(5)
        assert "Permission denied" in said
    assert {path.name: path.read_bytes() for path in shared.iterdir()} == before
    assert faked(*RUN, "--output", shared / "own.json", preexec=obey_modes).code == 0
    assert status_of(shared / "own.json") == "complete"


def test_row_10_what_cannot_replace_somebody_elses_run_keeps_its_own_in_the_journal(
    faked: Command, shared: Path
):
    before = (shared / "done.json").read_bytes()
    done = faked(*RUN, "--force", "--output", shared / "done.json", preexec=obey_modes)
    assert done.code == 5
    assert "Traceback" not in done.said
    assert (shared / "done.json").read_bytes() == before
    if (shared / "done.jsonl.part").exists():
        assert "what was measured is in the journal" in done.said
        assert len(load_record(shared / "done.jsonl.part").record.cells) == 6


# Read-only


def test_row_10_a_results_folder_that_takes_no_files_is_refused_before_a_child_is_started(
    faked: Command, stage: Stage
):
    faked.runs.mkdir(parents=True)
    faked.runs.chmod(0o555)
    said = faked(*RUN, preexec=obey_modes).refused(5)
    assert str(faked.runs) in said
    assert "Permission denied" in said
    assert "--output" in said
    assert "start" not in " ".join(stage.log())
    assert names(faked.runs) == []


def test_row_10_in_a_read_only_results_folder_runs_are_read_and_nothing_else(specprof: Specprof):
    runs = results(specprof)
    assert specprof("run", *SMALL, "--headless").wait_exit() == 0
    (saved,) = runs.iterdir()
    with read_only(runs):
        refused = specprof("run", *SMALL)
        assert refused.wait_exit() == 5
        assert "Read-only file system" in refused.text()
        refused.assert_restored()
        browsing = browse(specprof)
        delete_first(browsing)
        browsing.wait_for(re.compile(r"cannot delete"))
        browsing.press("enter")
        leave_results(browsing)
    assert status_of(saved) == "complete"


def leave_results(terminal: Terminal) -> None:
    terminal.wait_for("1 Speed")
    leave(terminal)


def test_row_10_read_only_samples_and_themes_are_shown_replayed_and_never_deleted(
    specprof: Specprof, tmp_path: Path
):
    root = Path(package.__file__).parents[1]
    installed = tmp_path / "installed"
    for name in ("specprof", "sample_results", "themes"):
        shutil.copytree(root / name, installed / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in sorted(installed.rglob("*"), reverse=True):
        path.chmod(0o555 if path.is_dir() else 0o444)
    installed.chmod(0o555)
    program = ("-c", OBEYING, "-m", "specprof")
    where = {"PYTHONPATH": str(installed), "program": program}
    whose = ("-c", OBEYING, "-c", "import specprof; print(specprof)")
    shown = specprof(program=whose, PYTHONPATH=str(installed))
    assert shown.wait_exit() == 0
    assert str(installed) in shown.raw.decode().replace("\r\n", "")
    sample = "medusa-llama-7b-bs4"
    listed = specprof("samples", **where)
    assert listed.wait_exit() == 0
    assert sample in listed.text()
    leave_results(specprof("replay", sample, **where))
    browsing = browse(specprof, **where)
    browsing.press("d")
    browsing.wait_for(re.compile(r"is a sample that comes\s+with\s+specprof"))
    leave(browsing)
    assert list(installed.rglob("__pycache__")) == []


OBEYING = f"""
import sys, os
sys.path.insert(0, {str(Path(__file__).resolve().parents[1])!r})
from faults.places import obey_modes
obey_modes()
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


# Full


def test_row_08_on_a_full_disk_the_run_is_refused_before_it_measures_and_leaves_nothing(
    faked: Command, stage: Stage
):
    faked.runs.parent.mkdir(parents=True)
    with small_disk(faked.runs):
        filler = fill(faked.runs)
        for _ in range(2):
            done = faked(*RUN)
            assert (done.code, done.out) == (5, b"")
            assert "No space left on device: nothing was measured" in done.said
            assert "Traceback" not in done.said
            assert names(faked.runs) == ["filler"]
        assert not any("sample" in line for line in stage.log())
        stage.check_nobody_is_left()
        filler.unlink()
        assert faked(*RUN).code == 0
        (output,) = faked.runs.iterdir()
        assert status_of(output) == "complete"


def test_row_08_a_disk_that_fills_stops_the_app_keeps_what_is_finished_and_goes_on_with_space(
    specprof: Specprof,
):
    runs = results(specprof)
    runs.parent.mkdir(parents=True)
    with small_disk(runs):
        specprof.stage.does((0, "sample 15", "pause"))
        terminal = specprof("run", *SMALL)
        terminal.wait_for("Batch Size: 1")
        specprof.stage.wait_for("pause at sample 15", 20)
        (journal,) = runs.iterdir()
        filler = fill(runs)
        specprof.stage.goes_on()
        assert terminal.wait_exit() == 5
        terminal.assert_restored()
        assert "No space left on device" in terminal.text()
        specprof.stage.check_nobody_is_left()
        loaded = load_record(journal)
        assert loaded.is_journal
        finished = [cell for cell in loaded.record.cells if cell.stop_reason == "target"]
        assert len(finished) == 3
        filler.unlink()
        resumed = specprof("run", "--resume", "--headless")
        assert resumed.wait_exit() == 0
        (output,) = runs.iterdir()
        assert status_of(output) == "complete"


# Slow


def slow(folder: Path, ms: int) -> tuple[dict[str, str], Path]:
    """The environment in which each fsync takes so long, and the file that gets a byte for each."""
    count = folder / "fsyncs"
    preloaded = preload("slow_disk", folder)
    return {**preloaded, "SPECPROF_FSYNC_MS": str(ms), "SPECPROF_FSYNC_LOG": str(count)}, count


def test_on_a_slow_disk_the_run_completes_and_its_samples_wait_for_nothing(faked: Command, tmp_path: Path):
    disk, forced = slow(tmp_path, 500)
    process = faked.start(*RUN, "--output", "run.json", shell='exec "$@"', **disk)
    # the child has measured all of it before the disk has half of the cells
    wait_until(lambda: faked.stage.pids() and not is_alive(faked.stage.pids()[0]))
    assert forced.stat().st_size < BEGIN_CELLS_END - 3
    assert finish(process).code == 0
    assert forced.stat().st_size >= BEGIN_CELLS_END
    record = load_record(faked.home / "run.json").record
    assert record.status == "complete"
    for cell in record.cells:
        times = cell.measured_ms.sampled_at_s
        assert times[-1] - times[0] < 0.5


def test_on_a_slow_disk_the_screen_is_live(specprof: Specprof, tmp_path: Path):
    disk, forced = slow(tmp_path, 500)
    terminal = specprof.run(**disk)
    terminal.wait_for("Batch Size: 1")
    while not specprof.run_file.exists():
        terminal.press("?")
        terminal.wait_for("Esc closes", within_s=5)
        terminal.press("?")
        terminal.wait_for(lambda seen: "Esc closes" not in seen.text(), within_s=5)
    leave_results(terminal)
    assert forced.stat().st_size >= BEGIN_CELLS_END
    assert status_of(specprof.run_file) == "complete"
