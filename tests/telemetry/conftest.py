"""A fake NVML library, and the telemetry child started with it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from specprof.run.events import EventModel, event_from
from specprof.run.telemetry import TelemetrySample, TelemetrySource

from .fake_library import GPU_A, build_in


class Child:
    """A telemetry child and the reading end of its pipe."""

    def __init__(self, environment: dict[str, str], *arguments: str, uuid: str = GPU_A) -> None:
        self.read_end, write_end = os.pipe()
        self._rest = b""
        command = [sys.executable, "-m", "specprof.telemetry", "--fd", str(write_end), "--uuid", uuid]
        self.process = subprocess.Popen(
            [*command, "--origin", repr(time.monotonic()), *arguments],
            env=environment,
            pass_fds=(write_end,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        os.close(write_end)

    def next_event(self, timeout_s: float = 20.0) -> EventModel | None:
        """The next event; None at the end of the pipe."""
        deadline = time.monotonic() + timeout_s
        while b"\n" not in self._rest:
            ready, _, _ = select.select([self.read_end], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, "the telemetry child said nothing in time"
            data = os.read(self.read_end, 65536)
            if not data:
                assert not self._rest, "half a line"
                return None
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return event_from(json.loads(line))

    def opened(self) -> TelemetrySource:
        event = self.next_event()
        assert event is not None
        assert event.event == "telemetry_opened"
        return event.telemetry

    def sample(self) -> TelemetrySample:
        event = self.next_event()
        assert event is not None
        assert event.event == "telemetry"
        return event.sample

    def rest(self) -> list[EventModel]:
        """All events up to the end of the pipe."""
        events = []
        while (event := self.next_event()) is not None:
            events.append(event)
        return events

    def stop_listening(self) -> None:
        if self.read_end >= 0:
            os.close(self.read_end)
            self.read_end = -1

    def end(self) -> None:
        self.stop_listening()
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


@pytest.fixture(scope="session")
def fake_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds the compiled fake."""
    return build_in(tmp_path_factory.mktemp("nvml"))


@pytest.fixture
def fake_nvml(fake_library: Path) -> Callable[[str], dict[str, str]]:
    """The environment in which NVML is the fake with these settings; see fake_nvml.c."""

    def environment(settings: str = "ok") -> dict[str, str]:
        return os.environ | {"LD_LIBRARY_PATH": str(fake_library), "SPECPROF_FAKE_NVML": settings}

    return environment


@pytest.fixture
def no_nvml(tmp_path: Path) -> dict[str, str]:
    """An environment in which libnvidia-ml.so.1 cannot be loaded, on a machine with a GPU too."""
    (tmp_path / "libnvidia-ml.so.1").write_text("no library")
    return os.environ | {"LD_LIBRARY_PATH": str(tmp_path)}


@pytest.fixture
def start() -> Iterator[Callable[..., Child]]:
    """Starts telemetry children and ends them after the test."""
    children: list[Child] = []

    def starter(environment: dict[str, str], *arguments: str, uuid: str = GPU_A) -> Child:
        children.append(Child(environment, *arguments, uuid=uuid))
        return children[-1]

    yield starter
    for child in children:
        child.end()


@pytest.fixture
def sleeper() -> Iterator[Callable[[], int]]:
    """Starts idle processes, children of this one, and gives their pids."""
    processes: list[subprocess.Popen[bytes]] = []

    def starter() -> int:
        processes.append(subprocess.Popen(["sleep", "600"]))
        return processes[-1].pid

    yield starter
    for process in processes:
        process.kill()
        process.wait()
