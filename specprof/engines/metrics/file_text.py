"""The text of a file from elsewhere, or of stdin: limited in size, text only."""

from __future__ import annotations

import os
import sys

from specprof.engines.metrics.measured import bad_data
from specprof.errors import RunFileProblem
from specprof.run.regular_file import regular_bytes
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
    if os.fspath(path) == STDIN:
        data = _stdin(where)
    else:
        data = regular_bytes(path, where, MAX_FILE_BYTES, irregular=_irregular, too_large=_too_large)
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


def _stdin(where: str) -> bytes:
    try:
        data = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise RunFileProblem(f"cannot read {where}: {error.strerror or 'failed'}") from None
    if len(data) > MAX_FILE_BYTES:
        raise _too_large(where)
    return data


def _irregular(where: str) -> RunFileProblem:
    return RunFileProblem(f"{where}: not a regular file", "name a file, or - for stdin")


def _too_large(where: str) -> RunFileProblem:
    return RunFileProblem(
        f"{where}: larger than {MAX_FILE_BYTES >> 20} MB", "cut it down to the lines that tell of acceptance"
    )
