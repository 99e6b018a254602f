"""stdout and stderr, which their reader may leave before we are done: `specprof show FILE | head -1`."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self

from specprof.errors import WriteProblem

if TYPE_CHECKING:
    from specprof.views.progress import Level, Progress, ProgressSnapshot


def print_text(text: str) -> None:
    """Data on stdout, all of it or, where its reader leaves, as much as was wanted. Raises WriteProblem."""
    try:
        sys.stdout.write(_encodable(text, sys.stdout))
        sys.stdout.flush()
    except BrokenPipeError:
        _forget(sys.stdout)
    except OSError as error:
        raise WriteProblem(f"cannot write to stdout: {error.strerror or error}") from None


def say(line: str) -> None:
    """One line on stderr, whatever the message or a path in it contains."""
    from specprof.run.sanitize import clean

    with reader_may_leave(sys.stderr):
        print(_encodable(f"specprof: {clean(line)}", sys.stderr), file=sys.stderr)


@contextlib.contextmanager
def reader_may_leave(stream: IO[str]) -> Iterator[None]:
    """Where nobody reads `stream` any more, what is written to it goes nowhere from then on."""
    try:
        yield
        stream.flush()
    except OSError:
        _forget(stream)


class LastingProgress:
    """A progress on stderr that goes on when stderr's reader does not."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def __enter__(self) -> Self:
        with reader_may_leave(sys.stderr):
            self._progress.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with reader_may_leave(sys.stderr):
            self._progress.__exit__(kind, error, trace)

    def update(self, snapshot: ProgressSnapshot) -> None:
        with reader_may_leave(sys.stderr):
            self._progress.update(snapshot)

    def notice(self, level: Level, text: str) -> None:
        with reader_may_leave(sys.stderr):
            self._progress.notice(level, text)


def _encodable(text: str, stream: IO[str]) -> str:
    encoding = getattr(stream, "encoding", None) or "ascii"
    return text.encode(encoding, "replace").decode(encoding)


def _forget(stream: IO[str]) -> None:
    # the stream still holds what it could not write and would try again when the interpreter ends
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
