"""The draft pass of one row: built, warmed up and timed beside its cells, which never fall with it."""

from __future__ import annotations

from specprof.measure import capacity
from specprof.measure.bench import Bench
from specprof.measure.clock import Sample
from specprof.measure.step import Step
from specprof.measure.warm_up import settle
from specprof.plan.memory import draft_pass_bytes, format_bytes
from specprof.plan.plan import Row
from specprof.run import events as ev


class RowDraft:
    """One sample per round, cold as the first pass behind a verify step is. `ready` where there is one."""

    def __init__(self, bench: Bench, row: Row) -> None:
        self.bench = bench
        self.row = row
        self._step: Step | None = None

    @property
    def ready(self) -> bool:
        return self._step is not None

    def open(self) -> None:
        """Builds and warms up the pass, where there is a drafter and the row has not lost it."""
        bench = self.bench
        if bench.drafter is None or self.row in bench.without_draft:
            return
        needed, free = draft_pass_bytes(bench.plan, self.row), capacity.free_bytes(bench.device)
        if needed > free:
            free_shown = format_bytes(free)
            self._fail("not_run", f"predicted not to fit: needs {format_bytes(needed)}, {free_shown} free")
            return
        self._say_started()
        out_of_memory = None
        try:
            bench.drafter.open_row(self.row)
            self._step = bench.drafter.step()
            if bench.graphs is not None:
                self._step = bench.graphs.capture(self._step, with_head=False)
        except (RuntimeError, MemoryError) as error:
            out_of_memory = capacity.is_out_of_memory(error)
            said = str(error).splitlines()[0] if str(error) else type(error).__name__
        if out_of_memory is None:
            self._settle()
        elif out_of_memory:
            self._fail("oom", f"out of memory: {said}")
        else:
            self._fail("failed", said)

    def warm_up(self) -> None:
        """Discards passes until they settle."""
        if self.ready:
            self._say_started()
            self._settle()

    def take(self, round_number: int) -> None:
        """One sample of this round. Raises CancelledByUser."""
        if not self.ready:
            return
        self._say_started()
        taken = self._sample()
        if taken is not None:
            self.bench.speaker.say(
                ev.DraftSampleTaken,
                **self.row._asdict(),
                round=round_number,
                measured_ms=taken.measured_ms,
                suspended=taken.suspended,
            )

    def close(self) -> None:
        """Lets go of what the pass needs."""
        self._step = None
        if self.bench.drafter is not None:
            self.bench.drafter.close_row()

    def _settle(self) -> None:
        discarded, settled = settle(self._sample)
        if discarded is not None:
            self.bench.speaker.say(
                ev.DraftWarmedUp, **self.row._asdict(), discarded_ms=discarded, settled=settled
            )

    def _sample(self) -> Sample | None:
        """A sample, or None after it ran out of memory."""
        assert self._step is not None
        taken, reason = self.bench.sample(self._step, with_head=False)
        if taken is None:
            self._fail("oom", reason)
        return taken

    def _say_started(self) -> None:
        self.bench.speaker.say(ev.DraftStarted, **self.row._asdict())

    def _fail(self, verdict: str, reason: str) -> None:
        self.close()
        capacity.release(self.bench.device)
        say_without_draft(self.bench, self.row, verdict, reason)


def say_without_draft(bench: Bench, row: Row, verdict: str, reason: str) -> None:
    """The row goes on without its draft pass, and does not try it again."""
    bench.without_draft.add(row)
    bench.speaker.say(ev.DraftFailed, **row._asdict(), verdict=verdict, reason=reason[:1000])
