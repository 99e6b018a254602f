"""`specprof run` from the outside, measured by a fake child. Rows are FAULTS.md's."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
from session.fake_child import CPU
from session.stage import Stage

from specprof.run.reading import load_record

from .command import SMALL, Command

RUN = ("run", *SMALL, "--device", "cpu")
ESCAPE = b"\x1b"
SCHEMA = json.loads((Path(__file__).parents[2] / "specprof" / "run" / "schema.json").read_text())


def status_of(path: Path) -> str:
    loaded = load_record(path)
    assert loaded.warnings == ()
    return loaded.record.status


# A run without a fault


def test_the_report_is_on_stdout_and_the_progress_on_stderr(faked: Command, stage: Stage):
    stage.does((0, "sample 5", "sleep 0.8"))
    done = faked(*RUN, "--output", "run.json")
    assert done.code == 0
    assert "Tiny Llama, Batch Size: 1" in done.text
    assert "Number of Candidate Tokens" in done.text
    assert "seq_len 16" in done.text
    assert "★" in done.text
    assert "Findings" in done.text or "best" in done.text.lower()
    for word in ("measuring", "run written to"):
        assert word in done.said
        assert word not in done.text
    assert ESCAPE not in done.out + done.err
    assert status_of(faked.home / "run.json") == "complete"


def test_the_document_alone_is_on_stdout_and_follows_the_published_schema(faked: Command):
    done = faked(*RUN, "--output", "run.json", "--json")
    assert done.code == 0
    document = json.loads(done.out)
    jsonschema.validate(document, SCHEMA)
    assert document["status"] == "complete"
    assert len(document["cells"]) == 6
    assert document["analysis"]["curves"]
    assert done.out == (faked.home / "run.json").read_bytes()
    assert ESCAPE not in done.out + done.err


def test_without_an_output_a_new_file_in_the_results_folder_is_named(faked: Command):
    done = faked(*RUN)
    (path,) = faked.runs.iterdir()
    assert re.fullmatch(r"tiny-cpu-bs1-\d{8}T\d{6}Z\.json", path.name)
    assert str(path) in done.said
    assert status_of(path) == "complete"


def test_a_cell_that_failed_makes_the_exit_code_1_row_1(faked: Command, stage: Stage):
    stage.does((0, "sample 5", "kill"))
    done = faked(*RUN, "--output", "run.json")
    assert done.code == 1
    assert "signal 9" in done.said
    assert status_of(faked.home / "run.json") == "complete"


def test_what_the_child_calls_fatal_is_one_line_and_its_exit_code_and_nothing_is_written(
    faked: Command, stage: Stage
):
    stage.does((0, "environment", "fatal"))
    done = faked(*RUN, "--output", "run.json")
    assert (done.code, done.out) == (3, b"")
    assert "specprof: no memory: buy some\n" in done.said
    assert list(faked.home.iterdir()) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_no_finished_cell_is_lost_however_often_the_child_is_killed_row_1(
    faked: Command, stage: Stage, seed: int
):
    moments = [["sample 2", "sample 8", "sample 3"], ["round 3", "sample 14", "warming 8"]][seed - 1]
    stage.does(*((start, moment, "kill") for start, moment in enumerate(moments)))
    done = faked(*RUN, "--output", "run.json", "--json")
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


# The path is shown, and obeyed by nobody


def test_a_path_with_an_escape_sequence_in_its_name_is_shown_without_it_row_42(faked: Command):
    name = "run\x1b]52;c;aGk=\x07\x1b[31m.json"
    done = faked(*RUN, "--output", name)
    assert done.code == 0
    assert ESCAPE not in done.out + done.err
    assert b"\x07" not in done.out + done.err
    assert "]52;c;aGk=" in done.said
    assert (faked.home / name).exists()


def test_the_child_is_described_as_it_describes_itself_but_without_its_escapes(faked: Command, stage: Stage):
    stage.device({**CPU, "name": "Evil\x1b[2J CPU"})
    done = faked(*RUN, "--output", "run.json")
    assert done.code == 0
    assert ESCAPE not in done.out + done.err
