"""Where the run is to be written: disks that are full, files that are there, writers beside."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cli.command import SMALL, Command, finish
from session.stage import Stage

from specprof.run.journal import journal_path
from specprof.run.reading import load_record

from .places import fill, small_disk

RUN = ("run", *SMALL, "--device", "cpu")


def status_of(path: Path) -> str:
    loaded = load_record(path)
    assert loaded.warnings == ()
    return loaded.record.status


def test_row_10_a_folder_that_takes_no_files_is_refused_before_a_child_is_started(
    faked: Command, stage: Stage
):
    if not os.path.isdir("/sys/kernel"):
        pytest.skip("no sysfs here")
    assert "/sys/kernel" in faked(*RUN, "--output", "/sys/kernel/run.json").refused(5)
    assert stage.log() == []


def test_row_11_a_result_that_exists_is_refused_and_replaced_when_forced(faked: Command, stage: Stage):
    output = faked.home / "run.json"
    output.write_text("older")
    assert "exists" in faked(*RUN, "--output", output).refused(5)
    assert output.read_text() == "older"
    assert stage.log() == []
    assert faked(*RUN, "--output", output, "--force").code == 0
    assert status_of(output) == "complete"


def test_row_13_of_two_writers_the_second_is_refused_and_the_first_completes(faked: Command, stage: Stage):
    stage.does((0, "sample 5", "pause"))
    first = faked.start(*RUN, "--output", "run.json")
    stage.wait_for("pause at sample 5", 20)
    assert "another specprof is writing" in faked(*RUN, "--output", "run.json", "--force").refused(5)
    stage.goes_on()
    assert finish(first).code == 0
    assert len(stage.pids()) == 1
    assert status_of(faked.home / "run.json") == "complete"


def test_row_09_a_disk_too_full_for_the_result_keeps_the_older_one_and_the_journal_to_go_on_with(
    faked: Command, stage: Stage
):
    output = faked.home / "run.json"
    output.write_text("older")
    # 8 KiB: enough for the journal and too little for the document
    done = faked(
        *RUN, "--output", output, "--force", shell='export PYTHONDONTWRITEBYTECODE=1; ulimit -f 8; "$@"'
    )
    assert (done.code, done.out) == (5, b"")
    assert "Traceback" not in done.said
    assert "File too large: what was measured is in the journal" in done.said
    assert output.read_text() == "older"
    assert sorted(path.name for path in faked.home.iterdir()) == ["run.json", "run.jsonl.part"]
    stage.check_nobody_is_left()
    assert faked("run", "--resume", "--output", output).code == 0
    assert status_of(output) == "complete"
    assert not journal_path(output).exists()


def test_row_09_a_disk_that_fills_before_the_result_is_written_keeps_the_older_one_and_the_journal(
    faked: Command, stage: Stage
):
    """The disk has 64 KiB, and when all is measured only a page of it is left."""
    disk = faked.home / "disk"
    with small_disk(disk):
        output = disk / "run.json"
        output.write_text("older")
        stage.does((0, "end", "pause"))
        process = faked.start(*RUN, "--output", output, "--force")
        stage.wait_for("pause at end", 20)
        filler = fill(disk)
        os.truncate(filler, filler.stat().st_size - 4096)
        stage.goes_on()
        done = finish(process)
        assert (done.code, done.out) == (5, b"")
        assert "Traceback" not in done.said
        assert "No space left on device: what was measured is in the journal" in done.said
        assert output.read_text() == "older"
        assert sorted(path.name for path in disk.iterdir()) == ["filler", "run.json", "run.jsonl.part"]
        stage.check_nobody_is_left()
        filler.unlink()
        assert faked("run", "--resume", "--output", output).code == 0
        assert status_of(output) == "complete"


def test_row_08_a_disk_too_full_for_the_journal_stops_the_run_and_leaves_no_child(
    faked: Command, stage: Stage
):
    done = faked(*RUN, "--output", "run.json", shell='export PYTHONDONTWRITEBYTECODE=1; ulimit -f 2; "$@"')
    assert done.code == 5
    assert "Traceback" not in done.said
    stage.check_nobody_is_left()
    loaded = load_record(faked.home / "run.jsonl.part")
    assert loaded.is_journal
    assert loaded.record.status == "partial"


@pytest.mark.parametrize("force", [(), ("--force",)], ids=["unforced", "forced"])
@pytest.mark.parametrize("kind", ["link", "link to nothing", "pipe", "folder"])
def test_row_12_what_is_no_plain_file_is_refused_forced_or_not_and_left_as_it_was(
    faked: Command, stage: Stage, kind: str, force: tuple[str, ...]
):
    output, other = faked.home / "run.json", faked.home / "other.json"
    if kind == "folder":
        output.mkdir()
    elif kind == "pipe":
        os.mkfifo(output)
    else:
        output.symlink_to(other)
        if kind == "link":
            other.write_text("somebody's")
    assert "run.json" in faked(*RUN, "--output", "run.json", *force).refused(5)
    assert stage.log() == []
    assert output.is_symlink() == kind.startswith("link")
    if kind == "link":
        assert other.read_text() == "somebody's"
    assert other.exists() == (kind == "link")
