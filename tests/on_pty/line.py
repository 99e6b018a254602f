"""The line between a terminal and its program: the pty, the thread that reads it, the session on it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import selectors
import signal
import struct
import subprocess
import sys
import termios
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

LEADER = Path(__file__).with_name("leader.py")
PIPE = subprocess.PIPE
START_S = 20.0
END_S = 5.0
_BLOCK = 65536

Stream = None | int | str | Path
"""Where one of the program's streams goes: None is the terminal, otherwise a path, a descriptor or PIPE."""


class Line:
    """A pty with `arguments` in its foreground.

    `changed` is notified of all that happens and guards it; `on_output` is called within it.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        size: tuple[int, int],
        env: Mapping[str, str],
        cwd: str | Path | None,
        streams: tuple[Stream, Stream, Stream],
        on_output: Callable[[bytes], None],
    ) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.code: int | None = None
        self.stopped: int | None = None
        self.pid = 0
        self.fault: Exception | None = None
        self._on_output = on_output
        self._captured: dict[int, bytearray] = {}
        self._pipes: dict[int, int] = {}
        self._said = b""
        self._held = b""
        self._ended_code: int | None = None
        self._mark = f"\x1b]ended {uuid.uuid4().hex}\x07".encode()
        self._marked = False
        self._master: int | None = None
        self._master, tty = os.openpty()
        self.resize(*size)
        self.settings_before = termios.tcgetattr(self._master)
        self._settings = self.settings_before
        self._start(arguments, tty, env, cwd, streams)

    def _start(
        self,
        arguments: Sequence[str],
        tty: int,
        env: Mapping[str, str],
        cwd: str | Path | None,
        streams: tuple[Stream, Stream, Stream],
    ) -> None:
        self._status, tells = os.pipe()
        self._wake, self._woken = os.pipe()
        given = [self._opened(number, stream) for number, stream in enumerate(streams)]
        order = {
            "arguments": arguments,
            "tty": tty,
            "status": tells,
            "streams": given,
            "mark": self._mark.decode(),
        }
        passed = {tty, tells, *given} - {None}
        self._leader = subprocess.Popen(
            [sys.executable, "-E", "-S", str(LEADER), json.dumps(order)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=[descriptor for descriptor in passed if descriptor is not None],
            start_new_session=True,
            env=env,
            cwd=cwd,
        )
        ours = {number for number, stream in zip(given, streams, strict=True) if stream != number}
        for descriptor in {tty, tells, *ours} - {None}:
            os.close(descriptor)  # type: ignore[arg-type]
        self._thread = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._thread.start()
        with self.changed:
            assert self.changed.wait_for(lambda: self.pid, START_S), "the session's leader did not start"

    def _opened(self, number: int, stream: Stream) -> int | None:
        if stream == PIPE and number == 0:
            stream = os.devnull
        if stream == PIPE:
            ours, theirs = os.pipe()
            self._pipes[ours] = number
            self._captured[number] = bytearray()
            return theirs
        if isinstance(stream, str | Path):
            flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_APPEND
            return os.open(stream, flags, 0o644)
        return stream

    @property
    def over(self) -> bool:
        """The program has ended, and all that it wrote has been read."""
        return self.code is not None and not self._pipes

    def captured(self, number: int) -> bytes:
        with self.changed:
            return bytes(self._captured[number])

    def settings(self) -> list[Any]:
        """The terminal's (tcgetattr), now or when it was hung up."""
        with self.changed:
            if self._master is not None:
                self._settings = termios.tcgetattr(self._master)
            return self._settings

    def write(self, data: bytes) -> None:
        while data and self._master is not None:
            data = data[os.write(self._master, data) :]

    def resize(self, columns: int, rows: int) -> None:
        if self._master is not None:
            fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def to_foreground(self) -> None:
        with self.changed:
            self.stopped = None
        self._control().write(b"f")
        self._control().flush()

    def _control(self) -> Any:
        assert self._leader.stdin is not None
        return self._leader.stdin

    def hang_up(self) -> None:
        """Closes the terminal's end; the kernel tells the session."""
        self.settings()
        os.write(self._woken, b"h")
        with self.changed:
            self.changed.wait_for(lambda: self._master is None, END_S)

    def close(self) -> None:
        """Kills what is left of the session and lets go of everything."""
        if self._leader.returncode is not None:
            return
        for pid in _session(self._leader.pid):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        self._control().close()
        try:
            self._leader.wait(END_S)
        except subprocess.TimeoutExpired:
            self._leader.kill()
            self._leader.wait()
        os.write(self._woken, b"x")
        self._thread.join(END_S)
        for descriptor in (self._status, self._wake, self._woken, *self._pipes):
            os.close(descriptor)

    # the thread

    def _read(self) -> None:
        with selectors.DefaultSelector() as self._selector:
            for descriptor in (self._master, self._status, self._wake, *self._pipes):
                assert descriptor is not None
                self._selector.register(descriptor, selectors.EVENT_READ)
            while True:
                for key, _ in self._selector.select():
                    with self.changed:
                        try:
                            go_on = self._heard(key.fd)
                        except Exception as problem:
                            self.fault, go_on = problem, False
                        self.changed.notify_all()
                    if not go_on:
                        return

    def _heard(self, descriptor: int) -> bool:
        if descriptor == self._wake:
            self._let_go()
            return os.read(self._wake, 1) == b"h"
        try:
            data = os.read(descriptor, _BLOCK)
        except OSError:  # EIO: nobody has the terminal open any more
            data = b""
        if descriptor == self._master:
            self._output(data)
        elif descriptor == self._status:
            self._reported(data)
        elif data:
            self._captured[self._pipes[descriptor]] += data
        else:
            self._selector.unregister(descriptor)
            del self._pipes[descriptor]
            os.close(descriptor)
        self._conclude()
        return True

    def _output(self, data: bytes) -> None:
        if not data:
            self._let_go()
            return
        if not self._marked:
            data = self._held + data
            before, mark, after = data.partition(self._mark)
            self._marked = bool(mark)
            kept = 0 if mark else _begins(self._mark, before)
            self._held = before[len(before) - kept :]
            data = before[: len(before) - kept] + after
        if data:
            self._on_output(data)

    def _reported(self, data: bytes) -> None:
        if not data:
            self._selector.unregister(self._status)
            return
        *lines, self._said = (self._said + data).split(b"\n")
        for word, number in (line.split() for line in lines):
            if word == b"started":
                self.pid = int(number)
            elif word == b"stopped":
                self.stopped = int(number)
            else:
                self._ended_code = int(number)

    def _conclude(self) -> None:
        if self._ended_code is not None and (self._marked or self._master is None):
            self.code = self._ended_code

    def _let_go(self) -> None:
        if self._master is not None:
            self._selector.unregister(self._master)
            os.close(self._master)
            self._master = None


def _begins(mark: bytes, data: bytes) -> int:
    """How many bytes at the end of `data` may be the beginning of `mark`."""
    return next((n for n in range(min(len(mark), len(data)), 0, -1) if data.endswith(mark[:n])), 0)


def _session(leader: int) -> list[int]:
    """The processes that the session's leader has led, itself not among them."""
    found = []
    for name in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            if name.isdigit() and int(name) != leader and os.getsid(int(name)) == leader:
                found.append(int(name))
    return found
