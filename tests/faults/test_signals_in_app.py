"""However the app is left, the terminal is as it was and what was measured is kept. Rows are FAULTS.md's."""

from __future__ import annotations

import signal
import time

import pytest
from app_on_pty.conftest import WITH_FAKE_CHILD, Specprof
from on_pty.terminal import Terminal

from specprof.plan.plan import Cell
from specprof.run.journal import journal_path
from specprof.run.reading import load_record

IN_SECOND_ROW = "sample 15"
FIRST_ROW = [Cell(1, 16, k) for k in (1, 4, 8)]


IGNORING = (
    "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); "
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)
"""What nohup does."""


def in_second_row(specprof: Specprof, deed: str, **options) -> Terminal:
    """A run on screen whose child does `deed` in its second row."""
    specprof.stage.does((0, IN_SECOND_ROW, deed))
    terminal = specprof.run(**options)
    terminal.wait_for("measuring")
    specprof.stage.wait_for("hears nothing" if "deaf" in deed else f"{deed} at {IN_SECOND_ROW}", 20)
    return terminal


def check_kept(specprof: Specprof, status: str = "cancelled") -> None:
    """The first row is in the run file, whole, and the child is gone."""
    record = load_record(specprof.run_file).record
    assert record.status == status
    by_cell = {cell.cell: cell for cell in record.cells}
    assert all(len(by_cell[cell].measured_ms.samples) == 4 for cell in FIRST_ROW)
    assert not journal_path(specprof.run_file).exists()
    specprof.stage.check_nobody_is_left()


def test_row_03_control_c_stops_after_the_sample_and_keeps_what_was_measured(specprof: Specprof):
    terminal = in_second_row(specprof, "wait")
    terminal.press("ctrl+c")
    assert terminal.wait_exit() == 130
    terminal.assert_restored()
    check_kept(specprof)
    assert "cancelled run written to run.json" in terminal.text()


def test_row_03_control_c_twice_stops_at_once(specprof: Specprof):
    terminal = in_second_row(specprof, "deaf SIGINT SIGTERM")
    terminal.press("ctrl+c")
    terminal.wait_for("stopping")
    terminal.press("ctrl+c")
    assert terminal.wait_exit(within_s=4) == 130
    terminal.assert_restored()
    check_kept(specprof)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_row_04_a_signal_saves_and_restores_within_five_seconds(specprof: Specprof, number: signal.Signals):
    terminal = in_second_row(specprof, "wait")
    began = time.monotonic()
    terminal.signal(number)
    assert terminal.wait_exit() == 128 + number
    assert time.monotonic() - began < 5
    terminal.assert_restored()
    check_kept(specprof)


def test_row_04_a_child_that_hears_nothing_does_not_hold_up_a_sigterm(specprof: Specprof):
    terminal = in_second_row(specprof, "deaf SIGINT SIGTERM")
    began = time.monotonic()
    terminal.signal(signal.SIGTERM)
    assert terminal.wait_exit() == 143
    assert time.monotonic() - began < 5
    terminal.assert_restored()
    check_kept(specprof)


def test_row_05_a_terminal_that_hangs_up_saves_the_run(specprof: Specprof):
    terminal = in_second_row(specprof, "wait")
    terminal.hang_up()
    assert terminal.wait_exit() == 129
    check_kept(specprof)


def test_row_05_a_terminal_that_is_gone_without_a_signal_is_noticed(specprof: Specprof):
    specprof.stage.does((0, IN_SECOND_ROW, "wait"))
    deaf = (
        "import os, signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP]); "
        "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    )
    terminal = specprof.run(program=("-c", deaf, str(WITH_FAKE_CHILD), str(specprof.stage.folder)))
    specprof.stage.wait_for(f"wait at {IN_SECOND_ROW}", 20)
    terminal.hang_up()
    assert terminal.wait_exit() == 129
    check_kept(specprof)


def test_row_05_nohup_is_honoured(specprof: Specprof):
    specprof.stage.does((0, IN_SECOND_ROW, "pause"))
    program = ("-c", IGNORING, str(WITH_FAKE_CHILD), str(specprof.stage.folder))
    terminal = specprof.run(program=program)
    specprof.stage.wait_for(f"pause at {IN_SECOND_ROW}", 20)
    terminal.signal(signal.SIGHUP)
    specprof.stage.goes_on()
    terminal.wait_for("1 Speed")
    terminal.press("q")
    assert terminal.wait_exit() == 0
    check_kept(specprof, "complete")


def test_row_05_under_nohup_a_run_outlives_its_terminal_and_ends_by_itself(specprof: Specprof):
    specprof.stage.does((0, IN_SECOND_ROW, "pause"))
    terminal = specprof.run(program=("-c", IGNORING, str(WITH_FAKE_CHILD), str(specprof.stage.folder)))
    specprof.stage.wait_for(f"pause at {IN_SECOND_ROW}", 20)
    terminal.hang_up()
    time.sleep(1.5)
    specprof.stage.goes_on()
    assert terminal.wait_exit() == 0
    check_kept(specprof, "complete")


def test_q_asks_and_y_stops_the_run_and_keeps_it(specprof: Specprof):
    terminal = in_second_row(specprof, "wait")
    terminal.press("q")
    terminal.wait_for("Stop and quit")
    terminal.press("y")
    assert terminal.wait_exit() == 130
    terminal.assert_restored()
    check_kept(specprof)


def test_q_asks_and_n_goes_on(specprof: Specprof):
    terminal = in_second_row(specprof, "pause")
    terminal.press("q")
    terminal.wait_for("Stop and quit")
    terminal.press("n")
    specprof.stage.goes_on()
    terminal.wait_for("1 Speed")
    terminal.press("q")
    assert terminal.wait_exit() == 0
    terminal.assert_restored()
    check_kept(specprof, "complete")


def test_s_asks_and_shows_the_results_of_what_was_measured(specprof: Specprof):
    terminal = in_second_row(specprof, "wait")
    terminal.press("s")
    terminal.wait_for("Stop this run?")
    terminal.press("y")
    terminal.wait_for("1 Speed")
    check_kept(specprof)
    terminal.press("q")
    assert terminal.wait_exit() == 130
    terminal.assert_restored()


def test_row_01_a_child_that_is_killed_costs_its_cell_and_the_screen_goes_on(specprof: Specprof):
    specprof.stage.does((0, IN_SECOND_ROW, "kill"))
    terminal = specprof.run()
    terminal.wait_for("1 Speed")
    terminal.press("q")
    assert terminal.wait_exit() == 1
    terminal.assert_restored()
    record = load_record(specprof.run_file).record
    assert [cell.verdict for cell in record.cells].count("failed") == 1


def test_a_defect_in_the_app_restores_the_terminal_and_keeps_the_run(specprof: Specprof):
    specprof.stage.does((0, IN_SECOND_ROW, "wait"))
    breaks = "; ".join(
        (
            "import sys; sys.path.insert(0, sys.argv.pop(1))",
            "from specprof.tui.screens.live import StreamScreen",
            "StreamScreen.action_log = lambda self: 1 / 0",
            "from pathlib import Path; from with_fake_child import main, put_in_place",
            "put_in_place(Path(sys.argv.pop(1)))",
            "main()",
        )
    )
    program = ("-c", breaks, str(WITH_FAKE_CHILD.parent), str(specprof.stage.folder))
    terminal = specprof.run(program=program)
    specprof.stage.wait_for(f"wait at {IN_SECOND_ROW}", 20)
    terminal.press("l")
    assert terminal.wait_exit() == 1
    terminal.assert_restored()
    said = " ".join(terminal.text().split())
    assert "specprof has a defect, please report it: ZeroDivisionError" in said
    assert "Traceback" not in said
    assert "Traceback" in next((specprof.home / "state" / "specprof").glob("crash-*.log")).read_text()
    check_kept(specprof, "partial")
