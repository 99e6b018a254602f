"""Events from a pipe: whatever is written and however it is cut into pieces, the reader goes on."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specprof.run import events as ev
from specprof.run.events import EventModel, line_of
from specprof.session.lines import (
    LATE_S,
    MAX_LINE_BYTES,
    EventPipe,
    Garbage,
    Silence,
    events_from,
    open_pipe,
)

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


def test_a_full_buffer_leaves_the_other_tasks_of_the_loop_their_turn():
    async def go() -> int:
        reader = asyncio.StreamReader()
        reader.feed_data(LINES * 100)
        reader.feed_eof()
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0)
                turns += 1

        other = asyncio.create_task(others())
        async for _ in events_from(reader):
            time.sleep(0.001)
        other.cancel()
        return turns

    # 500 events at a millisecond each, and a turn every four of them or so
    assert asyncio.run(go()) > 50


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("plain", "plain"),
        ("two\nlines", "two lines"),
        ("\x1b]52;c;aGk=\x07", "]52;c;aGk="),
        ("\u202egnp.exe", "gnp.exe"),
        ("\ud800", ""),
        ("×★é", "×★é"),
        ("x" * 5000, "x" * 4096),
    ],
    ids=lambda text: ascii(text[:20]),
)
def test_strings_are_cleaned_whether_they_come_escaped_or_as_they_are_row_42(text, clean):
    fields = {"event": "notice", "level": "info", "text": text}
    escaped = json.dumps(fields).encode() + b"\n"
    plain = json.dumps(fields, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
    for event in read(escaped, plain if "\ud800" not in text and text.isprintable() else escaped):
        assert event == ev.Notice(level="info", text=clean)


def test_keys_that_differ_by_hidden_characters_only_are_garbage():
    line = '{"event": "notice", "level": "info", "text": "a", "text\u200b": "b"}\n'
    (garbage,) = read(line.encode())
    assert isinstance(garbage, Garbage)


@pytest.mark.parametrize("event", [b'"t_s": true, "event": "paused"', b'"event": "paused", "t_s": "1"'])
def test_true_and_a_string_are_no_numbers(event: bytes):
    (garbage,) = read(b"{" + event + b"}\n")
    assert isinstance(garbage, Garbage)


# Silence


async def silent_pipe() -> tuple[EventPipe, int]:
    read_end, write_end = os.pipe()
    return await open_pipe(read_end), write_end


def test_a_silence_longer_than_allowed_is_raised():
    async def go() -> None:
        pipe, write_end = await silent_pipe()
        pipe.allow(0.1)
        try:
            with pytest.raises(Silence) as raised:
                await pipe.read(1)
            assert raised.value.limit_s == 0.1
        finally:
            os.close(write_end)
            pipe.close()

    asyncio.run(asyncio.wait_for(go(), 5))


def test_the_limit_may_be_changed_while_one_waits():
    async def go() -> bytes:
        pipe, write_end = await silent_pipe()
        pipe.allow(0.2)
        loop = asyncio.get_running_loop()
        loop.call_later(0.1, pipe.allow, None)
        loop.call_later(0.5, os.write, write_end, b"late")
        loop.call_later(0.6, pipe.allow, 0.1)
        try:
            said = await pipe.read(4)
            with pytest.raises(Silence):
                await pipe.read(4)
            return said
        finally:
            os.close(write_end)
            pipe.close()

    assert asyncio.run(asyncio.wait_for(go(), 5)) == b"late"


def test_whoever_was_stopped_itself_does_not_take_that_for_the_others_silence_row_6():
    async def go() -> tuple[bytes, bytes]:
        pipe, write_end = await silent_pipe()
        pipe.allow(0.3)
        loop = asyncio.get_running_loop()
        # the loop stands still, as it does where this process is suspended
        loop.call_later(0.05, time.sleep, LATE_S + 0.5)
        loop.call_later(LATE_S + 0.7, os.write, write_end, b"said after it")
        try:
            first = await pipe.read(100)
            loop.call_soon(os.write, write_end, b"said meanwhile")
            loop.call_soon(time.sleep, LATE_S + 0.5)
            return first, await pipe.read(100)
        finally:
            os.close(write_end)
            pipe.close()

    assert asyncio.run(asyncio.wait_for(go(), 10)) == (b"said after it", b"said meanwhile")


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
