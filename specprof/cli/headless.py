"""A run without the full-screen app: progress on stderr, the report on stdout at the end."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Sequence

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.opened import Run
from specprof.analysis.section import published
from specprof.cli.garbage import collect_again
from specprof.cli.look_options import LookAsked
from specprof.cli.output import print_document, print_run
from specprof.cli.signals import signals_caught
from specprof.cli.streams import LastingProgress, say
from specprof.run import events as ev
from specprof.session.outcome import Outcome
from specprof.session.recording import Recording
from specprof.session.starting import Start
from specprof.views.progress import Progress, ProgressSnapshot, progress_for
from specprof.views.terminal import Surface

TICK_S = 0.5


def run_headless(start: Start, look: LookAsked, models: Sequence[AcceptanceModel], *, as_json: bool) -> int:
    """Measures, writes the run file, prints the report. Returns the exit code."""
    collect_again()
    start.check()
    surface = look.surface(sys.stderr)
    outcome = asyncio.run(_measure(start, surface))
    again = start.on_cpu_instead(outcome)
    if again is not None:
        say(outcome.cpu_instead)
        outcome = asyncio.run(_measure(again, surface))
    return _report(outcome, look, models, as_json=as_json)


async def _measure(start: Start, surface: Surface) -> Outcome:
    return await _Headless(await start.recording(), surface).measure()


def _report(outcome: Outcome, look: LookAsked, models: Sequence[AcceptanceModel], *, as_json: bool) -> int:
    """Prints to stdout what was measured and to stderr how it ended."""
    first, *others = outcome.sentences()
    say(first)
    if outcome.record is not None:
        opened = Run.of(outcome.record)
        if as_json:
            print_document(opened, models[0])
        else:
            print_run(opened, look, models)
    for sentence in others:
        say(sentence)
    return outcome.exit_code


class _Headless:
    """Shows where a recording stands, and ends it on a signal."""

    def __init__(self, recording: Recording, surface: Surface) -> None:
        self._recording = recording
        self._surface = surface
        self._began_s = time.monotonic()

    async def measure(self) -> Outcome:
        """Runs the recording to its end."""
        shown = LastingProgress(progress_for(sys.stderr, self._surface))
        with signals_caught(self._recording.on_signal), shown as progress:
            ticking = asyncio.create_task(self._tick(progress))
            try:
                return await self._recording.run(lambda event: _show(event, progress), published)
            finally:
                ticking.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await ticking

    async def _tick(self, progress: Progress) -> None:
        while True:
            progress.update(self._snapshot())
            await asyncio.sleep(TICK_S)

    def _snapshot(self) -> ProgressSnapshot:
        here = self._recording.position
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
            left_s=here.left_s(self._recording.session.now_s()) if begun else None,
        )


def _show(event: ev.EventModel, progress: Progress) -> None:
    if isinstance(event, ev.Notice):
        progress.notice(event.level, event.text)
    elif isinstance(event, ev.CellFailed):
        progress.notice("warning", f"{event.cell}: {event.verdict}, {event.reason}")
    elif isinstance(event, ev.DraftFailed):
        place = f"batch {event.batch_size}, seq_len {event.seq_len}"
        progress.notice("warning", f"draft pass at {place}: {event.verdict}, {event.reason}")
    elif isinstance(event, ev.ChildLost):
        progress.notice("error", event.reason)
    elif isinstance(event, ev.TelemetryOpened) and not event.telemetry.available:
        said = f"no {event.telemetry.source.upper()} telemetry: {event.telemetry.reason}"
        remedy = f" ({event.telemetry.remedy})" if event.telemetry.remedy else ""
        progress.notice("warning", said + remedy)
