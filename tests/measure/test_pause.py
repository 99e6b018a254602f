"""The user's pause in the sweep: between rounds only, warm again after it, and not on the budget."""

from __future__ import annotations

import os
import time

import pytest
import torch

from specprof.measure import pause, row_sweep
from specprof.measure.bench import CancelledByUser
from specprof.measure.pause import Pause
from specprof.measure.row_sweep import RowSweep
from specprof.measure.speaker import ParentGone
from specprof.measure.sweep import Sweep
from specprof.plan.plan import Cell
from specprof.plan.stopping import StoppingRule
from specprof.run import events as ev
from specprof.run.job import GO_ON, PAUSE, Job

from .conftest import small_plan
from .test_row_sweep import EVEN, ROW, ScriptedClock, Stage


class Wisher:
    """Holds the pipe of wishes. Once a pause has lasted for so many seconds it wishes to go on."""

    def __init__(self, seconds=0.0):
        self.heard, self.wishes = os.pipe()
        self.seconds = seconds
        self.began = None

    def wish(self, what):
        os.write(self.wishes, what)

    def look(self):
        """Takes the place of the question whether to stop: never."""
        if self.began is not None and time.monotonic() - self.began >= self.seconds:
            self.wish(GO_ON)
            self.began = None
        return False

    def hears(self, speaker):
        """Has itself told of pauses."""
        say = speaker.say

        def overheard(event, **fields):
            if event is ev.Paused:
                self.began = time.monotonic()
            say(event, **fields)

        speaker.say = overheard


class PausingClock(ScriptedClock):
    """Wishes for a pause at its n-th sample."""

    def __init__(self, wisher, at, **options):
        super().__init__(EVEN, **options)
        self.wisher, self.at = wisher, at

    def sample(self, step, *, with_head):
        self.at -= 1
        if self.at == 0:
            self.wisher.wish(PAUSE)
        return super().sample(step, with_head=with_head)


def staged(wisher, clock, plan=None):
    stage = Stage(clock, plan, cancelled=wisher.look)
    stage.bench.pause = Pause(wisher.heard)
    wisher.hears(stage.bench.speaker)
    return stage


def swept(stage):
    Sweep(stage.bench, Job(plan=stage.plan, origin_s=0.0)).run()
    return stage.said()


# warm-up takes seven samples, then a round four: K = 1 plain and masked, 7 and 16
@pytest.mark.parametrize("at", [8, 9, 11])
def test_a_round_is_ended_before_the_pause_and_the_row_is_warm_before_the_next(at):
    wisher = Wisher()
    stage = staged(wisher, PausingClock(wisher, at))
    sweep = RowSweep(stage.bench, ROW, set(), 0)
    assert sweep.open()
    sweep.measure(None)
    kinds = [event["event"] for event in stage.said()]
    begun = kinds.index("round_started")
    assert kinds[begun : begun + 10] == [
        "round_started", *["sample"] * 4, "paused", "continued", "notice", "warmed_up", "warmed_up",
    ]  # fmt: skip
    assert kinds[begun + 10] == "round_started"
    assert kinds.count("paused") == 1


def test_what_was_discarded_after_the_pause_is_said_and_none_of_it_is_kept():
    wisher = Wisher()
    stage = staged(wisher, PausingClock(wisher, 8))
    sweep = RowSweep(stage.bench, ROW, set(), 0)
    sweep.open()
    sweep.measure(None)
    events = stage.said()
    warm = [event for event in events if event["event"] == "warmed_up" and event["candidates"] == 1]
    assert [len(event["discarded_ms"]) for event in warm] == [6, 6]
    samples = [event for event in events if event["event"] == "sample" and event["candidates"] == 7]
    assert [event["round"] for event in samples] == list(range(10))


def test_a_pause_is_told_in_words_with_its_length_and_its_round():
    wisher = Wisher(seconds=0.15)
    stage = staged(wisher, PausingClock(wisher, 12))
    events = swept(stage)
    (notice,) = (event for event in events if event["event"] == "notice")
    assert notice["level"] == "info"
    assert notice["text"].startswith("paused for 0.")
    assert notice["text"].endswith(" s after round 1 of batch 2, seq_len 24")


def test_a_pause_wished_for_while_the_model_is_built_comes_before_the_first_row():
    wisher = Wisher()
    wisher.wish(PAUSE)
    events = swept(staged(wisher, ScriptedClock(EVEN)))
    assert [event["event"] for event in events[:4]] == ["paused", "continued", "notice", "row_started"]
    assert "before batch 2, seq_len 24" in events[2]["text"]


def test_a_pause_taken_back_before_the_round_ended_is_none():
    wisher = Wisher()
    wisher.wish(PAUSE + GO_ON)
    events = swept(staged(wisher, ScriptedClock(EVEN)))
    assert not [event for event in events if event["event"] in ("paused", "notice")]


class Time:
    """A clock of the modules that measure time here: samples take theirs, a pause a thousand seconds."""

    def __init__(self, monkeypatch):
        self.now = 100.0
        for module in (pause, row_sweep):
            monkeypatch.setattr(module, "time", self)

    def monotonic(self):
        return self.now


def swept_on_budget(time, pausing_at, **rule):
    wisher = Wisher()
    clock = PausingClock(wisher, pausing_at)
    stage = staged(wisher, clock, small_plan(seq_lens=(24, 32), stopping=StoppingRule(**rule)))
    sample, look = clock.sample, wisher.look

    def timed_sample(step, *, with_head):
        taken = sample(step, with_head=with_head)
        time.now += taken.measured_ms / 1e3
        return taken

    def timed_look():
        if wisher.began is not None:
            time.now += 1000
        return look()

    clock.sample, stage.bench.cancelled = timed_sample, timed_look
    return swept(stage)


def rounds_of(events):
    return sum(event["event"] == "round_started" for event in events)


def test_paused_time_is_not_the_budgets(monkeypatch):
    # a round takes 0.42 s here; no cell reaches its target
    rule = {"target_ci": 0.0001, "budget_s": 20.0, "min_samples": 1000, "max_samples": 2000}
    without = swept_on_budget(Time(monkeypatch), 0, **rule)
    paused = swept_on_budget(Time(monkeypatch), 30, **rule)
    # but the warm-up after it is: 0.72 s
    assert rounds_of(without) - 2 <= rounds_of(paused) < rounds_of(without)
    assert {event["stop_reason"] for event in paused if event["event"] == "cell_finished"} == {"budget"}


def test_a_budget_is_shared_out_to_the_rows_as_if_there_had_been_no_pause(monkeypatch):
    rule = {"target_ci": 0.0001, "budget_s": 20.0, "min_samples": 1000, "max_samples": 2000}
    events = swept_on_budget(Time(monkeypatch), 30, **rule)
    first, second = (
        sum(event["event"] == "round_started" and event["seq_len"] == seq_len for event in events)
        for seq_len in (24, 32)
    )
    assert abs(first - second) <= 3


def test_no_row_is_dropped_for_the_time_that_the_user_paused(monkeypatch):
    # the pause is wished for in the very first round, from which a round's cost is learnt
    rule = {"target_ci": 0.5, "budget_s": 20.0, "min_rounds": 4, "drop_rows": True}
    events = swept_on_budget(Time(monkeypatch), 8, **rule)
    assert [event["event"] for event in events].count("paused") == 1
    assert not [event for event in events if event["event"] == "rows_dropped"]
    assert {event["stop_reason"] for event in events if event["event"] == "cell_finished"} == {"target"}


def test_a_baseline_that_runs_out_of_memory_after_the_pause_gives_the_row_up():
    wisher = Wisher()
    clock = PausingClock(wisher, 8)
    stage = staged(wisher, clock)
    look = wisher.look

    def fail_after_pause():
        if wisher.began is not None:
            clock.failing[1] = torch.OutOfMemoryError("somebody else took it")
        return look()

    stage.bench.cancelled = fail_after_pause
    events = swept(stage)
    failed = {event["candidates"]: event["verdict"] for event in events if event["event"] == "cell_failed"}
    assert failed == {1: "oom", 7: "not_run", 16: "not_run"}


def test_a_stop_ends_the_pause_at_once():
    wisher = Wisher()
    wisher.wish(PAUSE)
    stage = staged(wisher, ScriptedClock(EVEN))
    stage.bench.cancelled = lambda: True
    started = time.monotonic()
    with pytest.raises(CancelledByUser):
        stage.bench.rest("here")
    assert time.monotonic() - started < 2
    assert [event["event"] for event in stage.said()] == ["paused"]


def test_a_child_whose_parent_is_gone_does_not_rest_for_ever():
    wisher = Wisher()
    wisher.wish(PAUSE)
    os.close(wisher.wishes)
    stage = staged(wisher, ScriptedClock(EVEN))
    with pytest.raises(ParentGone):
        stage.bench.rest("here")


def test_a_cell_that_has_ended_is_not_warmed_up_again():
    wisher = Wisher()
    stage = staged(wisher, PausingClock(wisher, 7))
    Sweep(stage.bench, Job(plan=stage.plan, origin_s=0.0, ended=[Cell(*ROW, 16)])).run()
    warm = [event["candidates"] for event in stage.said("warmed_up")]
    assert set(warm) == {1, 7}
