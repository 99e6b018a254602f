"""The bytes of a file somebody named: of a regular one only, and no more than such a file may hold."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable

from specprof.errors import RunFileProblem


def regular_bytes(
    path: str | os.PathLike[str],
    where: str,
    most: int,
    *,
    irregular: Callable[[str], RunFileProblem],
    too_large: Callable[[str], RunFileProblem],
) -> bytes:
    """At most `most` bytes. `where` is the path as shown; the two say what such a file is not.

    Raises RunFileProblem. A pipe is not waited for, and a device, which has no end, is not read.
    """

    def check(status: os.stat_result) -> None:
        if not stat.S_ISREG(status.st_mode):
            raise irregular(where)
        if status.st_size > most:
            raise too_large(where)

    try:
        check(os.stat(path))
        # a file that was swapped for a pipe since then must not block
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            check(os.fstat(descriptor))
            data = file.read(most + 1)
    except OSError as error:
        raise RunFileProblem(f"cannot read {where}: {error.strerror or 'failed'}") from None
    except ValueError:  # a NUL in the path
        raise RunFileProblem(f"cannot read {where}: not a path") from None
    if len(data) > most:
        raise too_large(where)
    return data
