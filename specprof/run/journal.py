"""Writing a run: the journal while it goes on, the finished document at its end.

The journal `NAME.jsonl.part` gets one line per event and is forced to disk after each finished cell, so
a kill loses at most the cell in progress. The finished document appears under its own name whole or
not at all: a temporary file in the same folder, forced to disk, renamed, and the folder forced too.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from specprof.errors import WriteProblem
from specprof.run.events import CellFailed, CellFinished, EventModel, RunStarted, line_of
from specprof.run.record import RunRecord

_KEPT = "what was measured is in the journal; free space and go on with --resume"


def journal_path(output: Path) -> Path:
    """The journal that belongs to a run file: `run.json` → `run.jsonl.part`."""
    return output.with_name(output.stem + ".jsonl.part")


def check_output(output: Path, *, force: bool) -> None:
    """Refuses, before anything is measured, an output that must not or cannot be written.

    Raises WriteProblem for a folder that is missing or read-only and for anything but a regular file at
    the path, or where a result exists already and `force` is off.
    """
    folder = output.parent
    try:
        if not folder.is_dir():
            raise WriteProblem(f"the folder {folder} does not exist", "create it or choose another --output")
        mode = os.lstat(output).st_mode
    except FileNotFoundError:
        mode = None
    except OSError as error:
        raise _cannot_write(output, error) from None
    if mode is not None:
        if not stat.S_ISREG(mode):
            raise WriteProblem(f"{output} is {_kind(mode)}, not a regular file", "choose another --output")
        if not force:
            raise WriteProblem(f"{output} exists", "choose another --output, or --force to replace it")
    try:  # the only honest test: access() ignores read-only mounts and quotas
        descriptor, probe = tempfile.mkstemp(prefix=".specprof-", dir=folder)
        os.close(descriptor)
        os.unlink(probe)
    except OSError as error:
        raise _cannot_write(folder, error) from None


def _kind(mode: int) -> str:
    kinds = ((stat.S_ISLNK, "a symbolic link"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISDIR, "a folder"))
    return next((name for test, name in kinds if test(mode)), "a device or socket")


def _cannot_write(path: Path, error: OSError) -> WriteProblem:
    return WriteProblem(f"cannot write {path}: {error.strerror or error}", "choose another --output")


class Journal:
    """The journal of one run, locked against a second writer for as long as it is open."""

    def __init__(self, output: Path, *, resume: bool = False, force: bool = False, new: bool = False) -> None:
        """Opens the journal of `output`; with `resume` what lies there is kept, see `cut_after`.

        Raises WriteProblem where another process writes it, where it cannot be written, or where an
        unfinished run lies there and neither `resume` nor `force` is given; with `new` FileExistsError
        where any journal lies there.
        """
        self.output = output
        self.path = journal_path(output)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        try:
            self._descriptor = os.open(self.path, flags | os.O_EXCL if new else flags, 0o644)
        except FileExistsError:
            raise
        except OSError as error:
            raise _cannot_write(self.path, error) from None
        try:
            self._claim(resume=resume, force=force)
        except BaseException:
            os.close(self._descriptor)
            raise

    def _claim(self, *, resume: bool, force: bool) -> None:
        status = os.fstat(self._descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise WriteProblem(f"{self.path} is not a regular file", "choose another --output")
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WriteProblem(
                f"another specprof is writing {self.path}", "wait for it or choose another --output"
            ) from None
        except OSError as error:  # a file system without locks
            raise _cannot_write(self.path, error) from None
        if os.fstat(self._descriptor).st_nlink == 0:  # it published and left between our open and our lock
            raise WriteProblem(f"another specprof has just finished {self.output}", "choose another --output")
        if resume:
            return
        if status.st_size and not force:
            raise WriteProblem(
                f"an unfinished run lies at {self.path}", "--resume goes on with it, --force discards it"
            )
        os.ftruncate(self._descriptor, 0)

    def cut_after(self, intact_bytes: int) -> None:
        """Removes what the reader found torn: the line that was being written when the power went."""
        if intact_bytes < os.fstat(self._descriptor).st_size:
            os.ftruncate(self._descriptor, intact_bytes)

    def take_up(self, events: Iterable[EventModel]) -> None:
        """Puts these events, of a document to go on with, in the place of what lies here: whole or not at
        all. Raises WriteProblem.

        The new file is locked before it takes the place, so that there is always one writer.
        """
        data = "".join(line_of(event) + "\n" for event in events).encode("ascii")
        descriptor, temporary = -1, None
        try:
            descriptor, temporary = tempfile.mkstemp(
                prefix=f".{self.output.stem[:100]}-", dir=self.path.parent
            )
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.fcntl(descriptor, fcntl.F_SETFL, os.O_APPEND)
            _write(descriptor, data)
            os.fsync(descriptor)
            os.fchmod(descriptor, 0o644)
            os.replace(temporary, self.path)
            temporary = None
            self._descriptor, descriptor = descriptor, self._descriptor
            _sync_folder(self.path.parent)
        except OSError as error:
            raise _cannot_write(self.path, error) from None
        finally:
            if descriptor >= 0:
                os.close(descriptor)
            if temporary is not None:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)

    def append(self, event: EventModel) -> None:
        """Writes one event; forces it to disk where it ends a cell. Raises WriteProblem."""
        if self.write(event):
            self.force()

    def write(self, event: EventModel) -> bool:
        """Writes one event. Whether it is to be forced to disk: it begins the run or ends a cell. Raises
        WriteProblem."""
        data = line_of(event).encode("ascii") + b"\n"
        try:
            _write(self._descriptor, data)
        except OSError as error:
            raise WriteProblem(_cannot_write(self.path, error).what, _KEPT) from None
        return isinstance(event, CellFinished | CellFailed | RunStarted)

    def force(self) -> None:
        """Waits until all that was written is on the disk; in a thread of its own, if need be, the journal
        may be closed meanwhile. Raises WriteProblem."""
        try:
            descriptor = os.dup(self._descriptor)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise WriteProblem(_cannot_write(self.path, error).what, _KEPT) from None

    def publish(self, record: RunRecord) -> None:
        """Writes the finished document under its name and removes the journal. Raises WriteProblem."""
        try:
            write_document(self.output, record)
        except WriteProblem as problem:
            raise WriteProblem(problem.what, _KEPT) from None
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)

    def close(self) -> None:
        """Closes and unlocks the journal; it stays where it is unless the run was published."""
        if self._descriptor >= 0:
            with contextlib.suppress(OSError):
                os.fsync(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1

    def discard(self) -> None:
        """Closes the journal and removes it: for a run that never began to measure."""
        self.close()
        with contextlib.suppress(OSError):
            os.unlink(self.path)

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def document_text(record: RunRecord) -> str:
    """The run document as JSON text, `schema_version` first, ASCII only."""
    data = record.model_dump(mode="json")
    return json.dumps(data, ensure_ascii=True, allow_nan=False, indent=1) + "\n"


def write_document(output: Path, record: RunRecord) -> None:
    """Publishes a document whole. Raises WriteProblem."""
    write_whole(output, document_text(record).encode("ascii"))


def write_whole(output: Path, data: bytes) -> None:
    """A file that appears whole or not at all: temporary file, fsync, rename, fsync of the folder.

    What lies there is replaced: see `check_output`. Raises WriteProblem.
    """
    temporary: str | None = None
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{output.stem[:100]}-", dir=output.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, output)
        temporary = None
        _sync_folder(output.parent)
    except OSError as error:
        raise _cannot_write(output, error) from None
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def _write(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
