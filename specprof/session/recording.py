"""A run that is measured and written down: session, journal and position in one, whoever shows it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from specprof.errors import SpecprofError, WriteProblem
from specprof.plan.asked import Asked
from specprof.plan.assemble import Assembled
from specprof.run import events as ev
from specprof.run.journal import Journal
from specprof.run.record import SCHEMA_VERSION, RunRecord
from specprof.run.reduce import Reduction
from specprof.session.destination import (
    Unfinished,
    check_same_machine,
    default_journal,
    journal_of,
    open_unfinished,
)
from specprof.session.live import LiveSession
from specprof.session.outcome import Outcome
from specprof.session.position import Position
from specprof.version import __version__

_NOTHING_KEPT = "nothing was measured; free space or choose another --output"

See = Callable[[ev.EventModel], None]
Derive = Callable[[RunRecord], RunRecord]
"""Fills in a finished record's derived section."""


def new_recording(assembled: Assembled, output: Path | None, *, force: bool = False) -> Recording:
    """A run to begin, its journal opened and locked. Raises WriteProblem where it cannot be written."""
    created_s = time.time()
    header = ev.RunStarted(
        schema_version=SCHEMA_VERSION,
        run_id=uuid.uuid4().hex,
        created_at=datetime.fromtimestamp(created_s, UTC).isoformat(timespec="seconds"),
        specprof_version=__version__,
        plan=assembled.plan,
    )
    if output is None:
        journal = default_journal(assembled.plan, created_s)
    else:
        journal = journal_of(output, force=force)
    return Recording(journal, header=header, notes=assembled.notes)


def resumed_recording(output: Path | None, asked: Asked) -> Recording:
    """An unfinished run to go on with. Raises UsageProblem where it is another run than asked for."""
    unfinished = open_unfinished(output, asked)
    return Recording(unfinished.journal, unfinished=unfinished)


class Recording:
    """Journals every event of one live session, then shows it; publishes what was measured at the end."""

    def __init__(
        self,
        journal: Journal,
        header: ev.RunStarted | None = None,
        unfinished: Unfinished | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        self._journal = journal
        self._unfinished = unfinished
        self._earlier_environment = unfinished.reduction.environment if unfinished else None
        self._notes = [ev.Notice(level="info", text=note) for note in notes]
        self._signals = 0
        self._signal_code = 0
        self.outcome: Outcome | None = None
        """How it ended, once it has."""
        self.session = LiveSession(header, unfinished.reduction if unfinished else None)
        self.position = Position(self.session.reduction)

    @property
    def reduction(self) -> Reduction:
        return self.session.reduction

    @property
    def output(self) -> Path:
        """Where the run will be written."""
        return self._journal.output

    async def run(self, see: See, derive: Derive) -> Outcome:
        """Runs the session to its end. `see` gets each event once it is in the journal and the reduction.

        Whatever ends it, what was measured is in the journal, and published where that can be. Raises
        SpecprofError where the run cannot be written or is another than it was.
        """
        with self._journal:
            try:
                await self._follow(see)
            except SpecprofError as problem:
                if self.position.row is None:  # nothing was measured: all is left as it was found
                    self.abandon()
                    if self._unfinished is None and isinstance(problem, WriteProblem):
                        raise WriteProblem(problem.what, _NOTHING_KEPT) from None
                raise
            except BaseException:
                # whoever shows it failed or was cancelled: that is no reason to lose what was measured
                self.outcome = self._finish(derive)
                raise
            self.outcome = self._finish(derive)
            return self.outcome

    def abandon(self) -> None:
        """Leaves everything as it was found, for a run that was never begun."""
        if self._unfinished is not None:
            self._unfinished.undo()
        else:
            self._journal.discard()

    async def _follow(self, see: See) -> None:
        events = self.session.events()
        async with contextlib.aclosing(events):
            async for event in events:
                if isinstance(event, ev.EnvironmentRead):
                    check_same_machine(self._earlier_environment, event.environment)
                await self._take(event, see)
                while self._notes and self.reduction.header is not None:
                    notice = self._notes.pop(0)
                    self.reduction.apply(notice)
                    await self._take(notice, see)

    async def _take(self, event: ev.EventModel, see: See) -> None:
        if self._journal.write(event):
            await asyncio.to_thread(self._journal.force)  # a slow disk holds up no screen
        self.position.follow(event)
        see(event)

    def _finish(self, derive: Derive) -> Outcome:
        reduction = self.reduction
        record = None
        if any(state.ended or state.plain.ms for state in reduction.cells.values()):
            record = derive(reduction.record())
            self._journal.publish(record)
        else:
            self._journal.discard()
        return Outcome(
            record,
            self.output,
            reduction.fatal,
            device_known=reduction.environment is not None,
            device=reduction.plan.device if reduction.header else "cpu",
            signal_code=self._signal_code,
        )

    def on_signal(self, number: signal.Signals) -> None:
        """The first signal ends the run after its sample, a second one at once."""
        self._signals += 1
        self._signal_code = 128 + number
        if self._signals > 1:
            self.session.hard_stop()
        else:
            # Slurm kills 30 s after SIGTERM, many others after 5: leave time to write
            self.session.stop(number.name, term_after_s=5.0 if number == signal.SIGINT else 1.5)
