"""The counting child: `python -m specprof.measure.accepting --events FD --job FD`.

It lives as the measuring child does: a job from one inherited descriptor, events on another, gone with its
parent, ended by SIGINT after the step in progress.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time

from specprof.errors import EnvironmentProblem, SpecprofError
from specprof.measure.accepting.tokens import other_words, prompt_tokens
from specprof.measure.child_process import Interrupt, die_with_parent, stay_offline
from specprof.measure.speaker import ParentGone, Speaker
from specprof.run import events as ev
from specprof.run.accept_events import AcceptJob, AllCounted, ModelsOpened, PromptCounted

SAY_EVERY_S = 0.5


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m specprof.measure.accepting")
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--job", type=int, required=True)
    parser.add_argument("--wishes", type=int, help="nothing is wished for: there is no pause")
    asked = parser.parse_args()
    die_with_parent(asked.events)
    interrupt = Interrupt()
    with os.fdopen(asked.job, encoding="utf-8") as file:
        job = AcceptJob.model_validate_json(file.read())
    speaker = Speaker(asked.events, job.origin_s)
    try:
        return _count(job, speaker, interrupt)
    except KeyboardInterrupt:
        with contextlib.suppress(ParentGone):
            speaker.say(ev.Cancelled, reason="interrupted")
        return 0
    except SpecprofError as error:
        with contextlib.suppress(ParentGone):
            speaker.say(ev.Fatal, exit_code=error.exit_code, what=error.what, remedy=error.remedy)
        return error.exit_code
    except ParentGone:
        return 0


def _count(job: AcceptJob, speaker: Speaker, interrupt: Interrupt) -> int:
    stay_offline()
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    prompts = prompt_tokens(job)
    if other_words(job):
        said = "the draft's tokenizer gives these prompts other tokens than the target's"
        speaker.say(ev.Notice, level="warning", text=said)
    try:
        import torch

        from specprof.measure import environment
        from specprof.measure.accepting.counting import Counter, Stopped
        from specprof.measure.accepting.opening import chosen, open_pair
    except ImportError as error:
        raise EnvironmentProblem(
            f"cannot import what the counting needs: {error}", "reinstall specprof with its dependencies"
        ) from None

    job = chosen(job)
    device = environment.open_device(job)
    speaker.say(ev.EnvironmentRead, environment=environment.read_environment(job, device))
    rows = max(map(len, prompts)) + job.tokens + job.depth + 1
    with torch.inference_mode():
        target, drafts = open_pair(job, rows, device)
        speaker.say(ModelsOpened, device=str(device), dtype=job.dtype)
        interrupt.at_once = False
        telling = _Telling(speaker)
        counter = Counter(
            target, drafts, tokens=job.tokens, ends=job.pair.target.ends, between=telling, asked=interrupt
        )
        for number, prompt in enumerate(prompts):
            if interrupt.asked:
                raise KeyboardInterrupt
            telling.begin(number, len(prompt))
            try:
                telling.say(counter.count(prompt))
            except Stopped:
                telling.say_last()
                raise KeyboardInterrupt from None
    speaker.say(AllCounted)
    return 0


class _Telling:
    """Says how far a prompt is, not too often."""

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker
        self._prompt = self._prompt_tokens = 0
        self._last = None
        self._said_at = 0.0

    def begin(self, prompt: int, prompt_tokens: int) -> None:
        self._prompt, self._prompt_tokens, self._last = prompt, prompt_tokens, None

    def __call__(self, count) -> None:
        self._last = count
        if time.monotonic() - self._said_at >= SAY_EVERY_S:
            self.say(count)

    def say_last(self) -> None:
        if self._last is not None:
            self.say(self._last)

    def say(self, count) -> None:
        self._last, self._said_at = count, time.monotonic()
        self._speaker.say(
            PromptCounted,
            prompt=self._prompt,
            prompt_tokens=self._prompt_tokens,
            new_tokens=len(count.text),
            steps_by_accepted=tuple(count.steps_by_accepted),
            ended=count.ended,
        )


if __name__ == "__main__":
    sys.exit(main())
