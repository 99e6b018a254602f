"""Counting by a child: what it said is kept, however it ends. The child is a script of a few lines."""

from __future__ import annotations

import asyncio
import signal
import sys

import pytest

from specprof.plan.draft_pair import Decodes, DraftPair
from specprof.plan.presets import PRESETS
from specprof.run.accept_events import AcceptJob, ModelsOpened, PromptCounted
from specprof.run.events import Cancelled, Fatal, line_of
from specprof.run.prompts import Prompt, Prompts
from specprof.session.accepting import Accepting

from .stage import open_descriptors

TINY = Decodes(shape=PRESETS["tiny"], rope={"rope_type": "default"})
JOB = AcceptJob(
    pair=DraftPair(target=TINY, draft=TINY),
    prompts=Prompts(name="p.txt", sha256="", prompts=tuple(Prompt(line=n, text="a") for n in (1, 2))),
    depth=2,
    tokens=8,
)
OPENED = line_of(ModelsOpened(device="cpu", dtype="float32"))


def counted(prompt: int, *steps: int, **more) -> str:
    return line_of(
        PromptCounted(prompt=prompt, prompt_tokens=3, new_tokens=4, steps_by_accepted=steps, **more)
    )


def child(*lines: str, then: str = "") -> tuple[str, ...]:
    """A child that says these lines and then does something."""
    script = (
        "import os, signal, sys, time\n"
        "pipe = int(sys.argv[sys.argv.index('--events') + 1])\n"
        f"os.write(pipe, {''.join(line + chr(10) for line in lines).encode()!r})\n"
    )
    return (sys.executable, "-S", "-c", script + then)


def run(*command: str, on=lambda event, session: None):
    session = Accepting(JOB, command)

    async def counting():
        return await session.run(lambda event, state: on(event, session))

    before = open_descriptors()
    state = asyncio.run(asyncio.wait_for(counting(), 20))
    assert open_descriptors() == before
    return session, state


def test_the_last_word_on_a_prompt_counts():
    lines = (OPENED, counted(0, 1, 0, 0), counted(0, 1, 0, 2, ended="length"), counted(1, 3, 0, 0))
    _, state = run(*child(*lines, '{"event":"all_counted"}'))
    assert [one.steps_by_accepted for one in state.counted] == [(1, 0, 2), (3, 0, 0)]
    assert (state.complete, state.done, state.fatal) == (True, 1, None)


def test_nonsense_is_no_count():
    lines = ("what?", '{"event":"sample"}', counted(7, 1, 0, 0), counted(0, 1, 0), counted(1, 0, 0, 1))
    _, state = run(*child(*lines, '{"event":"all_counted"}'))
    assert [one.prompt for one in state.counted] == [1]


def test_a_killed_child_leaves_what_it_had_counted():
    _, state = run(*child(OPENED, counted(0, 1, 0, 2), then="os.kill(os.getpid(), signal.SIGKILL)"))
    assert "signal 9, SIGKILL" in state.fatal.what
    assert (state.fatal.exit_code, len(state.counted), state.status) == (1, 1, "partial")


def test_a_child_that_dies_before_it_counted_is_the_environments_fault():
    _, state = run(*child(then="raise SystemExit('no torch here')"))
    assert state.fatal.exit_code == 3
    assert state.fatal.what.endswith("no torch here")


def test_a_fault_of_the_childs_own_is_the_one_that_is_told():
    said = line_of(Fatal(exit_code=4, what="line 3", remedy="mend it"))
    _, state = run(*child(said, then="sys.exit(4)"))
    assert (state.fatal.exit_code, state.fatal.what) == (4, "line 3")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_the_child_end_its_step(number):
    last = counted(0, 2, 0, 2) + "\n" + line_of(Cancelled(reason="interrupted")) + "\n"
    then = (
        f"signal.signal(signal.SIGINT, lambda *_: (os.write(pipe, {last.encode()!r}), os._exit(0)))\n"
        f"os.write(pipe, {(counted(0, 1, 0, 2) + chr(10)).encode()!r})\n"
        "time.sleep(30)"
    )

    def on(event, session):
        if isinstance(event, PromptCounted) and not session.signal_code:
            session.on_signal(number)

    session, state = run(*child(OPENED, then=then), on=on)
    assert session.signal_code == 128 + number
    assert state.fatal is None
    assert state.counted[0].steps_by_accepted == (2, 0, 2)
    assert not state.complete


def test_a_second_signal_does_not_wait():
    then = "signal.signal(signal.SIGINT, signal.SIG_IGN)\n" + (
        f"os.write(pipe, {(counted(0, 1, 0, 2) + chr(10)).encode()!r})\ntime.sleep(30)"
    )

    def on(event, session):
        if isinstance(event, PromptCounted):
            session.on_signal(signal.SIGINT)
            session.on_signal(signal.SIGINT)

    session, state = run(*child(OPENED, then=then), on=on)
    assert (session.signal_code, state.fatal, len(state.counted)) == (130, None, 1)
