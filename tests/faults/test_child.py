"""A measuring child that is killed, stopped, hangs, runs out of memory or dies in a kernel."""

from __future__ import annotations

import json
import os
import resource
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from cli.command import HERE as CLI
from cli.command import Command, Done, ended_by, finish, wait_until
from session.stage import Stage

from specprof.plan.plan import Cell
from specprof.run import events as ev
from specprof.run.cell_record import CellRecord
from specprof.run.journal import journal_path
from specprof.run.reading import load_record, read_journal
from specprof.run.record import RunRecord

from .children import gone_within, only_child
from .second_row import FIRST_ROW, IN_SECOND_ROW, RUN, check_first_row_kept, started

GOOD = ("valid", "warn", "unverified")


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    """specprof with its real measuring child."""
    home = tmp_path / "real"
    home.mkdir()
    running = Command(home)
    yield running
    running.end_all()


def record_of(path: Path) -> RunRecord:
    return load_record(path).record


def by_cell(record: RunRecord) -> dict[Cell, CellRecord]:
    return {cell.cell: cell for cell in record.cells}


def check_one_failed(faked: Command, done: Done, reason: str) -> CellRecord:
    """One cell has failed, for this reason; all others were measured to their end. No child is left."""
    record = record_of(faked.home / "run.json")
    assert (done.code, record.status) == (1, "complete")
    assert "Traceback" not in done.said
    assert reason in done.said
    (failed,) = (cell for cell in record.cells if cell.verdict == "failed")
    assert reason in failed.reasons[0]
    others = [cell for cell in record.cells if cell is not failed]
    assert len(others) == 5
    assert {cell.stop_reason for cell in others} == {"target"}
    assert all(cell.verdict in GOOD for cell in others)
    return failed


# Killed (row 1)


def test_row_01_a_killed_child_costs_its_cell_and_a_new_one_goes_on(faked: Command, stage: Stage):
    process = started(faked, stage, "hang")
    os.kill(stage.pids()[0], signal.SIGKILL)
    failed = check_one_failed(faked, finish(process), "signal 9")
    assert failed.seq_len == 32
    assert len(stage.pids()) == 2
    stage.check_nobody_is_left()


@pytest.mark.parametrize("seed", [1, 2])
def test_row_01_no_finished_cell_is_lost_however_often_the_child_is_killed(
    faked: Command, stage: Stage, seed: int
):
    moments = [["sample 2", "sample 8", "sample 3"], ["round 3", "sample 14", "warming 8"]][seed - 1]
    stage.does(*((start, moment, "kill") for start, moment in enumerate(moments)))
    done = faked(*RUN, "--json")
    cells = json.loads(done.out)["cells"]
    assert json.loads(done.out)["status"] == "complete"
    assert len(stage.pids()) == 4
    failed = [cell for cell in cells if cell["verdict"] == "failed"]
    assert len(failed) <= 3
    assert all("signal 9" in cell["reasons"][0] for cell in failed)
    # every other cell was measured to its end by one of the children
    finished = [cell for cell in cells if cell not in failed]
    assert all(cell["stop_reason"] == "target" for cell in finished)
    assert all(len(cell["measured_ms"]["samples"]) >= 4 for cell in finished)


def test_row_01_a_cell_that_was_measured_stands_though_the_child_dies_when_it_is_again(
    faked: Command, stage: Stage
):
    """K = 1 had ended when the first child was killed. The second measures it again, as what the other
    counts of its row are compared with, and is killed in its sample."""
    ended = {
        "event": "cell_finished",
        "batch_size": 1,
        "seq_len": 16,
        "candidates": 1,
        "stop_reason": "target",
    }
    stage.does((0, "round 4", f"kill after {json.dumps(ended)}"), (1, "sample 3", "kill"))
    done = faked(*RUN)
    assert done.code == 0, done.said
    assert len(stage.pids()) == 3
    assert "batch 1, seq_len 16, 1 candidates was being measured again, its result stands" in done.said
    assert {cell.stop_reason for cell in record_of(faked.home / "run.json").cells} == {"target"}


def test_row_01_a_child_that_dies_again_and_again_is_given_up_and_what_was_finished_is_kept(
    faked: Command, stage: Stage
):
    stage.does((0, IN_SECOND_ROW, "kill"), *((start, "sample 1", "kill") for start in range(1, 9)))
    done = faked(*RUN, "--seq-len", "16,32,48")
    assert done.code == 1
    assert "died too often" in done.said
    assert "Traceback" not in done.said
    check_first_row_kept(faked.home / "run.json", "failed")
    stage.check_nobody_is_left()


# Stopped (rows 3 and 6)

SUSPENDED = (
    "--model",
    "tiny",
    "--layers",
    "2",
    "--seq-len",
    "16",
    "--candidates",
    "1,256",
    "--device",
    "cpu",
)
STOPPED_S = 0.3
STOPS = 30


def suspended_samples(journal: Path) -> list[ev.SampleTaken]:
    """Samples that were hit, but for those of the masked form of K = 1: a diagnostic, it judges no cell."""
    events = read_journal(journal).events
    return [e for e in events if isinstance(e, ev.SampleTaken) and e.suspended and not e.masked]


def stopped_for(processes: list[psutil.Process], seconds: float) -> None:
    for process in processes:
        process.suspend()
    wait_until(lambda: all(process.status() == psutil.STATUS_STOPPED for process in processes))
    time.sleep(seconds)
    for process in processes:
        process.resume()


def test_rows_03_06_a_real_run_stopped_and_continued_in_a_sample_marks_its_cell_and_ends_on_an_interrupt(
    command: Command,
):
    """A sleep of both processes at a moment that nobody chose, until one has hit a sample."""
    output = command.home / "run.json"
    endless = ("--budget", "120", "--target-ci", "0.0001", "--output", output)
    process = command.start("run", *SUSPENDED, *endless)
    journal = journal_path(output)
    wait_until(lambda: journal.exists() and '"event":"sample"' in journal.read_text(), 120)
    child = only_child(process)
    both = [psutil.Process(process.pid), child]
    for _ in range(STOPS):
        if suspended_samples(journal):
            break
        stopped_for(both, STOPPED_S)
        time.sleep(0.05)
    else:
        pytest.fail(f"{STOPS} stops hit no sample")
    done = ended_by(process, signal.SIGINT)
    assert done.code == 130, done.said
    assert gone_within(child, 1)
    record = record_of(output)
    assert record.status == "cancelled"
    hit = [cell for cell in record.cells if cell.suspended_rounds]
    for cell in record.cells:
        assert cell.measured_ms.samples
        assert (cell.verdict == "invalid") == (cell in hit)
        assert cell.reasons[0].startswith("suspended while it was measured") == (cell in hit)
    assert hit


def test_row_03_an_interrupt_while_the_next_child_starts_keeps_what_was_finished(
    faked: Command, stage: Stage
):
    stage.does((0, IN_SECOND_ROW, "kill"), (1, "start", "hang"))
    process = faked.start(*RUN)
    stage.wait_for("hang at start", 20)
    assert ended_by(process, signal.SIGINT).code == 130
    check_first_row_kept(faked.home / "run.json", "cancelled")
    stage.check_nobody_is_left()


def test_row_03_an_interrupt_while_a_real_child_imports_torch_ends_the_run_at_once(command: Command):
    process = command.start("run", *SUSPENDED, "--output", "run.json")
    child = only_child(process)
    wait_until(lambda: any("torch" in mapped.path for mapped in child.memory_maps()), 60)
    began = time.monotonic()
    done = ended_by(process, signal.SIGINT)
    assert time.monotonic() - began < 5
    assert (done.code, done.out) == (130, b"")
    assert "stopped before anything was measured; nothing was written" in done.said
    assert "Traceback" not in done.said
    assert gone_within(child, 1)
    assert list(command.home.iterdir()) == []


# Silent (row 7)

IMPATIENT = f"""
import functools, sys
sys.path.insert(0, {str(CLI)!r})
from pathlib import Path
from with_fake_child import main, put_in_place
from specprof.session import recording
put_in_place(Path(sys.argv.pop(1)))
recording.LiveSession = functools.partial(recording.LiveSession, sample_timeout_s=1.0)
main()
"""
"""specprof with a fake child, to which it gives a second for a sample and not two minutes."""


@pytest.mark.parametrize("deed", ["hang", "deaf SIGINT SIGTERM"])
def test_row_07_a_child_that_hangs_is_killed_and_its_cell_has_failed(faked: Command, stage: Stage, deed: str):
    faked.program = ("-c", IMPATIENT, str(stage.folder))
    stage.does((0, IN_SECOND_ROW, deed))
    done = faked(*RUN, shell='exec "$@"')
    failed = check_one_failed(faked, done, "timeout: the measuring child said nothing for")
    assert failed.seq_len == 32
    assert len(stage.pids()) == 2
    stage.check_nobody_is_left()


# Out of memory (row 14)

LARGE = 900
ROWS = ("--batch-size", "1,8", "--seq-len", "16,32", "--candidates", f"1,{LARGE}")
HUNGRY = ("--model", "tiny", "--layers", "1", *ROWS, "--attention", "eager", "--device", "cpu")
"""Eager attention writes its scores, of 8 sequences 100 MiB at the largest count."""
ROOM_BYTES = 64 << 20


def test_row_14_a_cell_without_memory_is_oom_and_later_ones_are_as_in_a_clean_run(command: Command):
    if psutil.virtual_memory().available < 4 << 30:
        pytest.skip("needs 4 GiB of free memory")
    hungry = ("run", *HUNGRY, "--budget", "4", "--target-ci", "0.01")
    output = command.home / "run.json"
    journal = journal_path(output)
    process = command.start(*hungry, "--output", output)
    clean = command.start(*hungry, "--output", command.home / "clean.json")

    def has(words: str) -> bool:
        return journal.exists() and words in journal.read_text()

    wait_until(lambda: has('"event":"model_built"'), 180)
    child = only_child(process)
    room = child.memory_info().vms + ROOM_BYTES
    child.rlimit(resource.RLIMIT_AS, (room, resource.RLIM_INFINITY))
    wait_until(lambda: has('"verdict":"oom"') or process.poll() is not None, 120)
    child.rlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    done, undisturbed = finish(process, 180), finish(clean, 180)
    assert (done.code, undisturbed.code) == (1, 0), (done.said, undisturbed.said)
    assert "Traceback" not in done.said
    found, expected = by_cell(record_of(output)), by_cell(record_of(command.home / "clean.json"))
    assert found.keys() == expected.keys()
    without = Cell(8, 16, LARGE)
    assert [cell for cell, one in found.items() if one.verdict not in GOOD] == [without]
    assert found[without].verdict == "oom"
    assert found[without].reasons[0].startswith("out of memory: ")
    for cell in found.keys() - {without}:
        assert expected[cell].verdict in GOOD
        assert filled(found[cell]) == filled(expected[cell])
        assert found[cell].measured_ms.samples


def filled(cell: CellRecord) -> dict[str, Any]:
    """Which fields of a cell hold anything: its shape."""
    return {name: value is not None for name, value in cell.model_dump().items()}


# Dies in a kernel (row 16)

ILLEGAL = "torch.AcceleratorError: CUDA error: an illegal memory access was encountered"


def test_row_16_an_illegal_access_costs_its_cell_and_a_new_child_goes_on(faked: Command, stage: Stage):
    """After one, a process can use the GPU no more: torch raises, and the child dies of it."""
    stage.does((0, IN_SECOND_ROW, f"die saying {ILLEGAL}"))
    check_one_failed(faked, faked(*RUN), ILLEGAL)
    assert len(stage.pids()) == 2
    assert sorted(map(tuple, stage.job(1)["ended"]))[:3] == FIRST_ROW


def test_row_16_a_segmentation_fault_costs_its_cell_and_a_new_child_goes_on(faked: Command, stage: Stage):
    process = started(faked, stage, "hang")
    os.kill(stage.pids()[0], signal.SIGSEGV)
    check_one_failed(faked, finish(process), "signal 11, SIGSEGV")
    assert len(stage.pids()) == 2
