"""The results folder and the samples as a list, and taking a run out of it.

    >>> from specprof.session import library
    >>> newest = library.entries()[0]             # runs newest first, then the samples by name
    >>> newest.kind, newest.name, newest.path     # 'run' | 'unfinished' | 'sample', clean to show, to open
    >>> newest.problem                            # '' where it may be opened, else why not
    >>> newest.output                             # what Start(…, output=, resume=True) wants
    >>> library.delete(newest)                    # raises SpecprofError with the sentence to show

Nothing here opens a run file: `entries` asks the file system for names, sizes and times only.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from specprof.errors import SpecprofError, UsageProblem, WriteProblem
from specprof.places import runs_folder, samples_folder
from specprof.run.journal import journal_path
from specprof.run.sanitize import clean

Kind = Literal["run", "unfinished", "sample"]

DOCUMENT = ".json"
JOURNAL = ".jsonl.part"

MOST_NAME = 120


@dataclass(frozen=True)
class Entry:
    """One file. Two entries are equal where neither the file nor its time and size have changed."""

    path: Path
    kind: Kind
    name: str
    """The file's name without its ending, clean: for people, not for opening."""
    modified_s: float
    """Since the epoch; 0 where it cannot be asked."""
    size_bytes: int
    problem: str = ""
    """Why it is not a file that could be opened; empty where it is one."""

    @property
    def output(self) -> Path:
        """The run file that it is, or is to become."""
        if self.kind != "unfinished":
            return self.path
        return self.path.with_name(self.path.name.removesuffix(JOURNAL) + DOCUMENT)


def entries() -> list[Entry]:
    """Runs and unfinished runs of the results folder, newest first, then the samples by name.

    Never raises: of a folder that cannot be read nothing is listed, see `folder_problem`.
    """
    found = [_entry(path, kind) for path, kind in _files(runs_folder())]
    found.sort(key=lambda entry: (-entry.modified_s, entry.path.name))
    samples = [_entry(path, "sample") for path, kind in _files(samples_folder()) if kind == "run"]
    return [*found, *sorted(samples, key=lambda entry: entry.name)]


def folder_problem() -> str:
    """Why the results folder cannot be read; empty where it can, or is not there yet."""
    folder = runs_folder()
    try:
        with os.scandir(folder):
            return ""
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"cannot read the results folder {clean(str(folder), 300)}: {error.strerror or error}"


def _files(folder: Path) -> list[tuple[Path, Kind]]:
    try:
        with os.scandir(folder) as found:
            names = [one.name for one in found]
    except OSError:
        return []
    kinds: list[tuple[Path, Kind]] = []
    for name in names:
        if name.startswith("."):  # what a writer has not renamed yet
            continue
        if name.endswith(JOURNAL):
            kinds.append((folder / name, "unfinished"))
        elif name.endswith(DOCUMENT):
            kinds.append((folder / name, "run"))
    return kinds


def _entry(path: Path, kind: Kind) -> Entry:
    ending = JOURNAL if kind == "unfinished" else DOCUMENT
    name = clean(path.name.removesuffix(ending), MOST_NAME).strip() or clean(path.name, MOST_NAME)
    try:
        status = os.stat(path)
    except OSError as error:
        problem = "a link that leads nowhere" if os.path.islink(path) else error.strerror or "not there"
        return Entry(path, kind, name, 0.0, 0, problem)
    if not stat.S_ISREG(status.st_mode):
        return Entry(path, kind, name, status.st_mtime, 0, f"{_kind_words(status.st_mode)}, not a run file")
    return Entry(path, kind, name, status.st_mtime, status.st_size)


def _kind_words(mode: int) -> str:
    kinds = ((stat.S_ISFIFO, "a pipe"), (stat.S_ISDIR, "a folder"), (stat.S_ISLNK, "a link"))
    return next((words for test, words in kinds if test(mode)), "a device or socket")


# Deleting


def delete(entry: Entry) -> None:
    """Removes a run's file and its journal, or an unfinished run's journal only.

    Raises SpecprofError with the sentence to show: for samples, for what does not lie in the results
    folder or is no regular file, for a run that a running specprof is writing, and where the folder
    does not let go of it.
    """
    if entry.kind == "sample":
        raise UsageProblem(f"{entry.name} is a sample that comes with specprof: it is not deleted")
    folder, name = runs_folder(), entry.path.name
    if entry.path.parent != folder or not name.endswith((DOCUMENT, JOURNAL)):
        raise UsageProblem(f"{entry.name} does not lie in the results folder: it is not deleted")
    journal = journal_path(entry.output).name
    with _folder_opened(folder) as opened:
        if not _check_regular(entry, name, opened):
            raise WriteProblem(f"{entry.name} is gone already")
        if not _check_regular(entry, journal, opened):
            _unlink(entry, name, opened)
            return
        with _journal_locked(entry, journal, opened):
            _unlink(entry, name, opened)
            _unlink(entry, journal, opened)


@contextlib.contextmanager
def _folder_opened(folder: Path) -> Iterator[int]:
    """The folder itself, so that nothing is deleted in another one that takes its name meanwhile."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise WriteProblem(f"cannot open {clean(str(folder), 300)}: {error.strerror or error}") from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _check_regular(entry: Entry, name: str, folder: int) -> bool:
    """Whether the file is there. Raises UsageProblem where it is anything but a regular file."""
    try:
        mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _kept(entry, error) from None
    if not stat.S_ISREG(mode):
        what = entry.name if name == entry.path.name else clean(name, MOST_NAME)
        raise UsageProblem(f"{what} is {_kind_words(mode)}, not a run file: it is not deleted")
    return True


@contextlib.contextmanager
def _journal_locked(entry: Entry, journal: str, folder: int) -> Iterator[None]:
    """Holds the lock that a running specprof has on its journal: see `run.journal`."""
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(journal, flags, dir_fd=folder)
    except OSError as error:
        raise _kept(entry, error) from None
    try:
        _lock(entry, descriptor)
        yield
    finally:
        os.close(descriptor)


def _lock(entry: Entry, descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise WriteProblem(f"a running specprof is writing {entry.name}: it is not deleted") from None
    except OSError as error:  # a file system without locks
        raise _kept(entry, error) from None


def _unlink(entry: Entry, name: str, folder: int) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise _kept(entry, error) from None


def _kept(entry: Entry, error: OSError) -> SpecprofError:
    return WriteProblem(f"cannot delete {entry.name}: {error.strerror or error}")
