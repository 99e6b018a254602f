"""Events read from a pipe: split into lines, decoded, with garbage and endless lines survived."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass

from pydantic import ValidationError

from specprof.run.events import EventModel, event_from

MAX_LINE_BYTES = 1 << 20


@dataclass(frozen=True)
class Garbage:
    """Something on the pipe that is no event."""

    why: str


async def open_pipe(descriptor: int) -> asyncio.StreamReader:
    """A reader over the read end of a pipe, which it owns from now on."""
    reader = asyncio.StreamReader(limit=MAX_LINE_BYTES)
    pipe = os.fdopen(descriptor, "rb", buffering=0)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    return reader


async def events_from(reader: asyncio.StreamReader) -> AsyncIterator[EventModel | Garbage]:
    """Events in order until the pipe closes. A line that is none comes as Garbage."""
    buffered = b""
    skipping = False
    while chunk := await reader.read(1 << 16):
        *lines, buffered = (buffered + chunk).split(b"\n")
        for line in lines:
            if skipping:
                skipping = False
                continue
            yield _decoded(line)
        if len(buffered) > MAX_LINE_BYTES:
            buffered = b""
            if not skipping:
                yield Garbage(f"a line of more than {MAX_LINE_BYTES} bytes")
            skipping = True
    if buffered and not skipping:
        yield Garbage("a line that was cut off")


def _decoded(line: bytes) -> EventModel | Garbage:
    try:
        return event_from(json.loads(line))
    except (ValueError, RecursionError, ValidationError):
        return Garbage(f"a line that is no event ({len(line)} bytes)")
