"""The text of a file from elsewhere, or of stdin: limited in size, text only."""

from __future__ import annotations

import os
import stat
import sys

from specprof.engines.metrics.measured import bad_data
from specprof.errors import RunFileProblem
from specprof.run.sanitize import clean

MAX_FILE_BYTES = 16 << 20
STDIN = "-"

_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_LOG_MARK = b"accept len:"


def shown_name(path: str | os.PathLike[str]) -> str:
    """The path as it may be shown."""
    return "stdin" if os.fspath(path) == STDIN else clean(os.fspath(path), 300)


def text_of(path: str | os.PathLike[str]) -> str:
    """The text of a regular file of at most 16 MB, or of stdin where the path is `-`.

    UTF-8, with or without a byte order mark (spreadsheets write one). Raises RunFileProblem.
    """
    where = shown_name(path)
    data = _stdin(where) if os.fspath(path) == STDIN else _file(path, where)
    if len(data) > MAX_FILE_BYTES:
        raise _too_large(where)
    data = data.removeprefix(_UTF8_MARK)
    if not data.strip():
        raise bad_data(where, "the file is empty")
    # a server's log may have odd bytes in what was asked of it: its figures are no worse for that
    is_log = _LOG_MARK in data
    if not is_log and (data.startswith(_UTF16_MARKS) or 0 in data):
        raise bad_data(where, "binary or UTF-16, not a metrics file", "save it as UTF-8 text")
    try:
        return data.decode("utf-8", "replace" if is_log else "strict")
    except UnicodeDecodeError as error:
        raise bad_data(where, f"not UTF-8 at byte {error.start}", "save it as UTF-8 text") from None


def _file(path: str | os.PathLike[str], where: str) -> bytes:
    try:
        _check_regular(os.stat(path), where)
        # a file that was swapped for a pipe since then must not block
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            _check_regular(os.fstat(descriptor), where)
            return file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise RunFileProblem(f"cannot read {where}: {error.strerror or 'failed'}") from None
    except ValueError:  # a NUL in the path
        raise RunFileProblem(f"cannot read {where}: not a path") from None


def _stdin(where: str) -> bytes:
    try:
        return sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise RunFileProblem(f"cannot read {where}: {error.strerror or 'failed'}") from None


def _check_regular(status: os.stat_result, where: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise RunFileProblem(f"{where}: not a regular file", "name a file, or - for stdin")
    if status.st_size > MAX_FILE_BYTES:
        raise _too_large(where)


def _too_large(where: str) -> RunFileProblem:
    return RunFileProblem(
        f"{where}: larger than {MAX_FILE_BYTES >> 20} MB", "cut it down to the lines that tell of acceptance"
    )
