"""A headless run that is signalled."""

from __future__ import annotations

import json
import os
import signal
import time

import pytest
from cli.command import Command, ended_by, finish
from session.stage import Stage

from specprof.run.journal import journal_path
from specprof.run.reading import load_record

from .second_row import IN_SECOND_ROW, RUN, check_first_row_kept, started


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=str
)
def test_rows_03_to_05_a_signal_ends_the_run_after_its_sample_and_saves_what_there_is(
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


def test_row_03_a_cancelled_run_may_print_its_document_too(faked: Command, stage: Stage):
    done = ended_by(started(faked, stage, "wait", "--json"), signal.SIGINT)
    assert json.loads(done.out)["status"] == "cancelled"


def test_row_04_a_terminated_run_is_saved_within_five_seconds_though_its_child_is_deaf(
    faked: Command, stage: Stage
):
    process = started(faked, stage, "deaf SIGINT SIGTERM")
    began = time.monotonic()
    done = ended_by(process, signal.SIGTERM)
    assert time.monotonic() - began < 5
    assert done.code == 143
    check_first_row_kept(faked.home / "run.json", "cancelled")
    stage.check_nobody_is_left()


def test_row_03_a_second_interrupt_stops_a_deaf_child_at_once(faked: Command, stage: Stage):
    process = started(faked, stage, "deaf SIGINT SIGTERM")
    process.send_signal(signal.SIGINT)
    stage.wait_for("ignored 2")
    began = time.monotonic()
    done = ended_by(process, signal.SIGINT)
    assert time.monotonic() - began < 2
    assert done.code == 130
    check_first_row_kept(faked.home / "run.json", "cancelled")
    stage.check_nobody_is_left()


def test_row_05_a_run_under_nohup_outlives_its_terminal(faked: Command, stage: Stage):
    stage.does((0, IN_SECOND_ROW, "pause"))
    process = faked.start(*RUN, preexec=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    stage.wait_for("pause", 20)
    process.send_signal(signal.SIGHUP)
    time.sleep(0.2)
    stage.goes_on()
    assert finish(process).code == 0
    assert load_record(faked.home / "run.json").record.status == "complete"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=str)
def test_rows_03_04_a_run_stopped_before_it_measures_writes_nothing_and_says_so(
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


def test_row_03_a_child_that_somebody_else_interrupts_ends_the_run_as_an_interrupt_does(
    faked: Command, stage: Stage
):
    process = started(faked, stage, "wait")
    os.kill(stage.pids()[0], signal.SIGINT)
    assert finish(process).code == 130
    check_first_row_kept(faked.home / "run.json", "cancelled")


def test_row_02_a_killed_run_leaves_a_journal_with_everything_finished(faked: Command, stage: Stage):
    done = ended_by(started(faked, stage, "hang"), signal.SIGKILL)
    assert done.code == -signal.SIGKILL
    assert [path.name for path in faked.home.iterdir()] == ["run.jsonl.part"]
    check_first_row_kept(faked.home / "run.jsonl.part", "partial")
    shown = faked("show", "run.jsonl.part")
    assert shown.code == 0
    assert "Tiny Llama, Batch Size: 1" in shown.text
