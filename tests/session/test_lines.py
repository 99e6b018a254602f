"""Events from a pipe: whatever is written and however it is cut into pieces, the reader goes on."""

from __future__ import annotations

import asyncio
import itertools
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specprof.run import events as ev
from specprof.run.events import EventModel, line_of
from specprof.session.lines import MAX_LINE_BYTES, Garbage, events_from, open_pipe

NOTICES = [ev.Notice(t_s=float(n), level="info", text=f"number {n} é ★") for n in range(5)]
LINES = "".join(line_of(notice) + "\n" for notice in NOTICES).encode()

SAMPLE = b'{"event": "sample", "batch_size": 1, "seq_len": 8, "candidates": 1, "round": 0, "measured_ms": %s}'


def read(*pieces: bytes) -> list[EventModel | Garbage]:
    """What a reader gives that is fed these pieces, each in a read of its own."""

    async def go() -> list[EventModel | Garbage]:
        reader = asyncio.StreamReader()
        seen: list[EventModel | Garbage] = []

        async def take() -> None:
            seen.extend([event async for event in events_from(reader)])

        taking = asyncio.create_task(take())
        for piece in pieces:
            reader.feed_data(piece)
            await asyncio.sleep(0)
        reader.feed_eof()
        await taking
        return seen

    return asyncio.run(go())


@given(st.lists(st.integers(0, len(LINES)), max_size=8))
def test_the_events_are_the_same_wherever_the_stream_is_cut_into_pieces(cuts):
    edges = [0, *sorted(cuts), len(LINES)]
    pieces = [LINES[start:end] for start, end in itertools.pairwise(edges)]
    assert read(*pieces) == NOTICES


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_whatever_stands_between_them_the_events_come_and_the_rest_is_garbage(noise):
    stream = b""
    for index, junk in enumerate(noise):
        stream += junk.replace(b"\n", b" ") + b"\n" + line_of(NOTICES[index % 5]).encode() + b"\n"
    seen = read(stream)
    assert [event for event in seen if not isinstance(event, Garbage)] == [
        NOTICES[index % 5] for index in range(len(noise))
    ]
    assert sum(isinstance(event, Garbage) for event in seen) == len(noise)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"Segmentation fault",
        b"\x00\xff\xfe",
        b"null",
        b"[]",
        b'{"event": "no_such_event"}',
        b'{"event": "notice", "level": "shouting", "text": ""}',
        SAMPLE % b"NaN",
        SAMPLE % b"1e999",
        SAMPLE % b"-1",
        b"1" * 5000,
        b"[" * 100_000,
    ],
    ids=lambda line: repr(line[-24:]),
)
def test_a_line_that_is_no_event_is_garbage_and_those_around_it_are_not(line):
    around = line_of(NOTICES[0]).encode()
    before, garbage, after = read(around + b"\n" + line + b"\n" + around + b"\n")
    assert before == after == NOTICES[0]
    assert isinstance(garbage, Garbage)


def test_the_form_that_the_garbage_above_departs_from_is_an_event():
    (sample,) = read(SAMPLE % b"1.5" + b"\n")
    assert isinstance(sample, ev.SampleTaken)


def test_a_line_without_end_takes_no_more_than_its_limit_and_is_said_once():
    piece = b"x" * (1 << 16)
    pieces = [piece] * (5 * MAX_LINE_BYTES // len(piece))
    seen = read(LINES, *pieces, b"\n" + LINES)
    assert [event for event in seen if not isinstance(event, Garbage)] == NOTICES * 2
    (garbage,) = (event for event in seen if isinstance(event, Garbage))
    assert str(MAX_LINE_BYTES) in garbage.why


def test_a_line_cut_off_by_the_end_is_garbage_even_where_it_reads_as_an_event():
    *events, garbage = read(LINES[:-1])
    assert events == NOTICES[:-1]
    assert garbage == Garbage("a line that was cut off")


def test_a_pipe_is_read_to_its_end_and_closed():
    async def go(read_end: int) -> list[EventModel | Garbage]:
        return [event async for event in events_from(await open_pipe(read_end))]

    read_end, write_end = os.pipe()
    os.write(write_end, LINES)
    os.close(write_end)
    assert asyncio.run(go(read_end)) == NOTICES
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(read_end)
