"""`specprof run` from the outside, measured by a fake child. Rows are FAULTS.md's."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import jsonschema
import pytest
from session.fake_child import CPU
from session.stage import Stage

from specprof.run.journal import journal_path
from specprof.run.reading import load_record

from .command import SMALL, Command, finish

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


def test_what_was_changed_of_the_lists_is_said_and_kept_row_48(faked: Command):
    done = faked(*RUN, "--candidates", "8,4,4", "--output", "run.json")
    record = load_record(faked.home / "run.json").record
    for words in ("repeated values", "ascending order", "1 added"):
        assert words in done.said
        assert any(words in notice.text for notice in record.notices)
    assert record.plan.candidates == (1, 4, 8)


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


# Readers that leave, streams that are closed (rows 31 and 32)


@pytest.mark.parametrize("how", ["", "--json"])
def test_a_reader_of_one_line_leaves_no_noise_and_a_complete_file_row_31(faked: Command, how: str):
    shell = '"$@" | head -1; exit ${PIPESTATUS[0]}'
    done = faked(*RUN, "--output", "run.json", *how.split(), shell=shell)
    assert done.code == 0
    assert done.text.count("\n") == 1
    assert "Broken" not in done.said
    assert "Traceback" not in done.said
    assert status_of(faked.home / "run.json") == "complete"


def test_a_reader_of_one_line_of_both_streams_leaves_a_complete_file_row_31(faked: Command):
    done = faked(*RUN, "--output", "run.json", shell='"$@" 2>&1 | head -1; exit ${PIPESTATUS[0]}')
    assert done.code == 0
    assert done.text.count("\n") == 1
    assert status_of(faked.home / "run.json") == "complete"


def test_a_stdout_that_takes_nothing_is_one_line_and_exit_code_5_and_the_file_is_complete(faked: Command):
    done = faked(*RUN, "--output", "run.json", shell='"$@" > /dev/full')
    assert done.code == 5
    assert "specprof: cannot write to stdout: No space left on device\n" in done.said
    assert "Traceback" not in done.said
    assert status_of(faked.home / "run.json") == "complete"


def test_a_stderr_that_takes_nothing_is_no_reason_to_stop(faked: Command):
    done = faked(*RUN, "--output", "run.json", shell='"$@" 2> /dev/full')
    assert done.code == 0
    assert "Tiny Llama" in done.text
    assert status_of(faked.home / "run.json") == "complete"


@pytest.mark.parametrize("shell", ['"$@" <&-', '"$@" <&- >&- 2>&-'], ids=["stdin", "all three"])
def test_closed_streams_are_no_reason_to_stop_row_32(faked: Command, shell: str):
    done = faked(*RUN, "--output", "run.json", shell=shell)
    assert done.code == 0
    assert status_of(faked.home / "run.json") == "complete"


# Surroundings (rows 33 and 34)


def test_without_utf8_the_screen_is_ascii_and_the_file_readable_row_33(faked: Command):
    done = faked(*RUN, "--output", "run.json", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert done.code == 0
    assert done.out.isascii()
    assert done.err.isascii()
    assert b"Tiny Llama, Batch Size: 1" in done.out
    assert b"*" in done.out
    assert status_of(faked.home / "run.json") == "complete"


def test_without_a_home_an_explicit_output_works_row_34(faked: Command):
    home_and_xdg = ("HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
    done = faked(*RUN, "--output", "run.json", without=home_and_xdg)
    assert done.code == 0
    assert status_of(faked.home / "run.json") == "complete"


def test_with_a_home_that_cannot_be_written_an_explicit_output_works_row_34(faked: Command):
    nowhere = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"), "/proc/nowhere")
    done = faked(*RUN, "--output", "run.json", **nowhere)
    assert done.code == 0
    assert status_of(faked.home / "run.json") == "complete"
    refusal = faked(*RUN, **nowhere).refused(5)
    assert "cannot create the results folder /proc/nowhere/specprof/runs" in refusal
    assert "--output" in refusal


# Outputs that cannot be (rows 8 to 13)


def test_a_folder_that_takes_no_files_is_refused_before_a_child_is_started_row_10(
    faked: Command, stage: Stage
):
    if not os.path.isdir("/sys/kernel"):
        pytest.skip("no sysfs here")
    assert "/sys/kernel" in faked(*RUN, "--output", "/sys/kernel/run.json").refused(5)
    assert stage.log() == []


def test_a_result_that_exists_is_refused_and_replaced_when_forced_row_11(faked: Command, stage: Stage):
    output = faked.home / "run.json"
    output.write_text("older")
    assert "exists" in faked(*RUN, "--output", output).refused(5)
    assert output.read_text() == "older"
    assert stage.log() == []
    assert faked(*RUN, "--output", output, "--force").code == 0
    assert status_of(output) == "complete"


def test_of_two_writers_the_second_is_refused_and_the_first_completes_row_13(faked: Command, stage: Stage):
    stage.does((0, "sample 5", "pause"))
    first = faked.start(*RUN, "--output", "run.json")
    stage.wait_for("pause at sample 5", 20)
    assert "another specprof is writing" in faked(*RUN, "--output", "run.json", "--force").refused(5)
    stage.goes_on()
    assert finish(first).code == 0
    assert len(stage.pids()) == 1
    assert status_of(faked.home / "run.json") == "complete"


def test_a_disk_too_full_for_the_result_keeps_the_older_one_and_the_journal_to_go_on_with_row_9(
    faked: Command, stage: Stage
):
    output = faked.home / "run.json"
    output.write_text("older")
    # 8 KiB: enough for the journal and too little for the document
    done = faked(*RUN, "--output", output, "--force", shell='ulimit -f 8; "$@"')
    assert (done.code, done.out) == (5, b"")
    assert "Traceback" not in done.said
    assert "File too large: what was measured is in the journal" in done.said
    assert output.read_text() == "older"
    assert sorted(path.name for path in faked.home.iterdir()) == ["run.json", "run.jsonl.part"]
    stage.check_nobody_is_left()
    assert faked("run", "--resume", "--output", output).code == 0
    assert status_of(output) == "complete"
    assert not journal_path(output).exists()


def test_a_disk_too_full_for_the_journal_stops_the_run_and_leaves_no_child_row_8(
    faked: Command, stage: Stage
):
    done = faked(*RUN, "--output", "run.json", shell='ulimit -f 2; "$@"')
    assert done.code == 5
    assert "Traceback" not in done.said
    stage.check_nobody_is_left()
    loaded = load_record(faked.home / "run.jsonl.part")
    assert loaded.is_journal
    assert loaded.record.status == "partial"


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
