"""A child that says too much, or what it may not say: the loop stays awake, memory bounded, the run whole."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from pathlib import Path

import psutil
import pytest

from specprof.plan.plan import Cell
from specprof.run import events as ev
from specprof.run import reduce
from specprof.run.events import EventModel, line_of
from specprof.session import live
from specprof.session.lines import MAX_LINE_BYTES
from specprof.session.live import LiveSession

from .stage import HEADER, Stage
from .test_live import SAMPLES_PER_ROW, of, only, reduced

PER_EVENT_S = 0.001
"""What a reader does with an event, made dear: without a turn for others, a full queue takes a second."""


async def probed(seconds: list[float]) -> None:
    """Notes how much later than asked for it is woken, again and again."""
    while True:
        asked = time.monotonic()
        await asyncio.sleep(0.002)
        seconds.append(time.monotonic() - asked - 0.002)


async def read_slowly(session: LiveSession, count: int) -> list[float]:
    """Reads so many events, at a millisecond each without a turn for others; how late the loop was."""
    late_s: list[float] = []
    probe = asyncio.create_task(probed(late_s))
    async with contextlib.aclosing(session.events()) as stream:
        async for event in stream:
            if isinstance(event, ev.SampleTaken):
                break
        await asyncio.sleep(0.3)  # the flood fills all there is to fill
        async for _ in stream:
            time.sleep(PER_EVENT_S)
            count -= 1
            if not count:
                break
    probe.cancel()
    return late_s


def test_a_flood_leaves_the_other_tasks_of_the_loop_their_turn(stage: Stage):
    stage.does((0, "sample 2", "flood 20000"))
    late_s = asyncio.run(asyncio.wait_for(read_slowly(stage.session(), 1500), 30))
    assert max(late_s) < 0.25
    assert len(late_s) > 50
    stage.check_nobody_is_left()


def test_a_flood_that_nobody_reads_holds_the_child_and_not_the_memory(stage: Stage):
    total = 200_000
    stage.does((0, "sample 2", f"flood {total}"))
    log = stage.folder / "log"

    def written() -> int:
        counts = [int(line.split()[1]) for line in log.read_text().splitlines() if line.startswith("wrote")]
        return max(counts, default=0)

    async def look_on(session: LiveSession) -> tuple[int, int]:
        before = psutil.Process().memory_info().rss
        async with contextlib.aclosing(session.events()) as stream:
            async for event in stream:
                if isinstance(event, ev.SampleTaken):
                    break
            stable_s, count = 0.0, -1
            while stable_s < 0.4:
                await asyncio.sleep(0.05)
                stable_s, count = (stable_s + 0.05, count) if written() == count else (0.0, written())
            return count, psutil.Process().memory_info().rss - before

    session = stage.session()
    count, grown_bytes = asyncio.run(asyncio.wait_for(look_on(session), 30))
    assert session._queue.qsize() <= live.QUEUED_EVENTS
    # the pipe, the reader's buffer of twice its limit, and the queue
    assert count < total / 2
    assert count * 100 < 2 * MAX_LINE_BYTES + (1 << 20) + 150 * live.QUEUED_EVENTS
    assert grown_bytes < 64 << 20
    stage.check_nobody_is_left()


def test_a_flood_is_read_to_its_last_event_and_the_run_is_complete(stage: Stage):
    stage.does((0, "sample 3", "flood 20000"))
    session = stage.session()
    seen = stage.play(session)
    assert len(of(ev.SampleTaken, seen)) == 2 * SAMPLES_PER_ROW + 20_000
    assert session.reduction.status() == "complete"


def test_a_flooding_child_can_be_stopped(stage: Stage):
    stage.does((0, "sample 3", "flood 100000000"))
    taken = 0

    def stop(event: EventModel, session: LiveSession) -> None:
        nonlocal taken
        taken += isinstance(event, ev.SampleTaken)
        if taken == 100:
            session.stop("SIGINT", term_after_s=0.2)

    session = stage.session()
    began = time.monotonic()
    stage.play(session, stop)
    assert time.monotonic() - began < 10
    assert session.reduction.status() == "cancelled"


# What has no place in the run


STRANGE = {"batch_size": 1, "seq_len": 16, "candidates": 5}
STRANGERS = {
    "a sample": {"event": "sample", **STRANGE, "round": 0, "measured_ms": 1e12},
    "a warm-up": {"event": "warmed_up", **STRANGE, "discarded_ms": [1.0], "settled": True},
    "a finished cell": {"event": "cell_finished", **STRANGE, "stop_reason": "target"},
    "a failed cell": {"event": "cell_failed", **STRANGE, "verdict": "oom", "reason": "no"},
    "a row": {"event": "row_started", "batch_size": 2, "seq_len": 16},
    "a round": {"event": "round_started", "batch_size": 1, "seq_len": 16, "round": 0, "order": [1, 5]},
    "a dropped row": {"event": "rows_dropped", "rows": [[1, 32], [1, 64]], "reason": "budget"},
    "a resumption": {"event": "resumed"},
    "its own loss": {"event": "child_lost", "reason": "me", "restarted": False},
}


@pytest.mark.parametrize("name", STRANGERS)
def test_what_the_plan_does_not_hold_is_left_out_and_said_once(stage: Stage, name: str):
    said = f"say {json.dumps(STRANGERS[name])}"
    stage.does((0, "sample 5", said), (0, "sample 6", said))
    session = stage.session()
    seen = stage.play(session)
    assert "left out" in only(ev.Notice, seen).text
    assert len(of(ev.SampleTaken, seen)) == 2 * SAMPLES_PER_ROW
    assert session.reduction.status() == "complete"
    assert session.reduction.dropped == {}
    # the journal holds what was streamed, and nothing that it would be refused for
    assert reduced(seen).record() == session.reduction.record()


def test_a_second_header_is_left_out(stage: Stage):
    stage.does((0, "sample 5", f"say {line_of(HEADER)}"))
    session = stage.session()
    seen = stage.play(session)
    assert len(of(ev.RunStarted, seen)) == 1
    assert "left out" in only(ev.Notice, seen).text


def test_more_samples_than_a_cell_may_have_are_left_out(stage: Stage, monkeypatch):
    monkeypatch.setattr(reduce, "MAX_SAMPLES", 3000)
    stage.does((0, "sample 5", "flood 5000"))
    session = stage.session()
    seen = stage.play(session)
    first = Cell(1, 16, 1)
    assert len([event for event in of(ev.SampleTaken, seen) if event.cell == first]) == 3000
    assert "more than 3000 samples" in only(ev.Notice, seen).text
    assert session.reduction.status() == "complete"


def test_a_stranger_is_not_waited_for_ten_times_as_long_as_it_says_it_took_row_7(stage: Stage):
    stage.does((0, "round 1", f"say {json.dumps(STRANGERS['a sample'])}"), (0, "sample 4", "hang"))
    session = stage.session(sample_timeout_s=0.4)
    assert "timeout" in only(ev.ChildLost, stage.play(session)).reason


def test_a_stranger_in_a_round_is_never_blamed_for_the_childs_death_row_1(stage: Stage):
    stage.does((0, "round 4", f"say {json.dumps(STRANGERS['a round'])}"), (0, "row", "kill"))
    session = stage.session()
    seen = stage.play(session)
    assert of(ev.CellFailed, seen) == []
    assert session.reduction.status() == "complete"


# What the child's words may hold (row 42)


def test_the_childs_words_are_cleaned_before_anybody_sees_them_row_42(stage: Stage):
    hostile = "\x1b]52;c;aGk=\x07\u202eok\x9b31m\u200b"
    stage.device({"kind": "cpu", "name": f"CPU{hostile}", "cores": 2, "threads": 2})
    notice = {"event": "notice", "level": "info", "text": f"a\nb\ud800{hostile}"}
    stage.does((0, "sample 2", f"say {json.dumps(notice)}"))
    seen = stage.play()
    environment = only(ev.EnvironmentRead, seen).environment
    for text in (environment.device.name, only(ev.Notice, seen).text):
        assert text.isprintable()
        assert "\x1b" not in text
    assert environment.device.name == "CPU]52;c;aGk=ok31m"
    assert only(ev.Notice, seen).text == "a b]52;c;aGk=ok31m"


def test_the_childs_last_words_are_cleaned_too_row_42(stage: Stage, tmp_path: Path):
    stage.does((0, "environment", "die saying \x1b[2Jgone"))
    assert only(ev.ChildLost, stage.play()).reason.endswith("status 9: [2Jgone")
