"""Readers that leave, streams that are closed or take nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from app_on_pty.conftest import Specprof
from cli.command import SMALL, Command

from specprof.run.reading import load_record

RUN = ("run", *SMALL, "--device", "cpu")


def status_of(path: Path) -> str:
    loaded = load_record(path)
    assert loaded.warnings == ()
    return loaded.record.status


@pytest.mark.parametrize("how", ["", "--json"])
def test_row_31_a_reader_of_one_line_leaves_no_noise_and_a_complete_file(faked: Command, how: str):
    shell = '"$@" | head -1; exit ${PIPESTATUS[0]}'
    done = faked(*RUN, "--output", "run.json", *how.split(), shell=shell)
    assert done.code == 0
    assert done.text.count("\n") == 1
    assert "Broken" not in done.said
    assert "Traceback" not in done.said
    assert status_of(faked.home / "run.json") == "complete"


def test_row_31_a_reader_of_one_line_of_both_streams_leaves_a_complete_file(faked: Command):
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
def test_row_32_closed_streams_are_no_reason_to_stop(faked: Command, shell: str):
    done = faked(*RUN, "--output", "run.json", shell=shell)
    assert done.code == 0
    assert status_of(faked.home / "run.json") == "complete"


def test_row_31_a_reader_that_is_not_there_any_more_stops_nothing(specprof: Specprof):
    reading, writing = os.pipe()
    terminal = specprof.run(stdout=writing)
    os.close(writing)
    os.close(reading)
    assert terminal.wait_exit() == 0
    assert load_record(specprof.run_file).record.status == "complete"
