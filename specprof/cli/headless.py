"""A run without the full-screen app: progress on stderr, the report on stdout at the end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from specprof import __version__
from specprof.analysis.opened import Run
from specprof.cli.destination import Unfinished, check_same_machine, default_output, open_unfinished
from specprof.cli.output import print_document, print_run, with_analysis
from specprof.cli.streams import LastingProgress, say
from specprof.errors import SpecprofError
from specprof.plan.assemble import Asked, Assembled, assemble
from specprof.run import events as ev
from specprof.run.journal import Journal, check_output
from specprof.run.record import SCHEMA_VERSION, RunRecord
from specprof.run.reduce import Reduction
from specprof.session.live import LiveSession
from specprof.session.position import Position
from specprof.telemetry.probe import probe
from specprof.views.progress import Progress, ProgressSnapshot, progress_for

TICK_S = 0.5


def run_headless(asked: Asked, *, output: Path | None, force: bool, resume: bool, as_json: bool) -> int:
    """Measures, writes the run file, prints the report. Returns the exit code."""
    if resume:
        unfinished = open_unfinished(output, asked)
        outcome = asyncio.run(_Headless(unfinished.journal, unfinished=unfinished).measure(()))
    else:
        if asked.device is None:  # what nobody can measure is refused before any device is touched
            assemble(replace(asked, execution=None), "cpu")
        device = asked.device or asyncio.run(_best_device())
        assembled = assemble(asked, device)
        outcome = _measure_new(assembled, output, force)
        if outcome.no_device and asked.device is None and device != "cpu":
            say("this GPU cannot be used: " + outcome.what + "; measuring on the CPU instead")
            assembled = assemble(asked, "cpu")
            outcome = _measure_new(assembled, output, force)
    return outcome.report(as_json=as_json)


async def _best_device() -> str:
    """`cuda` where NVML sees a GPU, else `cpu`: without importing torch."""
    found = await probe()
    return "cuda" if found.devices else "cpu"


def _measure_new(assembled: Assembled, output: Path | None, force: bool) -> Outcome:
    created_s = time.time()
    path = output if output is not None else default_output(assembled.plan, created_s)
    check_output(path, force=force)
    header = ev.RunStarted(
        schema_version=SCHEMA_VERSION,
        run_id=uuid.uuid4().hex,
        created_at=datetime.fromtimestamp(created_s, UTC).isoformat(timespec="seconds"),
        specprof_version=__version__,
        plan=assembled.plan,
    )
    journal = Journal(path, force=force)
    return asyncio.run(_Headless(journal, header=header).measure(assembled.notes))


class Outcome:
    """How a run ended, and what to print of it."""

    def __init__(self, record: RunRecord | None, path: Path, reduction: Reduction, signal_code: int) -> None:
        self.record = record
        self.path = path
        self._fatal = reduction.fatal
        self.no_device = self._fatal is not None and reduction.environment is None
        self._signal_code = signal_code

    @property
    def what(self) -> str:
        return self._fatal.what if self._fatal else ""

    @property
    def exit_code(self) -> int:
        """DESIGN's codes: 128 + signal, the fault's own, 1 for bad cells, else 0."""
        if self._signal_code:
            return self._signal_code
        if self._fatal is not None:
            return self._fatal.exit_code
        if self.record is None or self.record.status == "cancelled":
            return 128 + signal.SIGINT  # somebody interrupted the measuring child itself
        verdicts = [cell.verdict for cell in self.record.cells]
        if all(verdict == "not_run" for verdict in verdicts):
            return 3
        return 1 if any(verdict in ("invalid", "failed", "oom") for verdict in verdicts) else 0

    def report(self, *, as_json: bool) -> int:
        """Prints to stdout what was measured and to stderr how it ended."""
        if self.record is not None:
            say(f"{self.record.status} run written to {self.path}")
            opened = Run.of(self.record)
            if as_json:
                print_document(opened)
            else:
                print_run(opened)
            if self.record.status in ("cancelled", "partial"):
                say(f"go on with it by: specprof run --resume --output {self.path}")
        elif self._fatal is None:
            say("stopped before anything was measured; nothing was written")
        if self._fatal is not None:
            say(f"{self._fatal.what}" + (f": {self._fatal.remedy}" if self._fatal.remedy else ""))
        return self.exit_code


class _Headless:
    """Drives one session: journals every event, shows where it stands, ends it on a signal."""

    def __init__(
        self,
        journal: Journal,
        header: ev.RunStarted | None = None,
        unfinished: Unfinished | None = None,
    ) -> None:
        self._journal = journal
        self._unfinished = unfinished
        self._earlier_environment = unfinished.reduction.environment if unfinished else None
        self._session = LiveSession(header, unfinished.reduction if unfinished else None)
        self._position = Position(self._session.reduction)
        self._signals = 0
        self._signal_code = 0
        self._began_s = time.monotonic()

    async def measure(self, notes: tuple[str, ...]) -> Outcome:
        """Runs the session to its end and publishes what it measured."""
        shown = LastingProgress(progress_for(sys.stderr))
        with self._journal, self._signals_caught(), shown as progress:
            ticking = asyncio.create_task(self._tick(progress))
            try:
                await self._follow(progress, notes)
            except SpecprofError:
                if self._unfinished is not None and not self._measured_now():
                    self._unfinished.undo()
                raise
            finally:
                ticking.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await ticking
            return self._finish()

    async def _follow(self, progress: Progress, notes: tuple[str, ...]) -> None:
        pending = [ev.Notice(level="info", text=note) for note in notes]
        events = self._session.events()
        async with contextlib.aclosing(events):
            async for event in events:
                if isinstance(event, ev.EnvironmentRead):
                    check_same_machine(self._earlier_environment, event.environment)
                self._take(event, progress)
                while pending and self._session.reduction.header is not None:
                    notice = pending.pop(0)
                    self._session.reduction.apply(notice)
                    self._take(notice, progress)

    def _take(self, event: ev.EventModel, progress: Progress) -> None:
        self._journal.append(event)
        self._position.follow(event)
        if isinstance(event, ev.Notice):
            progress.notice(event.level, event.text)
        elif isinstance(event, ev.CellFailed):
            progress.notice("warning", f"{event.cell}: {event.verdict}, {event.reason}")
        elif isinstance(event, ev.ChildLost):
            progress.notice("error", event.reason)
        elif isinstance(event, ev.TelemetryOpened) and not event.telemetry.available:
            said = f"no {event.telemetry.source.upper()} telemetry: {event.telemetry.reason}"
            remedy = f" ({event.telemetry.remedy})" if event.telemetry.remedy else ""
            progress.notice("warning", said + remedy)

    def _measured_now(self) -> bool:
        return self._position.row is not None

    def _finish(self) -> Outcome:
        reduction = self._session.reduction
        record = None
        if any(state.ended or state.plain.ms for state in reduction.cells.values()):
            record = with_analysis(Run.of(reduction.record()))
            self._journal.publish(record)
        else:
            self._journal.discard()
        return Outcome(record, self._journal.output, reduction, self._signal_code)

    async def _tick(self, progress: Progress) -> None:
        while True:
            progress.update(self._snapshot())
            await asyncio.sleep(TICK_S)

    def _snapshot(self) -> ProgressSnapshot:
        here = self._position
        begun = here.reduction.header is not None
        return ProgressSnapshot(
            phase=here.phase,
            batch_size=here.cell.batch_size if here.cell else None,
            seq_len=here.cell.seq_len if here.cell else None,
            candidates=here.cell.candidates if here.cell else None,
            round=here.round if here.cell else None,
            samples=here.samples if here.cell else None,
            cells_done=here.cells_done if begun else 0,
            cells_total=here.cells_total if begun else 0,
            latency_ms=here.latency_ms(),
            achieved_ci=here.achieved_ci(),
            target_ci=here.plan.stopping.target_ci if begun else 0.0,
            utilisation_pct=here.utilisation_pct,
            utilisation_of=here.utilisation_of,
            elapsed_s=time.monotonic() - self._began_s,
            left_s=here.left_s(self._session.now_s()) if begun else None,
        )

    @contextlib.contextmanager
    def _signals_caught(self) -> Iterator[None]:
        """The first signal ends the run after its sample; a second one at once. nohup is honoured."""
        loop = asyncio.get_running_loop()
        caught = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            caught.append(signal.SIGHUP)
        for number in caught:
            loop.add_signal_handler(number, self._on_signal, number)
        try:
            yield
        finally:
            for number in caught:
                loop.remove_signal_handler(number)

    def _on_signal(self, number: signal.Signals) -> None:
        self._signals += 1
        self._signal_code = 128 + number
        if self._signals > 1:
            self._session.hard_stop()
        else:
            # Slurm kills 30 s after SIGTERM, many others after 5: leave time to write
            self._session.stop(number.name, term_after_s=5.0 if number == signal.SIGINT else 1.5)
