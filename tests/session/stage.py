"""A live session over a fake child, whose deeds the test chooses."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from specprof.plan.plan import Plan
from specprof.plan.presets import PRESETS
from specprof.plan.stopping import StoppingRule
from specprof.run import events as ev
from specprof.run.record import SCHEMA_VERSION
from specprof.run.reduce import Reduction
from specprof.session.live import LiveSession

from .fake_child import CPU

PLAN = Plan(
    model=PRESETS["tiny"],
    dtype="float32",
    batch_sizes=(1,),
    seq_lens=(16, 32),
    candidates=(1, 4, 8),
    stopping=StoppingRule(target_ci=0.05),
)
HEADER = ev.RunStarted(
    schema_version=SCHEMA_VERSION,
    run_id="made-up",
    created_at="2025-01-02T03:04:05+00:00",
    specprof_version="0.1.0",
    plan=PLAN,
)

OnEvent = Callable[[ev.EventModel, LiveSession], object]


class Stage:
    """A folder with a fake child's deeds, and what became of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.does()
        self.device(CPU)

    def does(self, *deeds: tuple[int, str, str]) -> None:
        """What the child does: `(start, moment, deed)`, see fake_child.py."""
        (self.folder / "deeds.json").write_text(json.dumps(deeds))

    def device(self, device: dict[str, Any]) -> None:
        (self.folder / "device.json").write_text(json.dumps(device))

    def session(self, earlier: Reduction | None = None, **options: Any) -> LiveSession:
        script = str(Path(__file__).with_name("fake_child.py"))
        command = (sys.executable, "-S", script, str(self.folder))
        return LiveSession(None if earlier else HEADER, earlier, command=command, **options)

    def play(
        self, session: LiveSession | None = None, on: OnEvent | None = None, within_s: float = 20.0
    ) -> list[ev.EventModel]:
        """Runs a session to its end and gives its events; nothing of the child may be left then."""
        playing = session or self.session()
        before = open_descriptors()
        seen = asyncio.run(asyncio.wait_for(_collect(playing, on), within_s))
        assert open_descriptors() == before
        self.check_nobody_is_left()
        return seen

    def log(self) -> list[str]:
        path = self.folder / "log"
        return path.read_text().splitlines() if path.exists() else []

    def wait_for(self, words: str, within_s: float = 5.0) -> None:
        """Waits until the child has logged `words`."""
        end = time.monotonic() + within_s
        while not any(words in line for line in self.log()):
            assert time.monotonic() < end, f"the child never logged '{words}'"
            time.sleep(0.005)

    def goes_on(self) -> None:
        """Ends the child's pause."""
        (self.folder / "go on").touch()

    def pids(self) -> list[int]:
        return [int(line.split()[1]) for line in self.log() if line.startswith("start")]

    def job(self, start: int) -> dict[str, Any]:
        return json.loads((self.folder / f"job.{start}").read_text())

    def check_nobody_is_left(self) -> None:
        assert [pid for pid in self.pids() if is_alive(pid)] == []


async def _collect(session: LiveSession, on: OnEvent | None) -> list[ev.EventModel]:
    seen = []
    async with contextlib.aclosing(session.events()) as stream:
        async for event in stream:
            seen.append(event)
            if on is not None:
                on(event, session)
    return seen


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that is dead but not yet fetched does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
