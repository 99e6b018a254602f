"""A live run: one ordered stream of events from the measuring child and the telemetry.

The session starts the child, starts another one if it dies, and pauses and stops it when asked. Whoever
reads the stream journals and shows it; the session's own reduction knows what is finished.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncGenerator

from specprof.errors import RunFileProblem
from specprof.plan.plan import Cell
from specprof.run import events as ev
from specprof.run.environment import Device
from specprof.run.job import Job
from specprof.run.mode_check import RanAs
from specprof.run.reduce import Reduction
from specprof.session.child import COMMAND, TERM_AFTER_S, MeasuringChild
from specprof.session.in_flight import InFlight
from specprof.session.lines import Breath, Garbage, Silence
from specprof.session.patience import SAMPLE_TIMEOUT_S, Patience
from specprof.session.remaining import remaining
from specprof.session.telemetry import watch_gpu, watch_host

MAX_RESTARTS = 3
QUEUED_EVENTS = 1000
LEFT_OUT = (Garbage, ev.RunStarted, ev.Resumed, ev.ChildLost)
"""What no child may say: nonsense, and what only the session says."""


class LiveSession:
    """Runs a plan. `events()` is the stream; `stop()` ends it early, keeping what was measured.

    `paused` is what was asked for last: the child rests once its round has ended, and says so.
    """

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
        self._queue: asyncio.Queue[ev.EventModel | None] = asyncio.Queue(maxsize=QUEUED_EVENTS)
        self._child: MeasuringChild | None = None
        self._watchers: list[asyncio.Task[None]] = []
        self._restarts = 0
        self._without_modes: list[RanAs] = []
        self._garbage = 0
        self._stopping: str | None = None
        self._term_after_s = TERM_AFTER_S
        self._killed = False
        self.paused = False
        self._resting = False
        self._patience = Patience(sample_timeout_s)
        self._in_flight = InFlight(self.reduction)
        self._sampled = False
        self._gpu_lost: ev.Fatal | None = None
        self._measured_all = False

    def now_s(self) -> float:
        return max(0.0, time.monotonic() - self.origin_s)

    @property
    def pausing(self) -> bool:
        """Whether a pause was asked for and the child does not rest yet."""
        return self.paused and not self._resting

    def stop(self, reason: str, term_after_s: float = TERM_AFTER_S) -> None:
        """Asks the run to end after the sample in progress; the child is killed if it takes longer."""
        self._stopping = reason
        self._term_after_s = term_after_s
        if self._child is not None:
            self._child.stop(term_after_s)

    def hard_stop(self) -> None:
        """Kills the child now."""
        self._stopping = self._stopping or "killed"
        self._killed = True
        if self._child is not None:
            self._child.signal_group(signal.SIGKILL)

    def pause(self) -> None:
        """Asks the run to rest once the round in progress has ended. Paused time is not the budget's."""
        self.paused = True
        if self._child is not None:
            self._child.wish(pause=True)
            self._be_patient(self._child)

    def resume(self) -> None:
        """Asks the run to go on."""
        self.paused = False
        if self._child is not None:
            self._child.wish(pause=False)
            self._be_patient(self._child)

    async def events(self) -> AsyncGenerator[ev.EventModel]:
        """All events in order, the header first. Each has been applied to `reduction` when it comes."""
        first: ev.EventModel = self._header or ev.Resumed(t_s=self.now_s())
        self.reduction.apply(first)
        yield first
        work = asyncio.create_task(self._work())
        breath = Breath()
        try:
            while (event := await self._queue.get()) is not None:
                taken = self._applied(event)
                if taken is not None:
                    yield taken
                self._queue.task_done()
                await breath.take()
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

    def _applied(self, event: ev.EventModel) -> ev.EventModel | None:
        """The event, once the reduction has it; what cannot be one of this run is garbage."""
        try:
            self.reduction.apply(event)
        except RunFileProblem as problem:
            notice = self._noted(f"what has no place in this run ({problem.what})")
            if notice is not None:
                self.reduction.apply(notice)
            return notice
        return event

    async def _run(self) -> None:
        self._watchers.append(asyncio.create_task(watch_host(self.origin_s, self._queue.put)))
        done = set(self.reduction.finished_cells())
        while True:
            if self._stopping is not None:
                await self._queue.put(self._last_word())
                return
            job = remaining(
                self.reduction,
                self.origin_s,
                done,
                after_loss=self._restarts > 0,
                without_modes=self._without_modes,
            )
            ended = await self._run_child(job)
            if ended or not await self._survived(done):
                return

    async def _run_child(self, job: Job) -> bool:
        """Runs one child to its end. True where the run has ended with it, well or not."""
        child = self._child = MeasuringChild(self._command)
        self._in_flight, self._sampled, self._resting = InFlight(self.reduction), False, False
        patience = self._patience = Patience(self._sample_timeout_s)
        silent = ""
        try:
            await child.start(job)
            self._tell_wishes(child)
            self._be_patient(child)
            async with contextlib.aclosing(child.events()) as stream:
                try:
                    async for event in stream:
                        if isinstance(event, LEFT_OUT):
                            await self._leave_out(event)
                            continue
                        self._follow(event)
                        await self._queue.put(event)
                        if isinstance(event, ev.CandidatesAdded):
                            await self._queue.join()  # what follows is judged by a plan that holds them
                        self._be_patient(child)
                except Silence as silence:
                    child.signal_group(signal.SIGKILL)
                    silent = f"timeout: the measuring child said nothing for {silence.limit_s:.0f} s"
            cause = silent or await child.cause_of_end()
            if patience.ended:
                if self._gpu_lost is not None and not self._measured_all:
                    await self._queue.put(self._last_word())
                return True
            if self._stopping is None:
                await self._lost(cause)
                return False
            await self._queue.put(self._last_word())
            return True
        finally:
            self._resting = False
            await child.close()

    def _last_word(self) -> ev.EventModel:
        """How a run ends that was stopped."""
        if self._gpu_lost is not None:
            return self._gpu_lost.model_copy(update={"t_s": self.now_s()})
        return ev.Cancelled(t_s=self.now_s(), reason=self._stopping or "")

    def _tell_wishes(self, child: MeasuringChild) -> None:
        """Tells a new child what was asked for while there was none."""
        if self.paused:
            child.wish(pause=True)
        if self._killed:
            child.signal_group(signal.SIGKILL)
        elif self._stopping is not None:
            child.stop(self._term_after_s)

    def _be_patient(self, child: MeasuringChild) -> None:
        """A child that rests as it was asked to may be silent for ever."""
        child.allow(None if self._resting and self.paused else self._patience.silence_s)

    def _follow(self, event: ev.EventModel) -> None:
        """Keeps track of what the child does."""
        if self.reduction.fault(event) is not None:
            return
        self._in_flight.follow(event)
        self._patience.follow(event, self.now_s())
        match event:
            case ev.EnvironmentRead():
                self._watch_gpu(event.environment.device)
            case ev.SampleTaken():
                self._sampled = True
            case ev.RunEnded():
                self._measured_all = True
            case ev.Paused() | ev.Continued():
                self._resting = isinstance(event, ev.Paused)
                if self._resting and not self.paused:
                    self.resume()  # it was asked for no longer, or never
            case _:
                pass

    def _watch_gpu(self, device: Device) -> None:
        if device.kind == "cuda" and device.uuid is not None and len(self._watchers) == 1:
            watch = watch_gpu(self.origin_s, device.uuid, self._queue.put, self._lose_gpu)
            self._watchers.append(asyncio.create_task(watch))

    def _lose_gpu(self, fatal: ev.Fatal) -> None:
        """Without its GPU the run cannot go on: it stops, and keeps what was measured."""
        self._gpu_lost = fatal
        self.stop(fatal.what, TERM_AFTER_S)

    async def _leave_out(self, event: Garbage | ev.EventModel) -> None:
        notice = self._noted(event.why if isinstance(event, Garbage) else "what is not a child's to say")
        if notice is not None:
            await self._queue.put(notice)

    def _noted(self, what: str) -> ev.Notice | None:
        """A word on the first thing that is left out; one for each would only be more garbage."""
        self._garbage += 1
        if self._garbage > 1:
            return None
        text = f"the measuring child wrote {what}; it is left out"
        return ev.Notice(t_s=self.now_s(), level="warning", text=text)

    async def _lost(self, cause: str) -> None:
        """The child is gone without a word: the cell or draft pass in progress has failed.

        A cell that had been measured before, and was again beside others of its row, stands.
        """
        await self._queue.join()  # the reduction knows then what was measured before
        cell, row = self._in_flight.blamed, self._in_flight.drafting
        if row is not None:
            await self._queue.put(
                ev.DraftFailed(t_s=self.now_s(), **row._asdict(), verdict="failed", reason=cause[:1000])
            )
        if self._in_flight.decoding is not None:
            place, way = self._in_flight.decoding
            where = {**place._asdict(), **way._asdict()}
            await self._queue.put(ev.DecodingFailed(t_s=self.now_s(), **where, reason=cause[:1000]))
        if cell is not None and self._stands(cell):
            text = f"{cell} was being measured again, its result stands: {cause}"
            await self._queue.put(ev.Notice(t_s=self.now_s(), level="warning", text=text[:1000]))
        elif cell is not None:
            await self._queue.put(
                ev.CellFailed(t_s=self.now_s(), **cell._asdict(), verdict="failed", reason=cause[:1000])
            )
        await self._queue.put(
            ev.ChildLost(t_s=self.now_s(), reason=cause[:1000], restarted=self._may_restart())
        )

    def _stands(self, cell: Cell) -> bool:
        return self.reduction.cells[cell].measured

    def _may_restart(self) -> bool:
        """Whether another child may go on. One that neither sampled nor has a cell to blame would only die
        again."""
        return self._began and self._restarts < MAX_RESTARTS

    @property
    def _began(self) -> bool:
        return self._sampled or bool(self._in_flight.lost)

    async def _survived(self, done: set[Cell]) -> bool:
        """Prepares for another child, or says why there is none."""
        if self._may_restart():
            self._restarts += 1
            blamed = self._in_flight.blamed
            done.update([blamed] if blamed else [])
            trying = self._in_flight.trying
            self._without_modes += [trying] if trying is not None else []
            left_out = self._in_flight.lost if blamed is None or not self._stands(blamed) else ""
            without = f" without {left_out}" if left_out else ""
            text = f"the measuring child was started again{without}"
            await self._queue.put(ev.Notice(t_s=self.now_s(), level="warning", text=text))
            await self._queue.join()  # the next child's job is made from what the reduction knows
            return True
        await self._queue.put(
            ev.Fatal(
                t_s=self.now_s(),
                exit_code=1 if self._began else 3,
                what="the measuring child died" + (" too often" if self._began else " before it measured"),
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
