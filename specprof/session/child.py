"""The measuring child as a process: started, read, stopped, never orphaned."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from typing import IO

from specprof.run.events import EventModel
from specprof.run.job import Job
from specprof.session.lines import Garbage, events_from, open_pipe

# -P: a torch.py in the folder the user stands in must not be taken for torch
COMMAND = (sys.executable, "-P", "-m", "specprof.measure")
TERM_AFTER_S = 5.0
KILL_AFTER_S = 1.5


class MeasuringChild:
    """`python -m specprof.measure` in a session of its own, speaking events on a pipe of its own."""

    def __init__(self, command: tuple[str, ...] = COMMAND) -> None:
        self._command = command
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.StreamReader | None = None
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 — lives as long as the child
        self._ending: asyncio.Task[None] | None = None

    async def start(self, job: Job) -> None:
        """Starts the child with its job. Its stdout and stderr go to a log that is read if it dies."""
        with tempfile.TemporaryFile() as job_file:
            job_file.write(job.model_dump_json().encode())
            job_file.flush()
            job_file.seek(0)
            read_end, write_end = os.pipe()
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *self._command,
                    "--events",
                    str(write_end),
                    "--job",
                    str(job_file.fileno()),
                    pass_fds=(write_end, job_file.fileno()),
                    start_new_session=True,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=self._log,
                    stderr=asyncio.subprocess.STDOUT,
                )
            finally:
                os.close(write_end)
            self._reader = await open_pipe(read_end)

    async def events(self) -> AsyncIterator[EventModel | Garbage]:
        """What the child says until its pipe closes."""
        assert self._reader is not None
        async for event in events_from(self._reader):
            yield event

    async def wait(self) -> int:
        """Exit status; negative is a signal's number."""
        assert self._process is not None
        return await self._process.wait()

    def last_words(self) -> str:
        """Last line the child wrote to its log: what a traceback ends with."""
        with contextlib.suppress(OSError):
            end = self._log.seek(0, os.SEEK_END)
            self._log.seek(max(0, end - 8192))
            lines = self._log.read().decode("utf-8", "replace").strip().splitlines()
            return lines[-1][:500] if lines else ""
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
            await self._process.wait()
        self._log.close()
