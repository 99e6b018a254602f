"""A live run: one ordered stream of events from the measuring child and the telemetry.

The session starts the child, starts another one if it dies, and stops it when asked. Whoever reads the
stream journals and shows it; the session's own reduction knows what is finished.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncGenerator

from specprof.plan.plan import Cell, Row
from specprof.run import events as ev
from specprof.run.job import Job, row_key
from specprof.run.reduce import Reduction
from specprof.session.child import COMMAND, TERM_AFTER_S, MeasuringChild
from specprof.session.lines import Garbage
from specprof.session.telemetry import watch_gpu, watch_host

MAX_RESTARTS = 3
START_TIMEOUT_S = 300.0
BUILD_TIMEOUT_S = 1800.0
SAMPLE_TIMEOUT_S = 120.0
EXIT_TIMEOUT_S = 10.0
ENDINGS = (ev.RunEnded, ev.Cancelled, ev.Fatal)


class LiveSession:
    """Runs a plan. `events()` is the stream; `stop()` ends it early, keeping what was measured."""

    def __init__(
        self,
        header: ev.RunStarted | None,
        earlier: Reduction | None = None,
        command: tuple[str, ...] = COMMAND,
        sample_timeout_s: float = SAMPLE_TIMEOUT_S,
    ) -> None:
        """`header` begins a new run; `earlier` is the reduction of one to go on with. Give one of them."""
        if (header is None) == (earlier is None):
            raise ValueError("a session either begins a run or goes on with one")
        self.reduction = earlier or Reduction()
        self._header = header
        self._command = command
        self._sample_timeout_s = sample_timeout_s
        # time goes on where an earlier process left it
        self.origin_s = time.monotonic() - (earlier.last_t_s if earlier else 0.0)
        self._queue: asyncio.Queue[ev.EventModel | None] = asyncio.Queue(maxsize=10_000)
        self._child: MeasuringChild | None = None
        self._watchers: list[asyncio.Task[None]] = []
        self._restarts = 0
        self._garbage = 0
        self._stopping: str | None = None
        self._term_after_s = TERM_AFTER_S
        self._in_flight: list[Cell] = []
        self._sampled = False
        self._longest_gap_s = 0.0

    def now_s(self) -> float:
        return max(0.0, time.monotonic() - self.origin_s)

    def stop(self, reason: str, term_after_s: float = TERM_AFTER_S) -> None:
        """Asks the run to end after the sample in progress; the child is killed if it takes longer."""
        self._stopping = reason
        self._term_after_s = term_after_s
        if self._child is not None:
            self._child.stop(term_after_s)

    def hard_stop(self) -> None:
        """Kills the child now."""
        self._stopping = self._stopping or "killed"
        if self._child is not None:
            self._child.signal_group(signal.SIGKILL)

    async def events(self) -> AsyncGenerator[ev.EventModel]:
        """All events in order, the header first. Each has been applied to `reduction` when it comes."""
        first: ev.EventModel = self._header or ev.Resumed(t_s=self.now_s())
        yield self._applied(first)
        work = asyncio.create_task(self._work())
        try:
            while (event := await self._queue.get()) is not None:
                yield self._applied(event)
                self._queue.task_done()
            work.result()  # a defect in the session itself is not swallowed
        finally:
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await work
            await self._close()

    async def _work(self) -> None:
        """The run, then the mark that ends the stream."""
        try:
            await self._run()
        except asyncio.CancelledError:
            raise  # nobody reads any more: a full queue would not take the mark
        except BaseException:
            await self._queue.put(None)
            raise
        await self._queue.put(None)

    def _applied(self, event: ev.EventModel) -> ev.EventModel:
        self.reduction.apply(event)
        return event

    async def _put(self, event: ev.EventModel) -> None:
        await self._queue.put(event)

    async def _run(self) -> None:
        plan = self.reduction.plan
        self._watchers.append(asyncio.create_task(watch_host(self.origin_s, self._put)))
        done = set(self.reduction.finished_cells())
        while True:
            ended = await self._run_child(Job(plan=plan, origin_s=self.origin_s, **self._progress(done)))
            if ended or not await self._survived(done):
                return

    def _progress(self, done: set[Cell]) -> dict[str, object]:
        rounds: dict[str, int] = {}
        for cell, state in self.reduction.cells.items():
            used = max([*state.plain.rounds, *state.masked.rounds], default=-1) + 1
            rounds[row_key(cell.row)] = max(rounds.get(row_key(cell.row), 0), used)
        return {"ended": sorted(done | self.reduction.finished_cells()), "next_round": rounds}

    async def _run_child(self, job: Job) -> bool:
        """Runs one child to its end. True where the run has ended with it, well or not."""
        child = self._child = MeasuringChild(self._command)
        self._in_flight, self._sampled = [], False
        ended, timeout = False, ""
        try:
            await child.start(job)
            if self._stopping is not None:
                child.stop(self._term_after_s)
            stream = child.events()
            phase_limit_s = START_TIMEOUT_S
            while True:
                asked_s = time.monotonic()
                try:
                    event = await asyncio.wait_for(anext(stream), phase_limit_s)
                except StopAsyncIteration:
                    break
                except TimeoutError:
                    child.signal_group(signal.SIGKILL)
                    timeout = f"timeout: the measuring child said nothing for {phase_limit_s:.0f} s"
                    break
                self._longest_gap_s = max(self._longest_gap_s, time.monotonic() - asked_s)
                if isinstance(event, Garbage):
                    await self._note_garbage(event)
                    continue
                ended = ended or isinstance(event, ENDINGS)
                phase_limit_s = EXIT_TIMEOUT_S if ended else self._follow(event, phase_limit_s)
                await self._put(event)
            status = await child.wait()
            if not ended and self._stopping is not None:
                await self._put(ev.Cancelled(t_s=self.now_s(), reason=self._stopping))
                ended = True
            if not ended:
                await self._lost(timeout or _cause(status, child.last_words()))
        finally:
            await child.close()
        return ended

    def _follow(self, event: ev.EventModel, limit_s: float) -> float:
        """Keeps track of the sample in progress; returns how long the next event may take, s."""
        match event:
            case ev.EnvironmentRead():
                self._watch_gpu(event.environment.device)
                return BUILD_TIMEOUT_S
            case ev.RowStarted():
                self._in_flight = self._warmed_up_in(event.row)
            case ev.RoundStarted():
                self._in_flight = [Cell(*event.row, k) for k in event.order]
            case ev.WarmedUp() | ev.SampleTaken(masked=False) | ev.CellFailed():
                with contextlib.suppress(ValueError):
                    self._in_flight.remove(event.cell)
            case _:
                pass
        if isinstance(event, ev.SampleTaken):
            self._sampled = True
            return max(self._sample_timeout_s, 10 * event.measured_ms / 1e3)
        return limit_s if isinstance(event, ev.Notice) else max(limit_s, self._sample_timeout_s)

    def _warmed_up_in(self, row: Row) -> list[Cell]:
        """The cells of a row in the order they warm up: on the CPU only K = 1 and the largest do."""
        plan, ended = self.reduction.plan, self.reduction.finished_cells()
        left = [cell for k in plan.candidates if (cell := Cell(*row, k)) not in ended]
        return left if plan.device.startswith("cuda") else [*left[:1], *left[1:][-1:]]

    def _watch_gpu(self, device: ev.Device) -> None:
        if device.kind == "cuda" and device.uuid is not None and len(self._watchers) == 1:
            watch = watch_gpu(self.origin_s, device.uuid, self._put)
            self._watchers.append(asyncio.create_task(watch))

    async def _note_garbage(self, garbage: Garbage) -> None:
        self._garbage += 1
        if self._garbage == 1:
            text = f"the measuring child wrote {garbage.why}; it is left out"
            await self._put(ev.Notice(t_s=self.now_s(), level="warning", text=text))

    async def _lost(self, cause: str) -> None:
        """The child is gone without a word: the cell in progress has failed."""
        if self._in_flight:
            cell = self._in_flight[0]
            await self._put(
                ev.CellFailed(t_s=self.now_s(), **cell._asdict(), verdict="failed", reason=cause[:1000])
            )
        await self._put(ev.ChildLost(t_s=self.now_s(), reason=cause[:1000], restarted=self._may_restart()))

    def _may_restart(self) -> bool:
        """Whether another child may go on. One that neither sampled nor has a cell to blame would only die
        again."""
        return (self._sampled or bool(self._in_flight)) and self._restarts < MAX_RESTARTS

    async def _survived(self, done: set[Cell]) -> bool:
        """Prepares for another child, or says why there is none."""
        if self._may_restart():
            self._restarts += 1
            blamed = self._in_flight[:1]
            done.update(blamed)
            without = f" without {blamed[0]}" if blamed else ""
            text = f"the measuring child was started again{without}"
            await self._put(ev.Notice(t_s=self.now_s(), level="warning", text=text))
            await self._queue.join()  # the next child's job is made from what the reduction knows
            return True
        measured = self._sampled or self._in_flight
        await self._put(
            ev.Fatal(
                t_s=self.now_s(),
                exit_code=1 if measured else 3,
                what="the measuring child died" + (" too often" if measured else " before it measured"),
                remedy="see the notices for its last words; if the kernel killed it, free memory",
            )
        )
        return False

    async def _close(self) -> None:
        for watcher in self._watchers:
            watcher.cancel()
        for watcher in self._watchers:
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await watcher
        if self._child is not None:
            await self._child.close()


def _cause(status: int, last_words: str) -> str:
    if status < 0:
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = "unknown"
        return f"the measuring child died (signal {-status}, {name})"
    said = f": {last_words}" if last_words else ""
    return f"the measuring child ended with status {status}{said}"
