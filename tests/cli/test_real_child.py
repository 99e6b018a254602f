"""specprof with its real measuring child and a tiny model: the whole way from options to a run file.

Every start costs seconds (torch is imported), so the runs are few and several questions are asked of
each. Rows are FAULTS.md's.
"""

from __future__ import annotations

import contextlib
import json
import random
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import psutil
import pytest

import specprof
from specprof.plan.plan import Cell
from specprof.run.journal import journal_path
from specprof.run.reading import load_record
from specprof.run.record import CellRecord, RunRecord

from .command import SMALL, Command, Done, Process, ended_by, finish, wait_until

QUICK = ("--budget", "3", "--target-ci", "50", "--device", "cpu")
LONGER = ("--seq-len", "16,24,32,48", "--budget", "4", "--target-ci", "0.01", "--device", "cpu")
"""No cell reaches this target: a row lasts its share of the budget, or its 200 rounds."""

SCHEMA = json.loads((Path(__file__).parents[2] / "specprof" / "run" / "schema.json").read_text())


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    started = Command(tmp_path_factory.mktemp("home"))
    yield started
    started.end_all()


@pytest.fixture(scope="module", autouse=True)
def started(command: Command) -> dict[str, Process]:
    """Runs that need nothing of each other, all at once."""
    # without a home and without stdin: rows 32 and 34
    homes = ("HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
    small = ("run", *SMALL, *QUICK, "--output", "run.json")
    large = ("run", "--model", "llama-2-70b", "--layers", "all", "--device", "cpu", "--output", "large.json")
    gpu = ("run", *SMALL, "--device", "cuda", "--output", "gpu.json")
    return {
        "finished": command.start(*small, shell='exec "$@" <&-', without=homes),
        "too large": command.start(*large),
        "no gpu": command.start(*gpu, CUDA_VISIBLE_DEVICES=""),
    }


@pytest.fixture(scope="module")
def finished(started: dict[str, Process]) -> Done:
    return finish(started["finished"], 120)


@pytest.fixture(scope="module")
def run_file(command: Command, finished: Done) -> Path:
    assert finished.code == 0, finished.said
    return command.home / "run.json"


# Kills and signals at moments that nobody chose


def measuring_children(process: Process) -> list[psutil.Process]:
    found = []
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                if "specprof.measure" in child.cmdline():
                    found.append(child)
    return found


def only_child(process: Process) -> psutil.Process:
    wait_until(lambda: len(measuring_children(process)) == 1)
    return measuring_children(process)[0]


def gone_within(child: psutil.Process, seconds: float) -> bool:
    """Whether it ends in time; one that nobody has fetched yet has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if child.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.01)
    return False


def measures(journal: Path, after: str) -> bool:
    """Whether a sample has come after the last event `after`."""
    text = journal.read_text() if journal.exists() else ""
    _, found, later = text.rpartition(f'"event":"{after}"')
    return bool(found) and '"event":"sample"' in later


def finished_cells(record: RunRecord) -> dict[Cell, CellRecord]:
    ended = ("target", "budget", "max_samples", "noise_plateau")
    return {cell.cell: cell for cell in record.cells if cell.stop_reason in ended}


def check_nothing_lost(before: RunRecord, after: RunRecord) -> None:
    """What was finished has not changed, and no sample of what was not is gone."""
    later = {cell.cell: cell for cell in after.cells}
    for cell, record in finished_cells(before).items():
        assert later[cell].stop_reason == record.stop_reason
    for record in before.cells:
        if record.measured_ms is not None:
            old = record.measured_ms.samples
            assert later[record.cell].measured_ms.samples[: len(old)] == old


def test_a_child_whose_parent_is_killed_while_it_starts_is_gone_within_a_second_row_2(command: Command):
    process = command.start("run", *SMALL, *LONGER, "--output", "killed.json")
    child = only_child(process)
    process.kill()
    finish(process)
    # it may still be starting its Python, and looks whether it has a parent after that
    assert gone_within(child, 2.5)


def test_kills_and_signals_at_any_moment_lose_nothing_that_was_finished_rows_1_to_3(command: Command):
    moments = random.Random(time.time_ns())
    output = command.home / "hard.json"
    journal = journal_path(output)

    # kill -9 of the parent while it measures
    process = command.start("run", *SMALL, *LONGER, "--output", output)
    wait_until(lambda: measures(journal, "run_started"), 60)
    child = only_child(process)
    time.sleep(moments.uniform(0, 0.5))
    process.kill()
    assert gone_within(child, 1)
    assert finish(process).code == -signal.SIGKILL
    killed = load_record(journal)
    assert killed.is_journal
    assert killed.record.status == "partial"
    assert any(cell.measured_ms for cell in killed.record.cells)

    # kill -9 of the child, then one Ctrl-C while the next child starts
    process = command.start("run", "--resume", "--output", output)
    wait_until(lambda: measures(journal, "resumed"), 60)
    time.sleep(moments.uniform(0, 0.3))
    only_child(process).kill()
    wait_until(lambda: '"event":"child_lost"' in journal.read_text())
    lost_at = load_record(journal).record
    check_nothing_lost(killed.record, lost_at)
    only_child(process)
    done = ended_by(process, signal.SIGINT)
    assert done.code == 130, done.said
    assert "Traceback" not in done.said
    assert not journal.exists()
    cancelled = load_record(output).record
    assert cancelled.status == "cancelled"
    check_nothing_lost(lost_at, cancelled)

    # another plan is refused, the same one completes
    resume = ("run", "--resume", "--output", output)
    assert "--seed 1, the run has 0" in command(*resume, "--seed", "1").refused(2)
    assert load_record(output).record == cancelled
    done = command(*resume)
    complete = load_record(output)
    assert complete.record.status == "complete"
    assert complete.warnings == ()
    check_nothing_lost(cancelled, complete.record)
    failed = [cell for cell in complete.record.cells if cell.verdict == "failed"]
    assert len(failed) <= 1
    assert all("signal 9" in cell.reasons[0] for cell in failed)
    assert done.code == (1 if failed else 0)
    assert all(cell.measured_ms for cell in complete.record.cells if cell not in failed)


# A run from beginning to end


def test_a_run_without_home_and_stdin_ends_well_and_tells_where_its_file_is_rows_32_and_34(
    finished: Done, run_file: Path
):
    assert finished.code == 0
    assert f"complete run written to {run_file.name}" in finished.said
    assert "Traceback" not in finished.said


def test_table_curves_and_findings_are_on_stdout_and_the_progress_is_not(finished: Done):
    assert "Tiny Llama, Batch Size: 1" in finished.text
    assert "Number of Candidate Tokens" in finished.text
    assert re.search(r"estimat", finished.text, re.IGNORECASE), "two of four layers were measured"
    assert "measuring" in finished.said
    assert "measuring:" not in finished.text
    assert b"\x1b" not in finished.out + finished.err


def test_the_run_file_follows_the_published_schema(run_file: Path):
    document = json.loads(run_file.read_bytes())
    jsonschema.validate(document, SCHEMA)
    assert next(iter(document)) == "schema_version"
    assert run_file.read_bytes().isascii()


def test_every_cell_was_measured_and_is_an_estimate_of_full_depth(run_file: Path):
    loaded = load_record(run_file)
    assert loaded.warnings == ()
    assert loaded.record.status == "complete"
    assert loaded.record.environment.device.kind == "cpu"
    assert [cell.cell for cell in loaded.record.cells] == loaded.record.plan.cells()
    for cell in loaded.record.cells:
        assert cell.estimated
        assert cell.verdict in ("valid", "warn")
        # the other two layers cost time that was not measured
        assert cell.latency_ms.median > cell.measured_ms.median > 0
        assert len(cell.head_ms.samples) == len(cell.measured_ms.samples)
        assert cell.ratio.ci_low <= cell.ratio.median <= cell.ratio.ci_high


def test_the_budget_of_three_seconds_is_kept(run_file: Path):
    cells = load_record(run_file).record.cells
    spent_s = max(cell.finished_at_s for cell in cells) - min(cell.started_at_s for cell in cells)
    assert spent_s < 3 + 1.5


def test_a_finished_run_is_loaded_in_python(run_file: Path):
    run = specprof.load(str(run_file))
    assert run.candidates == (1, 4, 8)
    assert run.latency_ms().median.shape == (1, 2, 3)
    assert run.speedup().median[0, :, 0] == pytest.approx(1.0)


def test_the_document_of_a_run_is_shown_as_it_was_written(run_file: Path, faked: Command):
    shown = faked("show", run_file, "--json")
    assert shown.code == 0
    assert json.loads(shown.out) == json.loads(run_file.read_bytes())


# What the machine lacks


def test_a_model_larger_than_memory_is_refused_with_needed_against_free_row_15(
    command: Command, started: dict[str, Process]
):
    done = finish(started["too large"], 120)
    assert (done.code, done.out) == (3, b"")
    (line,) = (line for line in done.said.splitlines() if line.startswith("specprof: "))
    assert re.search(r"Llama 2 70B .* needs 25\d\.\d GiB .* has \d+\.\d GiB free", line)
    assert "--layers" in line
    assert not list(command.home.glob("large*"))


def test_a_gpu_that_is_not_there_is_refused_with_what_to_do_row_27(
    command: Command, started: dict[str, Process]
):
    done = finish(started["no gpu"], 120)
    assert (done.code, done.out) == (3, b"")
    (line,) = (line for line in done.said.splitlines() if line.startswith("specprof: "))
    assert "CUDA" in line
    assert "--device cpu" in line
    assert "Traceback" not in done.said
    assert not list(command.home.glob("gpu*"))
