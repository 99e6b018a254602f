"""Acceptance counted by a child: started, heard, stopped when asked, never orphaned."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections.abc import Callable

from specprof.run.accept_events import AcceptJob, ModelsOpened, PromptCounted, accept_event_of_json
from specprof.run.accept_state import AcceptState
from specprof.run.events import EnvironmentRead, EventModel, Fatal
from specprof.session.child import TERM_AFTER_S, MeasuringChild
from specprof.session.lines import Garbage, Silence
from specprof.session.patience import BUILD_TIMEOUT_S, EXIT_TIMEOUT_S, ROW_TIMEOUT_S, START_TIMEOUT_S

# -P: a torch.py in the folder the user stands in must not be taken for torch
COMMAND = (sys.executable, "-P", "-m", "specprof.measure.accepting")

See = Callable[[EventModel, AcceptState], object]


class Accepting:
    """One child's counting. `state` is what it came to so far, and stays when the child is gone."""

    def __init__(self, job: AcceptJob, command: tuple[str, ...] = COMMAND) -> None:
        self.origin_s = time.monotonic()
        self.state = AcceptState(job.model_copy(update={"origin_s": self.origin_s}))
        self.signal_code = 0
        """128 + the signal that was passed on; 0 for none."""
        self._command = command
        self._child: MeasuringChild | None = None

    async def run(self, see: See) -> AcceptState:
        """Counts to the end. A child that dies, hangs or cannot be started is a Fatal in the state."""
        self._child = child = MeasuringChild(self._command)
        try:
            try:
                await child.start(self.state.job)
            except OSError as error:
                self._lost(f"the counting child cannot be started: {error.strerror or error}", 3)
                return self.state
            if self.signal_code:  # it came while the child was being started
                child.stop()
            await self._hear(child, see)
        finally:
            await child.close()
        return self.state

    async def _hear(self, child: MeasuringChild, see: See) -> None:
        child.allow(START_TIMEOUT_S)
        events = child.events(accept_event_of_json)
        try:
            async with contextlib.aclosing(events):
                async for event in events:
                    if isinstance(event, Garbage) or self.state.ended:
                        continue
                    self.state.apply(event)
                    child.allow(_silence_s(event, ended=self.state.ended))
                    see(event, self.state)
        except Silence as silence:
            child.signal_group(signal.SIGKILL)
            cause = f"timeout: {silence}"
        else:
            cause = await child.cause_of_end()
        if not self.state.ended and not self.signal_code:
            self._lost(cause, 1 if self.state.counted else 3)

    def _lost(self, what: str, exit_code: int) -> None:
        self.state.apply(
            Fatal(
                exit_code=exit_code, what=what, remedy="if the kernel killed it, free memory; then try again"
            )
        )

    def on_signal(self, number: signal.Signals) -> None:
        """The first signal ends the counting after its step, a second one at once."""
        again = bool(self.signal_code)
        self.signal_code = 128 + number
        if self._child is None:
            return
        if again:
            self._child.signal_group(signal.SIGKILL)
        else:
            self._child.stop(TERM_AFTER_S if number == signal.SIGINT else 1.5)


def _silence_s(event: EventModel, *, ended: bool) -> float:
    """How long the next word may take: a step of a large model on a slow machine, or the building of one."""
    if ended:
        return EXIT_TIMEOUT_S
    if isinstance(event, ModelsOpened | PromptCounted):
        return ROW_TIMEOUT_S
    return BUILD_TIMEOUT_S if isinstance(event, EnvironmentRead) else START_TIMEOUT_S
