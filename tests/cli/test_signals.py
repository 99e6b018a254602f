"""A run that is signalled, and one that goes on with it. Rows are FAULTS.md's."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest
from session.fake_child import CPU
from session.stage import Stage

from specprof.plan.plan import Cell
from specprof.run.journal import journal_path
from specprof.run.reading import load_record, read_journal

from .command import SMALL, Command, Process, ended_by, finish, wait_until

RUN = ("run", *SMALL, "--device", "cpu", "--output", "run.json")
IN_SECOND_ROW = "sample 15"
FIRST_ROW = [Cell(1, 16, k) for k in (1, 4, 8)]


def started(command: Command, stage: Stage, deed: str, *arguments: str) -> Process:
    """A run whose child is doing `deed` in its second row."""
    stage.does((0, IN_SECOND_ROW, deed))
    process = command.start(*RUN, *arguments)
    stage.wait_for("hears nothing" if "deaf" in deed else f"{deed} at {IN_SECOND_ROW}", 20)
    return process


def check_first_row_kept(path: Path, status: str) -> None:
    """What was finished when the signal came is in the file, which says that it is not all."""
    record = load_record(path).record
    assert record.status == status
    by_cell = {cell.cell: cell for cell in record.cells}
    assert all(by_cell[cell].stop_reason == "target" for cell in FIRST_ROW)
    assert all(len(by_cell[cell].measured_ms.samples) == 4 for cell in FIRST_ROW)


# Signals


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=str
)
def test_a_signal_ends_the_run_after_its_sample_and_saves_what_there_is_rows_3_to_5(
    faked: Command, stage: Stage, number: signal.Signals, code: int
):
    process = started(faked, stage, "wait")
    began = time.monotonic()
    done = ended_by(process, number)
    assert done.code == code
    assert time.monotonic() - began < 5
    check_first_row_kept(faked.home / "run.json", "cancelled")
    assert not journal_path(faked.home / "run.json").exists()
    assert "cancelled run written to run.json" in done.said
    assert "specprof run --resume --output run.json" in done.said
    assert "Tiny Llama, Batch Size: 1" in done.text
    assert "Traceback" not in done.said
    assert b"\x1b" not in done.out + done.err
    stage.check_nobody_is_left()


def test_a_cancelled_run_may_print_its_document_too(faked: Command, stage: Stage):
    done = ended_by(started(faked, stage, "wait", "--json"), signal.SIGINT)
    assert json.loads(done.out)["status"] == "cancelled"


def test_a_terminated_run_is_saved_within_five_seconds_though_its_child_is_deaf_row_4(
    faked: Command, stage: Stage
):
    process = started(faked, stage, "deaf SIGINT SIGTERM")
    began = time.monotonic()
    done = ended_by(process, signal.SIGTERM)
    assert time.monotonic() - began < 5
    assert done.code == 143
    check_first_row_kept(faked.home / "run.json", "cancelled")
    stage.check_nobody_is_left()


def test_a_second_interrupt_stops_a_deaf_child_at_once_row_3(faked: Command, stage: Stage):
    process = started(faked, stage, "deaf SIGINT SIGTERM")
    process.send_signal(signal.SIGINT)
    stage.wait_for("ignored 2")
    began = time.monotonic()
    done = ended_by(process, signal.SIGINT)
    assert time.monotonic() - began < 2
    assert done.code == 130
    check_first_row_kept(faked.home / "run.json", "cancelled")
    stage.check_nobody_is_left()


def test_a_run_under_nohup_outlives_its_terminal_row_5(faked: Command, stage: Stage):
    stage.does((0, IN_SECOND_ROW, "pause"))
    process = faked.start(*RUN, preexec=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    stage.wait_for("pause", 20)
    process.send_signal(signal.SIGHUP)
    time.sleep(0.2)
    stage.goes_on()
    assert finish(process).code == 0
    assert load_record(faked.home / "run.json").record.status == "complete"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=str)
def test_a_run_stopped_before_it_measures_writes_nothing_and_says_so(
    faked: Command, stage: Stage, number: signal.Signals, code: int
):
    stage.does((0, "start", "sleep 0.3"))
    process = faked.start(*RUN)
    stage.wait_for("sleep", 20)
    done = ended_by(process, number)
    assert (done.code, done.out) == (code, b"")
    assert "stopped before anything was measured; nothing was written" in done.said
    assert list(faked.home.iterdir()) == []
    stage.check_nobody_is_left()


def test_a_child_that_somebody_else_interrupts_ends_the_run_as_an_interrupt_does(
    faked: Command, stage: Stage
):
    process = started(faked, stage, "wait")
    os.kill(stage.pids()[0], signal.SIGINT)
    assert finish(process).code == 130
    check_first_row_kept(faked.home / "run.json", "cancelled")


def test_a_killed_run_leaves_a_journal_with_everything_finished_row_2(faked: Command, stage: Stage):
    running = started(faked, stage, "hang")
    # the child is ahead of what the parent has read
    wait_until(lambda: (faked.home / "run.jsonl.part").read_text().count('"cell_finished"') >= len(FIRST_ROW))
    done = ended_by(running, signal.SIGKILL)
    assert done.code == -signal.SIGKILL
    assert [path.name for path in faked.home.iterdir()] == ["run.jsonl.part"]
    check_first_row_kept(faked.home / "run.jsonl.part", "partial")
    shown = faked("show", "run.jsonl.part")
    assert shown.code == 0
    assert "Tiny Llama, Batch Size: 1" in shown.text


# Going on


@pytest.fixture
def cancelled(faked: Command, stage: Stage) -> Path:
    """The file of a run that was cancelled in its second row; its child does nothing more of the kind."""
    ended_by(started(faked, stage, "wait"), signal.SIGINT)
    stage.does()
    (stage.folder / "log").unlink()
    return faked.home / "run.json"


@pytest.fixture
def killed(faked: Command, stage: Stage) -> Path:
    """The output of a run that was killed in its second row, of which there is a journal only."""
    ended_by(started(faked, stage, "hang"), signal.SIGKILL)
    stage.does()
    (stage.folder / "log").unlink()
    return faked.home / "run.json"


@pytest.mark.parametrize("how", ["cancelled", "killed"])
def test_a_resumed_run_keeps_what_was_finished_and_completes_rows_2_and_3(
    faked: Command, stage: Stage, how: str, request: pytest.FixtureRequest
):
    output = request.getfixturevalue(how)
    source = output if output.exists() else journal_path(output)
    before = {cell.cell: cell for cell in load_record(source).record.cells}
    done = faked("run", "--resume", "--output", output)
    assert done.code == 0
    loaded = load_record(output)
    assert (loaded.record.status, loaded.warnings) == ("complete", ())
    after = {cell.cell: cell for cell in loaded.record.cells}
    for cell in FIRST_ROW:
        assert after[cell].measured_ms == before[cell].measured_ms
    for cell in set(after) - set(FIRST_ROW):
        old = before[cell].measured_ms.samples if before[cell].measured_ms else []
        assert after[cell].measured_ms.samples[: len(old)] == old
        assert len(after[cell].measured_ms.samples) == len(old) + 4
    assert not journal_path(output).exists()
    assert len(stage.job(0)["ended"]) == 3


def test_the_newest_unfinished_run_is_meant_where_none_is_named(faked: Command, stage: Stage):
    assert "no unfinished run lies in" in faked("run", "--resume").refused(2)
    faked("run", *SMALL, "--device", "cpu")
    # a folder and a pipe of such a name are no runs
    (faked.runs / "folder.json").mkdir()
    os.mkfifo(faked.runs / "pipe.json")
    assert "no unfinished run lies in" in faked("run", "--resume").refused(2)
    stage.does((1, IN_SECOND_ROW, "wait"))
    process = faked.start("run", *SMALL, "--device", "cpu", "--batch-size", "2")
    stage.wait_for("wait")
    ended_by(process, signal.SIGINT)
    (output,) = (path for path in faked.runs.glob("tiny-cpu-bs2-*.json"))
    assert load_record(output).record.status == "cancelled"
    assert faked("run", "--resume").code == 0
    assert load_record(output).record.status == "complete"


def test_a_resumed_run_with_another_plan_is_refused_with_the_differences_row_47(
    faked: Command, stage: Stage, cancelled: Path
):
    before = cancelled.read_bytes()
    refusal = faked("run", "--resume", "--output", cancelled, "--seed", "1", "--seq-len", "16").refused(2)
    assert "--seed 1, the run has 0" in refusal
    assert "--seq-len 16, the run has 16,32" in refusal
    assert cancelled.read_bytes() == before
    assert not journal_path(cancelled).exists()
    assert stage.log() == []


def test_a_resumed_run_may_be_given_the_options_it_was_begun_with(faked: Command, cancelled: Path):
    assert faked(*RUN, "--resume").code == 0
    assert load_record(cancelled).record.status == "complete"


def test_a_journal_refused_for_its_plan_is_left_as_it_was_row_47(faked: Command, killed: Path):
    before = journal_path(killed).read_bytes()
    assert "--seed 1, the run has 0" in faked("run", "--resume", "--output", killed, "--seed", "1").refused(2)
    assert journal_path(killed).read_bytes() == before
    assert not killed.exists()


@pytest.mark.parametrize("how", ["cancelled", "killed"])
def test_a_run_of_another_machine_is_not_gone_on_with_row_47(
    faked: Command, stage: Stage, how: str, request: pytest.FixtureRequest
):
    output = request.getfixturevalue(how)
    source = output if output.exists() else journal_path(output)
    before = load_record(source).record
    stage.device({**CPU, "name": "Another CPU"})
    done = faked("run", "--resume", "--output", output)
    assert (done.code, done.out) == (3, b"")
    assert "device was Made-up CPU, is Another CPU" in done.said
    assert "Traceback" not in done.said
    assert load_record(source).record.cells == before.cells
    assert output.exists() != journal_path(output).exists()
    stage.check_nobody_is_left()
    stage.device(CPU)
    assert faked("run", "--resume", "--output", output).code == 0


def test_a_run_of_another_version_is_not_gone_on_with_row_47(faked: Command, stage: Stage, cancelled: Path):
    document = json.loads(cancelled.read_text())
    cancelled.write_text(json.dumps({**document, "specprof_version": "0.0.9"}))
    assert "begun by specprof 0.0.9" in faked("run", "--resume", "--output", cancelled).refused(2)
    assert stage.log() == []


def test_a_complete_run_a_published_figure_and_nothing_cannot_be_gone_on_with(faked: Command, stage: Stage):
    assert "there is no run to go on with" in faked(*RUN, "--resume").refused(2)
    faked(*RUN)
    assert "is complete" in faked("run", "--resume", "--output", "run.json").refused(2)
    sample = Path(__file__).parents[2] / "sample_results" / "medusa-llama-7b-bs4.json"
    (faked.home / "figure.json").write_bytes(sample.read_bytes())
    before = (faked.home / "figure.json").read_bytes()
    faked("run", "--resume", "--output", "figure.json").refused(2)
    assert (faked.home / "figure.json").read_bytes() == before


def test_a_torn_journal_is_gone_on_with_after_its_last_whole_line(faked: Command, killed: Path):
    journal = journal_path(killed)
    journal.write_bytes(journal.read_bytes() + b'{"event":"sample","t_s":1')
    assert faked("run", "--resume", "--output", killed).code == 0
    assert load_record(killed).record.status == "complete"


def test_a_journal_that_is_none_is_refused_and_left_as_it_was(faked: Command):
    journal = faked.home / "run.jsonl.part"
    journal.write_bytes(b"shopping list\n- milk\n")
    faked("run", "--resume", "--output", "run.json").refused(4)
    assert journal.read_bytes() == b"shopping list\n- milk\n"


def test_time_in_a_resumed_file_only_goes_on(faked: Command, stage: Stage, killed: Path):
    stage.does((0, "sample 3", "wait"))
    process = faked.start("run", "--resume", "--output", killed)
    stage.wait_for("wait")
    ended_by(process, signal.SIGKILL)
    events = read_journal(journal_path(killed)).events
    # telemetry comes from elsewhere and may be a moment older than its place in the file
    times = [event.t_s for event in events if event.event not in ("telemetry", "telemetry_opened")]
    assert times == sorted(times)
    assert [event.event for event in events].count("resumed") == 1
