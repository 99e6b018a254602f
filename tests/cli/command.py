"""The specprof command as a user starts it: a process of its own, in a home of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from session.stage import Stage

HERE = Path(__file__).resolve().parent
SMALL = ("--model", "tiny", "--layers", "2", "--seq-len", "16,32", "--candidates", "1,4,8")
QUICK = ("--budget", "3", "--target-ci", "50", "--device", "cpu")


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: bytes
    err: bytes

    @property
    def text(self) -> str:
        return self.out.decode("utf-8")

    @property
    def said(self) -> str:
        return self.err.decode("utf-8")

    def refused(self, code: int) -> str:
        """The one line on stderr of a command that was refused with `code` and printed nothing."""
        assert (self.code, self.out) == (code, b""), (self.code, self.out[-500:], self.err[-2000:])
        assert self.said.count("\n") == 1, self.said
        assert self.said.startswith("specprof: ")
        return self.said.strip()


class Command:
    """specprof as it is installed, measuring with its real child."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(home),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_STATE_HOME": str(home / "state"),
            "XDG_CACHE_HOME": str(home / "cache"),
        }
        self._started: list[Process] = []

    @property
    def runs(self) -> Path:
        """Where results go that no --output names."""
        return self.home / "data" / "specprof" / "runs"

    program: tuple[str, ...] = ("-m", "specprof")

    def start(
        self,
        *arguments: object,
        shell: str = "",
        without: Sequence[str] = (),
        preexec: Callable[[], object] | None = None,
        **environment: str,
    ) -> Process:
        """Starts the command, or `shell` with it as `"$@"`; `environment` adds, `without` takes away."""
        words = [sys.executable, *self.program, *map(str, arguments)]
        process = subprocess.Popen(
            ["bash", "-c", shell, "bash", *words] if shell else words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self._variables(without, environment),
            cwd=self.home,
            preexec_fn=preexec,
        )
        self._started.append(process)
        return process

    def _variables(self, without: Sequence[str], more: dict[str, str]) -> dict[str, str]:
        variables = {**self.environment, **more}
        return {name: value for name, value in variables.items() if name not in without}

    def __call__(self, *arguments: object, **how: Any) -> Done:
        return finish(self.start(*arguments, **how))

    def end_all(self) -> None:
        """Kills what a failed test left running."""
        for process in self._started:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.communicate(timeout=10)


class FakedCommand(Command):
    """specprof with a fake measuring child. A plain command is forked from the zygote, which is quick; one
    in a shell, or under a locale of its own, is a new process."""

    def __init__(self, home: Path, stage: Stage, zygote: Zygote) -> None:
        super().__init__(home)
        self.stage = stage
        self.program = (str(HERE / "with_fake_child.py"), str(stage.folder))
        self._zygote = zygote

    def start(self, *arguments: object, **how: Any) -> Process:
        if how.keys() & {"shell", "preexec", "LC_ALL"}:
            return super().start(*arguments, **how)
        without = how.pop("without", ())
        process = self._zygote.fork(
            arguments=[str(argument) for argument in arguments],
            stage=str(self.stage.folder),
            environment=self._variables(without, how),
            folder=str(self.home),
        )
        self._started.append(process)
        return process


class Zygote:
    """A process that has imported specprof and forks for every command."""

    def __init__(self, desks: Path) -> None:
        self._desks = desks
        self._count = 0
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "zygote.py")], stdin=subprocess.PIPE, start_new_session=True
        )

    def fork(self, **order: object) -> Forked:
        self._count += 1
        desk = self._desks / str(self._count)
        desk.mkdir()
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({**order, "desk": str(desk)}).encode() + b"\n")
        self._process.stdin.flush()
        wait_until((desk / "pid").exists)
        return Forked(desk)

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


class Forked:
    """A command that the zygote started, with what is needed of subprocess.Popen."""

    def __init__(self, desk: Path) -> None:
        self._desk = desk
        self.pid = int((desk / "pid").read_text())

    @property
    def returncode(self) -> int:
        return int((self._desk / "code").read_text())

    def poll(self) -> int | None:
        return self.returncode if (self._desk / "code").exists() else None

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def communicate(self, timeout: float) -> tuple[bytes, bytes]:
        end = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("specprof", timeout)
            time.sleep(0.005)
        return (self._desk / "stdout").read_bytes(), (self._desk / "stderr").read_bytes()


Process = subprocess.Popen[bytes] | Forked


def finish(process: Process, within_s: float = 60.0) -> Done:
    try:
        out, err = process.communicate(timeout=within_s)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        out, err = process.communicate(timeout=10)
        raise AssertionError(f"it did not end within {within_s:g} s; stderr: {err[-2000:]!r}") from None
    return Done(process.returncode, out, err)


def ended_by(process: Process, number: signal.Signals, within_s: float = 20.0) -> Done:
    process.send_signal(number)
    return finish(process, within_s)


def wait_until(what: Callable[[], object], within_s: float = 20.0) -> None:
    """Waits until `what()` is true."""
    end = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)
