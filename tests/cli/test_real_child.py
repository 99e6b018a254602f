"""specprof with its real measuring child and a tiny model: the whole way from options to a run file.

Every start costs seconds (torch is imported), so there is one run, and several questions are asked of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

import specprof
from specprof.run.reading import load_record

from .command import SMALL, Command, Done, Process, finish

QUICK = ("--budget", "3", "--target-ci", "50", "--device", "cpu")

SCHEMA = json.loads((Path(__file__).parents[2] / "specprof" / "run" / "schema.json").read_text())


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    started = Command(tmp_path_factory.mktemp("home"))
    yield started
    started.end_all()


@pytest.fixture(scope="module")
def started(command: Command) -> Process:
    # without a home and without stdin: rows 32 and 34
    homes = ("HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
    small = ("run", *SMALL, *QUICK, "--output", "run.json")
    return command.start(*small, shell='exec "$@" <&-', without=homes)


@pytest.fixture(scope="module")
def finished(started: Process) -> Done:
    return finish(started, 120)


@pytest.fixture(scope="module")
def run_file(command: Command, finished: Done) -> Path:
    assert finished.code == 0, finished.said
    return command.home / "run.json"


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
