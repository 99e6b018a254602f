"""Events read from a pipe: split into lines, decoded, cleaned; garbage, floods and silence survived."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Protocol

from pydantic import ValidationError

from specprof.errors import RunFileProblem
from specprof.run.events import EventModel, event_of_json
from specprof.run.sanitize import MAX_STRING, clean_tree

MAX_LINE_BYTES = 1 << 20
CHUNK_BYTES = 1 << 16
BREATH_S = 0.002
LATE_S = 1.0
"""A timer that comes later than this was stopped itself, or its loop was: nobody was silent that long."""


@dataclass(frozen=True)
class Garbage:
    """Something on the pipe that is no event."""

    why: str


class Silence(Exception):
    """Nothing was said for `limit_s`, which was as long as one might be silent."""

    def __init__(self, limit_s: float) -> None:
        super().__init__(f"nothing was said for {limit_s:g} s")
        self.limit_s = limit_s


class Breath:
    """Lets the loop's other tasks run: what comes out of a full buffer or queue never waits by itself."""

    def __init__(self) -> None:
        self._taken_s = time.monotonic()

    async def take(self) -> None:
        """Gives the loop a turn where this task has had some milliseconds."""
        if time.monotonic() - self._taken_s > BREATH_S:
            await asyncio.sleep(0)
            self._taken_s = time.monotonic()


class Reader(Protocol):
    async def read(self, n: int) -> bytes:
        """Up to `n` bytes as soon as there are any; none at the end."""


class EventPipe:
    """The read end of a pipe, and how long its other end may be silent."""

    def __init__(self, reader: asyncio.StreamReader, transport: asyncio.ReadTransport) -> None:
        self._reader = reader
        self._transport = transport
        self._limit_s: float | None = None
        self._waiting: asyncio.Timeout | None = None

    def allow(self, limit_s: float | None) -> None:
        """Sets how long a silence may last, from now on; None is for ever."""
        self._limit_s = limit_s
        if self._waiting is not None and not self._waiting.expired():
            self._waiting.reschedule(self._due())

    def _due(self) -> float | None:
        return None if self._limit_s is None else asyncio.get_running_loop().time() + self._limit_s

    async def read(self, n: int) -> bytes:
        """Up to `n` bytes as soon as there are any; none at the end. Raises Silence."""
        while True:
            waiting = asyncio.timeout_at(self._due())
            try:
                async with waiting:
                    self._waiting = waiting
                    return await self._reader.read(n)
            except TimeoutError:
                if asyncio.get_running_loop().time() - (waiting.when() or 0.0) < LATE_S:
                    raise Silence(self._limit_s or 0.0) from None
            finally:
                self._waiting = None

    def close(self) -> None:
        self._transport.close()


async def open_pipe(descriptor: int) -> EventPipe:
    """A reader over the read end of a pipe, which it owns from now on."""
    reader = asyncio.StreamReader(limit=MAX_LINE_BYTES)
    pipe = os.fdopen(descriptor, "rb", buffering=0)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), pipe
    )
    return EventPipe(reader, transport)


Reads = Callable[[str], EventModel]
"""An event from its JSON text. Raises pydantic.ValidationError."""


async def events_from(reader: Reader, reads: Reads = event_of_json) -> AsyncGenerator[EventModel | Garbage]:
    """Events in order until the pipe closes. A line that is none comes as Garbage."""
    buffered = b""
    skipping = False
    breath = Breath()
    while chunk := await reader.read(CHUNK_BYTES):
        *lines, buffered = (buffered + chunk).split(b"\n")
        for line in lines:
            if skipping:
                skipping = False
                continue
            yield _decoded(line, reads)
            await breath.take()
        if len(buffered) > MAX_LINE_BYTES:
            buffered = b""
            if not skipping:
                yield Garbage(f"a line of more than {MAX_LINE_BYTES} bytes")
            skipping = True
        await breath.take()
    if buffered and not skipping:
        yield Garbage("a line that was cut off")


def _decoded(line: bytes, reads: Reads) -> EventModel | Garbage:
    try:
        text = line.decode()
        # short, printable ASCII without an escape in it has nothing to clean: so is every sample
        if not (len(text) <= MAX_STRING and text.isascii() and text.isprintable() and "\\" not in text):
            text = json.dumps(clean_tree(json.loads(text)))
        return reads(text)
    except (ValueError, RecursionError, RunFileProblem, ValidationError):
        return Garbage(f"a line that is no event ({len(line)} bytes)")
