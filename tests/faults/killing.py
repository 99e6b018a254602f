"""kill -9 of specprof or of its measuring child at moments that nobody chose, and what must hold after it."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
import psutil
from cli.command import Command, Process, finish, wait_until

from specprof.plan.plan import Cell
from specprof.run.cell_record import CellRecord
from specprof.run.journal import journal_path
from specprof.run.reading import load_record
from specprof.run.record import RunRecord

from .children import gone_within, has_ended, measuring_children

SCHEMA = json.loads((Path(__file__).parents[2] / "specprof" / "run" / "schema.json").read_text())
ENDED = ("target", "budget", "max_samples", "noise_plateau")
MOST_PER_RUN = 6
START_SHARE = 0.15
END_SHARE = 0.1
STARTING_S = 1.5
"""How much longer a child may outlive its parent that is still starting its Python."""


def finished_cells(record: RunRecord) -> dict[Cell, CellRecord]:
    return {cell.cell: cell for cell in record.cells if cell.stop_reason in ENDED}


def lost_cells(before: RunRecord, after: RunRecord) -> list[Cell]:
    """Cells that were finished and are no more, or have lost a sample.

    K = 1 may have got more: every other cell of its row is measured beside it.
    """
    later = finished_cells(after)
    return [cell for cell, record in finished_cells(before).items() if not _held(record, later.get(cell))]


def _held(before: CellRecord, after: CellRecord | None) -> bool:
    if after is None or before.measured_ms is None or after.measured_ms is None:
        return False
    old, new = before.measured_ms, after.measured_ms
    count = len(old.samples)
    same = new.samples[:count] == old.samples and new.sampled_at_s[:count] == old.sampled_at_s
    return same and after.stop_reason == before.stop_reason


def check_nothing_lost(before: RunRecord, after: RunRecord) -> None:
    """What was finished has not changed, and no sample of what was not is gone."""
    later = {cell.cell: cell for cell in after.cells}
    assert [(str(cell), later[cell].reasons) for cell in lost_cells(before, after)] == []
    for record in before.cells:
        if record.measured_ms is not None:
            old = record.measured_ms.samples
            assert later[record.cell].measured_ms.samples[: len(old)] == old


def samples_in(document: dict[str, Any]) -> int:
    return sum(len(cell["measured_ms"]["samples"]) for cell in document["cells"] if cell["measured_ms"])


def written_in(journal: Path) -> bytes:
    """Nothing where there is none, or none any more: a run that ends removes it at a moment of its own."""
    try:
        return journal.read_bytes()
    except FileNotFoundError:
        return b""


def has_spoken(journal: bytes) -> bool:
    """Whether the child of this moment has said anything."""
    began = max(
        journal.rfind(b'"event":"%s"' % event) for event in (b"run_started", b"resumed", b"child_lost")
    )
    return journal.find(b'"event":"environment"', began) >= 0


@dataclass
class Uninterrupted:
    """A run that nobody disturbed: what the killed ones must come to, and how long its journal was."""

    document: dict[str, Any]
    first_sample_s: float
    journal: bytes

    @classmethod
    def measured(cls, command: Command, arguments: Sequence[object], output: Path) -> Uninterrupted:
        began = time.monotonic()
        process = command.start(*arguments, "--output", output)
        journal, kept = journal_path(output), output.with_suffix(".kept")
        wait_until(journal.exists, 60)
        os.link(journal, kept)  # the run removes its own name of it
        wait_until(lambda: b'"event":"sample"' in kept.read_bytes() or process.poll() is not None, 120)
        first_sample_s = time.monotonic() - began
        done = finish(process, 180)
        assert done.code == 0, done.said
        return cls(json.loads(output.read_bytes()), first_sample_s, kept.read_bytes())


@dataclass
class KillTest:
    """Kills runs of one plan, has them gone on with, and compares what they come to."""

    command: Command
    arguments: tuple[object, ...]
    child: str
    """What its command line tells the measuring child by."""
    seed: int
    folder: Path
    child_gone_s: float = 1.0
    """How long a child may outlive its parent."""
    killed: Counter[str] = field(default_factory=Counter)
    with_finished: int = 0
    """Kills that came when a cell was finished: others cannot lose any."""
    lost: list[Cell] = field(default_factory=list)
    runs: int = 0

    def __post_init__(self) -> None:
        self.moments = random.Random(self.seed)
        self.clean = Uninterrupted.measured(self.command, self.arguments, self.folder / "clean.json")
        self.lines = self.clean.journal.count(b"\n")

    @property
    def kills(self) -> int:
        return self.killed.total()

    @property
    def counts(self) -> str:
        """`100 kills: 53 of the child, …`, in words for a table."""
        child, parent = self.killed["child"], self.killed["parent"]
        return (
            f"{self.kills} kills: {child} of the child, {parent} of the parent, "
            f"{self.with_finished} of them when cells were finished; {len(self.lost)} finished cells lost"
        )

    def go_on(self, kills: int) -> None:
        """Kills until there have been so many, each run at most `MOST_PER_RUN` times."""
        while self.kills < kills:
            self._one_run(min(MOST_PER_RUN, kills - self.kills))

    def _one_run(self, kills: int) -> None:
        self.runs += 1
        output = self.folder / f"run{self.runs}.json"
        journal = journal_path(output)
        held: list[RunRecord] = []
        before = self.killed["child"]
        last = self.kills + kills
        found: RunRecord | None = None
        while found is None or found.status != "complete" or journal.exists():
            # nothing lies there where nothing had been measured
            resume = (journal.exists() and journal.stat().st_size > 0) or output.exists()
            how = ("run", "--headless", "--resume") if resume else self.arguments
            process = self.command.start(*how, "--output", output)
            while self.kills < last and self._strike(process, journal, held):
                pass
            done = finish(process, 240)
            assert "Traceback" not in done.said
            assert done.code in (0, 1, 3, -signal.SIGKILL), done
            assert measuring_children(process, self.child) == []
            found = self._found(output, journal)
            for record in held:
                assert found is not None, "what was measured is gone"
                self.lost += lost_cells(record, found)
                check_nothing_lost(record, found)
        self._check_like_clean(output, self.killed["child"] - before)
        # a run that the clock ends is as long as the machine is quick, which is not always the same
        longer = samples_in(json.loads(output.read_bytes())) / samples_in(self.clean.document)
        self.lines = round(self.clean.journal.count(b"\n") * longer)

    def _strike(self, process: Process, journal: Path, held: list[RunRecord]) -> bool:
        """One kill at a moment of the process's life. False where the process is over: it came too late,
        or killed it."""
        self._wait_for_moment(process, journal)
        children = measuring_children(process, self.child)
        victim = "child" if children and self.moments.random() < 0.5 else "parent"
        told = written_in(journal)
        if process.poll() is not None or (victim == "child" and has_ended(children[0])):
            return process.poll() is None
        if victim == "child":
            try:
                children[0].kill()
            except psutil.NoSuchProcess:  # it ended between the look and the kill
                return process.poll() is None
        else:
            process.send_signal(signal.SIGKILL)
            killed_at = time.monotonic()
        self.killed[victim] += 1
        known = self._record_of(told)
        if known is not None and any(cell.measured_ms for cell in known.cells):
            held.append(known)
            self.with_finished += len(finished_cells(known)) > 0
        if victim == "child":
            assert gone_within(children[0], 10)
            return True
        finish(process, 30)
        limit_s = self.child_gone_s + (0.0 if has_spoken(told) else STARTING_S)
        left = max(0.05, limit_s - (time.monotonic() - killed_at))
        assert all(gone_within(child, left) for child in children)
        if journal.exists():
            assert journal.read_bytes().startswith(told)
        return False

    def _wait_for_moment(self, process: Process, journal: Path) -> None:
        """A while after the start, or until the journal has grown by so many lines, or has an end."""
        drawn, share = self.moments.random(), self.moments.random()
        if drawn < START_SHARE:
            time.sleep(share * self.clean.first_sample_s)
            return
        begun = written_in(journal).count(b"\n")
        at_end = drawn > 1 - END_SHARE
        # at least as many lines as a child says before it measures
        wanted = begun + 8 + round(share * max(0, self.lines - begun - 8))
        while process.poll() is None:
            written = written_in(journal)
            if at_end and b'"event":"run_ended"' in written:
                time.sleep(share * 0.02)
                return
            if not at_end and written.count(b"\n") >= wanted:
                return
            time.sleep(0.001)

    def _record_of(self, told: bytes) -> RunRecord | None:
        """What a journal held when it was read, None before its first line was whole."""
        if b"\n" not in told:
            return None
        copy = self.folder / "told.jsonl.part"
        copy.write_bytes(told)
        return load_record(copy).record

    def _found(self, output: Path, journal: Path) -> RunRecord | None:
        """What lies there after a run has ended, well or not: loads, and is no less than there was."""
        if journal.exists() and journal.stat().st_size:
            loaded = load_record(journal)
            assert loaded.is_journal
            return loaded.record
        return load_record(output).record if output.exists() else None

    def _check_like_clean(self, output: Path, child_kills: int) -> None:
        """Plan, cells and schema are those of the run that nobody disturbed."""
        document, clean = json.loads(output.read_bytes()), self.clean.document
        jsonschema.validate(document, SCHEMA)
        assert document["plan"] == clean["plan"]
        assert list(document) == list(clean)
        place = ("batch_size", "seq_len", "candidates")
        cells, wanted = document["cells"], clean["cells"]
        assert [[cell[name] for name in place] for cell in cells] == [
            [c[name] for name in place] for c in wanted
        ]
        assert [list(cell) for cell in cells] == [list(cell) for cell in wanted]
        loaded = load_record(output)
        assert (loaded.record.status, loaded.warnings) == ("complete", ())
        failed = [cell for cell in loaded.record.cells if cell.verdict == "failed"]
        assert len(failed) <= child_kills
        assert all("signal 9" in cell.reasons[0] for cell in failed)
        assert all(cell.stop_reason in ENDED for cell in loaded.record.cells if cell not in failed)
