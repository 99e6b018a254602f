"""A run that has finished its first row when something happens to it in its second."""

from __future__ import annotations

from pathlib import Path

from cli.command import SMALL, Command, Process, wait_until
from session.stage import Stage

from specprof.plan.plan import Cell
from specprof.run.journal import journal_path
from specprof.run.reading import load_record

RUN = ("run", *SMALL, "--device", "cpu", "--output", "run.json")
IN_SECOND_ROW = "sample 15"
FIRST_ROW = [Cell(1, 16, k) for k in (1, 4, 8)]


def started(command: Command, stage: Stage, deed: str, *arguments: str) -> Process:
    """A run whose child is doing `deed` in its second row, and which has written down its first."""
    stage.does((0, IN_SECOND_ROW, deed))
    process = command.start(*RUN, *arguments)
    wait_in_second_row(stage, deed)
    # what the child has said may still lie in its pipe
    journal = journal_path(command.home / "run.json")
    wait_until(lambda: journal.read_bytes().count(b'"cell_finished"') == len(FIRST_ROW))
    return process


def wait_in_second_row(stage: Stage, deed: str) -> None:
    stage.wait_for("hears nothing" if "deaf" in deed else f"{deed} at {IN_SECOND_ROW}", 20)


def check_first_row_kept(path: Path, status: str) -> None:
    """What was finished when it happened is in the file, which says that it is not all."""
    record = load_record(path).record
    assert record.status == status
    by_cell = {cell.cell: cell for cell in record.cells}
    assert all(by_cell[cell].stop_reason == "target" for cell in FIRST_ROW)
    assert all(len(by_cell[cell].measured_ms.samples) == 4 for cell in FIRST_ROW)
