"""The counting behind `specprof accept`: checked, run, written, printed."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import signal
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from specprof.analysis.accepted.document import accepted_document, notes, source
from specprof.analysis.accepted.rates import AcceptedRates, accepted_rates
from specprof.cli.look_options import LookAsked
from specprof.cli.signals import signals_caught
from specprof.cli.streams import LastingProgress, print_text, say
from specprof.errors import UsageProblem
from specprof.plan.draft_pair import draft_pair
from specprof.run.accept_events import AcceptJob, Dtype
from specprof.run.accept_state import AcceptState
from specprof.run.events import EventModel, Notice
from specprof.run.journal import check_output, write_whole
from specprof.run.prompts import read_prompts
from specprof.run.sanitize import clean
from specprof.session.accepting import Accepting
from specprof.views.accepted import accepted_lines
from specprof.views.progress import Progress, ProgressSnapshot, RichProgress
from specprof.views.terminal import Surface

DEFAULT_OUTPUT = Path("acceptance.json")


@dataclass(frozen=True)
class Asked:
    """The command's options."""

    model: str
    draft: str
    prompts: Path
    depth: int
    tokens: int
    dtype: Dtype | None
    device: str | None
    seed: int
    output: Path | None
    force: bool
    as_json: bool

    @property
    def written_to(self) -> Path | None:
        return self.output or (None if self.as_json else DEFAULT_OUTPUT)

    def job(self) -> AcceptJob:
        """What the child is to do. Raises SpecprofError for what could not be counted."""
        if self.device is not None and not re.fullmatch(r"cpu|cuda(:\d{1,3})?", self.device, re.ASCII):
            raise UsageProblem(f"--device is never {self.device[:40]!a}", "give cpu, cuda or cuda:N")
        if self.seed >= 1 << 63:
            raise UsageProblem("--seed is too large", "give one below 2^63")
        prompts = read_prompts(self.prompts)
        pair = draft_pair(self.model, self.draft)
        if self.written_to is not None:
            check_output(self.written_to, force=self.force)
        return AcceptJob(
            pair=pair,
            prompts=prompts,
            depth=self.depth,
            tokens=self.tokens,
            dtype=self.dtype,
            device=self.device or "auto",
            seed=self.seed,
        )


def count(asked: Asked, look: LookAsked) -> int:
    """Counts, writes the file, prints the table. Returns the exit code."""
    surface = look.surface(sys.stderr)
    accepting = Accepting(asked.job())
    state = asyncio.run(_run(accepting, surface))
    if state.counted:
        _report(asked, state)
    elif state.fatal is None:
        say("nothing was counted, and nothing was written")
    if state.fatal is not None:
        say(state.fatal.what + (f": {state.fatal.remedy}" if state.fatal.remedy else ""))
    return _exit_code(accepting, state)


def _exit_code(accepting: Accepting, state: AcceptState) -> int:
    if accepting.signal_code:
        return accepting.signal_code
    if state.fatal is not None:
        return state.fatal.exit_code
    if not state.complete:
        return 128 + signal.SIGINT  # somebody interrupted the child itself
    return 0 if state.counted else 1


def _report(asked: Asked, state: AcceptState) -> None:
    rates = accepted_rates([one.steps_by_accepted for one in state.counted], state.job.seed)
    created_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    text = json.dumps(accepted_document(state, rates, created_at), indent=1, allow_nan=False) + "\n"
    path = asked.written_to
    if path is not None:
        write_whole(path, text.encode("ascii"))
        say(f"{state.status} acceptance written to {path}")
    for note in notes(state, rates):
        say(note)
    print_text(text if asked.as_json else _table(state, rates, path))


def _table(state: AcceptState, rates: AcceptedRates, path: Path | None) -> str:
    job, opened = state.job, state.opened
    assert opened is not None
    how = f"greedy, depth {job.depth}, {job.tokens} new tokens a prompt, {opened.dtype} on {opened.device}"
    lines = [clean(source(state, rates)), how, *accepted_lines(rates)]
    if path is not None:
        text = shlex.quote(f"positions:file={path}")
        lines += [
            f"next, with a file of specprof run that has candidates among 1:{job.depth + 1}:",
            f"specprof recommend RUN --engine ENGINE --acceptance {clean(text)}",
        ]
    return "".join(f"{line}\n" for line in lines)


async def _run(accepting: Accepting, surface: Surface) -> AcceptState:
    with ExitStack() as stack:
        stack.enter_context(signals_caught(accepting.on_signal))
        shown: Progress | None = None
        if surface.live:
            shown = LastingProgress(RichProgress(sys.stderr, surface, surface.palette()))
            stack.enter_context(shown)
        return await accepting.run(lambda event, state: _show(event, state, accepting, shown))


def _show(event: EventModel, state: AcceptState, accepting: Accepting, shown: Progress | None) -> None:
    if isinstance(event, Notice):
        if shown is None:
            say(f"{event.level}: {event.text}")
        else:
            shown.notice(event.level, event.text)
    if shown is not None:
        shown.update(_snapshot(state, time.monotonic() - accepting.origin_s))


def _snapshot(state: AcceptState, elapsed_s: float) -> ProgressSnapshot:
    """Where the counting stands: by new tokens, of which each prompt has as many to come."""
    if state.opened is None:
        return ProgressSnapshot("building models", elapsed_s=elapsed_s)
    total, now = len(state.job.prompts.prompts), state.prompts.values()
    since_s = elapsed_s - state.opened.t_s
    share = sum(1.0 if one.ended else min(1.0, one.new_tokens / state.job.tokens) for one in now) / total
    left_s = since_s * (1 - share) / share if share > 0 else None
    return ProgressSnapshot(f"prompt {min(len(now), total)}/{total}", elapsed_s=elapsed_s, left_s=left_s)
