"""The measuring child as a process: started, read, paused, stopped, never orphaned."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import AsyncGenerator
from typing import IO

from pydantic import BaseModel

from specprof.run.events import EventModel, event_of_json
from specprof.run.job import GO_ON, PAUSE
from specprof.run.sanitize import clean
from specprof.session.lines import EventPipe, Garbage, Reads, events_from, open_pipe
from specprof.session.patience import EXIT_TIMEOUT_S

# -P: a torch.py in the folder the user stands in must not be taken for torch
COMMAND = (sys.executable, "-P", "-m", "specprof.measure")
TERM_AFTER_S = 5.0
KILL_AFTER_S = 1.5
GONE_AFTER_S = 5.0
"""How long a killed process may take to be gone: one that hangs in a driver cannot be waited for."""


class MeasuringChild:
    """`python -m specprof.measure` in a session of its own, speaking events on a pipe of its own."""

    def __init__(self, command: tuple[str, ...] = COMMAND) -> None:
        self._command = command
        self._process: asyncio.subprocess.Process | None = None
        self._pipe: EventPipe | None = None
        self._wishes: int | None = None
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 — lives as long as the child
        self._ending: asyncio.Task[None] | None = None

    async def start(self, job: BaseModel) -> None:
        """Starts the child with its job. Its stdout and stderr go to a log that is read if it dies."""
        with tempfile.TemporaryFile() as job_file:
            job_file.write(job.model_dump_json().encode())
            job_file.flush()
            job_file.seek(0)
            read_end, write_end = os.pipe()
            heard, self._wishes = os.pipe()
            os.set_blocking(self._wishes, False)
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *self._command,
                    "--events",
                    str(write_end),
                    "--job",
                    str(job_file.fileno()),
                    "--wishes",
                    str(heard),
                    pass_fds=(write_end, job_file.fileno(), heard),
                    start_new_session=True,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=self._log,
                    stderr=asyncio.subprocess.STDOUT,
                )
            except BaseException:
                os.close(read_end)
                raise
            finally:
                os.close(write_end)
                os.close(heard)
            self._pipe = await open_pipe(read_end)

    def allow(self, silence_s: float | None) -> None:
        """How long the child may say nothing, from now on; None is for ever."""
        if self._pipe is not None:
            self._pipe.allow(silence_s)

    def events(self, reads: Reads = event_of_json) -> AsyncGenerator[EventModel | Garbage]:
        """What the child says until its pipe closes. Raises Silence where it says nothing for too long."""
        assert self._pipe is not None
        return events_from(self._pipe, reads)

    def wish(self, *, pause: bool) -> None:
        """Asks a started child to pause after its round, or to go on. The last wish counts.

        A pipe and not signals: those would kill a child that has not yet said what to do with them, and
        two of them may arrive in the other order.
        """
        if self._wishes is not None:
            with contextlib.suppress(OSError):  # it is gone, or 65,536 wishes wait to be heard
                os.write(self._wishes, PAUSE if pause else GO_ON)

    async def cause_of_end(self) -> str:
        """Why a child ended that says no more. One that does not end is killed."""
        assert self._process is not None
        try:
            status = await asyncio.wait_for(self._process.wait(), EXIT_TIMEOUT_S)
        except TimeoutError:
            self.signal_group(signal.SIGKILL)
            await self._gone()
            return "timeout: the measuring child closed its pipe and did not end"
        if status < 0:
            try:
                name = signal.Signals(-status).name
            except ValueError:
                name = "unknown"
            return f"the measuring child died (signal {-status}, {name})"
        said = self._last_words()
        return f"the measuring child ended with status {status}" + (f": {said}" if said else "")

    async def _gone(self) -> None:
        assert self._process is not None
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), GONE_AFTER_S)

    def _last_words(self) -> str:
        """Last line the child wrote to its log: what a traceback ends with."""
        with contextlib.suppress(OSError):
            end = self._log.seek(0, os.SEEK_END)
            self._log.seek(max(0, end - 8192))
            lines = self._log.read().decode("utf-8", "replace").strip().splitlines()
            return clean(lines[-1], 500) if lines else ""
        return ""

    def signal_group(self, number: int) -> None:
        """Sends a signal to the child and whatever it started."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    def stop(self, term_after_s: float = TERM_AFTER_S) -> None:
        """Asks a started child to stop after its sample; SIGTERM, then SIGKILL, if it does not."""
        if self._process is not None and self._ending is None:
            self._ending = asyncio.create_task(self._end(term_after_s))

    async def _end(self, term_after_s: float) -> None:
        self.signal_group(signal.SIGINT)
        await asyncio.sleep(term_after_s)
        self.signal_group(signal.SIGTERM)
        await asyncio.sleep(KILL_AFTER_S)
        self.signal_group(signal.SIGKILL)

    async def close(self) -> None:
        """Makes sure that nothing of the child is left."""
        self.signal_group(signal.SIGKILL)
        if self._ending is not None:
            self._ending.cancel()
        if self._process is not None:
            await self._gone()
        if self._pipe is not None:
            self._pipe.close()
        if self._wishes is not None:
            os.close(self._wishes)
            self._wishes = None
        self._log.close()
