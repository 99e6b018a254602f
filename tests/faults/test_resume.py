"""A run that was left unfinished, and one that goes on with it."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from cli.command import SMALL, Command, ended_by, wait_until
from session.fake_child import CPU
from session.stage import Stage

from specprof.run.journal import journal_path
from specprof.run.reading import load_record, read_journal

from .preload import preload
from .second_row import FIRST_ROW, IN_SECOND_ROW, RUN, started


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
def test_rows_02_03_a_resumed_run_keeps_what_was_finished_and_completes(
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


def test_row_02_a_run_killed_before_its_first_line_is_none_to_go_on_with_and_hides_none(
    faked: Command, stage: Stage
):
    """Its journal is there, locked by nobody, and empty."""
    (faked.home / "run.jsonl.part").touch()
    assert "there is no run to go on with" in faked("run", "--resume", "--output", "run.json").refused(2)
    assert faked(*RUN).code == 0
    assert [path.name for path in faked.home.iterdir()] == ["run.json"]
    faked.runs.mkdir(parents=True)
    (faked.runs / "tiny-cpu-bs1-29991231T235959Z.jsonl.part").touch()
    assert "no unfinished run lies in" in faked("run", "--resume").refused(2)
    stage.does((1, IN_SECOND_ROW, "hang"))
    process = faked.start("run", *SMALL, "--device", "cpu")
    stage.wait_for(f"hang at {IN_SECOND_ROW}", 20)
    ended_by(process, signal.SIGKILL)
    assert faked("run", "--resume").code == 0
    (output,) = faked.runs.glob("*.json")
    assert load_record(output).record.status == "complete"


@pytest.mark.parametrize("fsyncs", [1, 2, 3])
def test_row_02_killed_while_it_takes_up_a_document_a_run_loses_nothing_of_it(
    faked: Command, cancelled: Path, tmp_path: Path, fsyncs: int
):
    """What the document holds is in the journal whole or not at all."""
    before = {cell.cell: cell for cell in load_record(cancelled).record.cells}
    disk = {**preload("slow_disk", tmp_path), "SPECPROF_FSYNC_MS": "500"}
    count = tmp_path / "fsyncs"
    resume = ("run", "--resume", "--output", cancelled)
    process = faked.start(*resume, shell='exec "$@"', **disk, SPECPROF_FSYNC_LOG=str(count))
    wait_until(lambda: count.exists() and count.stat().st_size >= fsyncs)
    ended_by(process, signal.SIGKILL)
    assert faked(*resume).code == 0
    after = {cell.cell: cell for cell in load_record(cancelled).record.cells}
    # the times of the samples too: no cell was measured a second time
    assert all(after[cell].measured_ms == before[cell].measured_ms for cell in FIRST_ROW)


def test_row_47_a_resumed_run_with_another_plan_is_refused_with_the_differences(
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


def test_row_47_a_journal_refused_for_its_plan_is_left_as_it_was(faked: Command, killed: Path):
    before = journal_path(killed).read_bytes()
    assert "--seed 1, the run has 0" in faked("run", "--resume", "--output", killed, "--seed", "1").refused(2)
    assert journal_path(killed).read_bytes() == before
    assert not killed.exists()


@pytest.mark.parametrize("how", ["cancelled", "killed"])
def test_row_47_a_run_of_another_machine_is_not_gone_on_with(
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


def test_row_47_a_run_of_another_version_is_not_gone_on_with(faked: Command, stage: Stage, cancelled: Path):
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


@pytest.mark.parametrize("torn", [b'{"event":"sample","t_s":1', b"\0" * 4096, b'{"event":"sa\n'])
def test_row_02_a_torn_last_line_is_ignored_and_the_run_goes_on_after_the_one_before(
    faked: Command, killed: Path, torn: bytes
):
    journal = journal_path(killed)
    whole = read_journal(journal).events
    journal.write_bytes(journal.read_bytes() + torn)
    shown = faked("show", journal)
    assert shown.code == 0
    assert "the last line is cut off or spoilt: ignored" in " ".join((shown.text + shown.said).split())
    assert read_journal(journal).events == whole
    assert faked("run", "--resume", "--output", killed).code == 0
    assert load_record(killed).record.status == "complete"


def test_row_02_a_corrupt_line_in_the_middle_is_an_error_with_its_number(faked: Command, killed: Path):
    journal = journal_path(killed)
    lines = journal.read_bytes().splitlines(keepends=True)
    number = len(lines) // 2
    lines[number - 1] = lines[number - 1].replace(b'"event"', b'"event', 1)
    journal.write_bytes(b"".join(lines))
    before = journal.read_bytes()
    for how in (("show", journal), ("run", "--resume", "--output", killed)):
        assert f"line {number}: " in faked(*how).refused(4)
    assert journal.read_bytes() == before
    assert not killed.exists()


def test_row_02_a_journal_that_is_none_is_refused_and_left_as_it_was(faked: Command):
    journal = faked.home / "run.jsonl.part"
    journal.write_bytes(b"shopping list\n- milk\n")
    faked("run", "--resume", "--output", "run.json").refused(4)
    assert journal.read_bytes() == b"shopping list\n- milk\n"


def test_row_02_time_in_a_resumed_file_only_goes_on(faked: Command, stage: Stage, killed: Path):
    stage.does((0, "sample 3", "wait"))
    process = faked.start("run", "--resume", "--output", killed)
    stage.wait_for("wait")
    ended_by(process, signal.SIGKILL)
    events = read_journal(journal_path(killed)).events
    # telemetry comes from elsewhere and may be a moment older than its place in the file
    times = [event.t_s for event in events if event.event not in ("telemetry", "telemetry_opened")]
    assert times == sorted(times)
    assert [event.event for event in events].count("resumed") == 1
