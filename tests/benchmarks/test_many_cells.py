"""A run of 10,000 cells, the most there may be, through session, journal, kill, resume and publication.

The measuring child is the fake one, four samples a cell; all else is real. Then the same file in the app.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from on_pty.terminal import Terminal
from session.fake_child import ROUNDS
from session.stage import Stage
from tour import VIEWS, ForgetfulTerminal
from usage import MIB

from specprof.plan.grid import MAX_CELLS
from specprof.run.journal import journal_path
from specprof.run.reading import MAX_FILE_BYTES, MAX_LINE_BYTES, load_record

WITH_FAKE_CHILD = Path(__file__).resolve().parent.parent / "cli" / "with_fake_child.py"
PLAN = (
    "--model",
    "tiny",
    "--layers",
    "2",
    "--device",
    "cpu",
    "--seq-len",
    "16:1600:16",
    "--candidates",
    "1:100",
)
KILLED_AT = MAX_CELLS // 2
EVERY_S = 0.5
RUN_S = 1200.0

MOST_KIB_A_CELL = 4.0
"""Of memory while it is measured: four samples of four numbers each, a cell's state and its last event."""

MOST_BEND = 1.5
"""A cell late in the run may take so much more memory than an early one."""

MOST_SHOW_S = 60.0
"""Of processor time, to load the document, find what it says and print its table."""

MOST_KEY_S = 3.0
"""Of the app's processor time from a key to what it shows: a busy machine makes more of it."""

SLOW_S = {"Schedule": 15.0}
"""The first time it decides for every row under every model, and in the thread that draws."""


@dataclass(frozen=True)
class Standing:
    """How far a run is, and what its process holds."""

    t_s: float
    cells: int
    rss_mib: float
    handles: int


@dataclass
class Part:
    """One process of the run."""

    code: int = 0
    took_s: float = 0.0
    cpu_s: float = 0.0
    standings: list[Standing] = field(default_factory=list)
    journal_bytes: int = 0
    longest_line: int = 0

    @property
    def measuring(self) -> list[Standing]:
        """Once the child measures, until all cells have ended."""
        first = self.standings[0].cells
        return [one for one in self.standings if first < one.cells < MAX_CELLS]


class Follower:
    """Reads what is appended to a journal."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0
        self._rest = b""
        self.cells = 0
        self.longest_line = 0

    @property
    def bytes(self) -> int:
        return self._at

    def look(self) -> None:
        try:
            with open(self._path, "rb") as file:
                file.seek(self._at)
                data = file.read()
        except FileNotFoundError:
            return
        self._at += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        self.cells += sum(b'"cell_finished"' in line for line in lines)
        self.longest_line = max([self.longest_line, *map(len, lines)])


def run_part(home: Path, *arguments: str, killed_at: int | None = None) -> Part:
    """Runs the command until it ends, or kills it once so many cells have ended."""
    command = [sys.executable, str(WITH_FAKE_CHILD), str(home / "stage"), "run", "--headless", *arguments]
    part, journal = Part(), Follower(journal_path(home / "run.json"))
    with open(home / "said", "ab") as said:
        began_s = time.monotonic()
        process = subprocess.Popen(command, cwd=home, env=environment(home), stdout=said, stderr=said)
        seen = psutil.Process(process.pid)
        while process.poll() is None:
            journal.look()
            try:
                part.standings.append(
                    Standing(
                        time.monotonic() - began_s,
                        journal.cells,
                        seen.memory_info().rss / MIB,
                        seen.num_fds(),
                    )
                )
                part.cpu_s = sum(seen.cpu_times()[:2])
            except psutil.Error:
                break
            if killed_at is not None and journal.cells >= killed_at:
                process.send_signal(signal.SIGKILL)
                killed_at = None
            time.sleep(EVERY_S)
        part.code = process.wait()
        part.took_s = time.monotonic() - began_s
    part.journal_bytes, part.longest_line = journal.bytes, journal.longest_line
    return part


def environment(home: Path) -> dict[str, str]:
    folders = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("DATA", "STATE", "CACHE", "CONFIG")}
    return {**os.environ, **folders}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    (folder / "stage").mkdir()
    Stage(folder / "stage")
    return folder


@pytest.fixture(scope="module")
def parts(home: Path) -> list[Part]:
    """Half of the run, which is killed, and the rest of it, resumed."""
    first = run_part(home, *PLAN, "--output", "run.json", killed_at=KILLED_AT)
    second = run_part(home, "--resume", "--output", "run.json")
    for name, part in (("until it is killed", first), ("resumed", second)):
        rss = [one.rss_mib for one in part.standings]
        print(
            f"\n{name}: {part.took_s:.0f} s, {part.cpu_s:.0f} s of processor time, "
            f"{part.standings[-1].cells} cells in the journal, "
            f"{kib_a_cell(part.measuring):.2f} KiB of memory a cell, at most {max(rss):.0f} MiB, "
            f"journal {part.journal_bytes / MIB:.1f} MiB, longest line {part.longest_line} bytes",
            flush=True,
        )
    return [first, second]


def kib_a_cell(standings: Sequence[Standing]) -> float:
    """Memory per cell between the first and the last of them."""
    first, last = standings[0], standings[-1]
    return 1024 * (last.rss_mib - first.rss_mib) / (last.cells - first.cells)


@pytest.mark.timeout(2 * RUN_S)
def test_the_run_is_killed_resumed_and_complete(home: Path, parts: list[Part]):
    first, second = parts
    assert (first.code, second.code) == (-signal.SIGKILL, 0), (home / "said").read_text()[-1000:]
    assert not journal_path(home / "run.json").exists()
    loaded = load_record(home / "run.json")
    assert loaded.warnings == ()
    assert loaded.record.status == "complete"
    assert len(loaded.record.cells) == MAX_CELLS
    # cells that were in progress at the kill, and K = 1 of their row, have more
    counts = [len(cell.measured_ms.samples) for cell in loaded.record.cells if cell.measured_ms is not None]
    assert len(counts) == MAX_CELLS
    assert min(counts) >= ROUNDS


@pytest.mark.timeout(2 * RUN_S)
def test_memory_grows_by_what_is_recorded_only_and_handles_stay(parts: list[Part]):
    for part in parts:
        measuring = part.measuring
        middle = len(measuring) // 2
        early, late = kib_a_cell(measuring[: middle + 1]), kib_a_cell(measuring[middle:])
        handles = [one.handles for one in measuring]
        print(f"\nKiB a cell: {early:.2f} early, {late:.2f} late; handles {min(handles)} to {max(handles)}")
        assert kib_a_cell(measuring) <= MOST_KIB_A_CELL
        assert late <= MOST_BEND * max(early, 1.0)
        assert handles[-1] <= handles[0]


@pytest.mark.timeout(2 * RUN_S)
def test_journal_and_document_are_within_the_limits(home: Path, parts: list[Part]):
    document = home / "run.json"
    journal_bytes = max(part.journal_bytes for part in parts)
    print(
        f"\ndocument {document.stat().st_size / MIB:.1f} MiB, journal {journal_bytes / MIB:.1f} MiB of "
        f"{MAX_FILE_BYTES / MIB:.0f} MiB; longest line {max(part.longest_line for part in parts)} bytes"
    )
    assert document.stat().st_size <= MAX_FILE_BYTES
    assert journal_bytes <= MAX_FILE_BYTES
    assert max(part.longest_line for part in parts) <= MAX_LINE_BYTES


@pytest.mark.timeout(2 * RUN_S)
def test_it_is_shown_in_reasonable_time(home: Path, parts: list[Part]):
    for command in ("show", "schedule"):
        with open(home / command, "wb") as out:
            process = psutil.Popen(
                [sys.executable, "-m", "specprof", command, "run.json"],
                cwd=home,
                env=environment(home),
                stdout=out,
                stderr=subprocess.STDOUT,
            )
            began_s, cpu_s, rss_mib = time.monotonic(), 0.0, 0.0
            while process.poll() is None:
                with contextlib.suppress(psutil.Error):
                    cpu_s = sum(process.cpu_times()[:2])
                    rss_mib = max(rss_mib, process.memory_info().rss / MIB)
                time.sleep(0.1)
        assert process.returncode == 0, (home / command).read_text()[-1000:]
        took_s = time.monotonic() - began_s
        print(f"\n{command}: {took_s:.1f} s, {cpu_s:.1f} s of processor time, {rss_mib:.0f} MiB", flush=True)
        assert cpu_s <= MOST_SHOW_S
    # a row of the table each
    assert len(re.findall(f" {ROUNDS}  (?:valid|warn)", (home / "show").read_text())) >= MAX_CELLS - 200


@pytest.mark.timeout(2 * RUN_S)
def test_the_app_shows_it_and_answers(home: Path, parts: list[Part]):
    command = [sys.executable, "-m", "specprof", "replay", "run.json", "--speed", "max"]
    began_s = time.monotonic()
    with ForgetfulTerminal(command, columns=120, rows=40, env=environment(home), cwd=home) as terminal:
        terminal.wait_for("[1 Speedup]", within_s=RUN_S)
        print(f"\nfirst paint after {time.monotonic() - began_s:.1f} s", flush=True)
        terminal.press("7")
        terminal.wait_for(lambda seen: "Best K at batch 1" in seen.text(), within_s=RUN_S)
        print(f"findings after {time.monotonic() - began_s:.1f} s", flush=True)
        app = psutil.Process(terminal.pid)
        turns = [{name: answer(terminal, app, number) for number, name in enumerate(VIEWS, 1)} for _ in "12"]
        told = [f"{name} {turns[0][name]:.2f} {turns[1][name]:.2f}" for name in VIEWS]
        print(f"memory {app.memory_info().rss / MIB:.0f} MiB")
        print(f"processor time of each key, s, twice: {', '.join(told)}", flush=True)
        terminal.press("q")
        assert terminal.wait_exit() == 0
        terminal.assert_restored()
    for turn in turns:
        slow = {name: took_s for name, took_s in turn.items() if took_s > SLOW_S.get(name, MOST_KEY_S)}
        assert not slow


def answer(terminal: Terminal, app: psutil.Process, number: int) -> float:
    """The app's processor time, s, from the key of a view until it stands on the screen."""
    before_s = sum(app.cpu_times()[:2])
    terminal.press(f"{number % 10}")
    terminal.wait_for(f"[{number % 10} {VIEWS[number - 1]}", within_s=RUN_S)
    return sum(app.cpu_times()[:2]) - before_s
