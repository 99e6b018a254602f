"""Reading the files of a checkpoint folder: regular files inside it, strict JSON, nothing else."""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from specprof.errors import EnvironmentProblem


def printable(text: str, limit: int = 200) -> str:
    """`text` with every character that a terminal would act on instead of printing made a `?`."""
    kept = "".join(letter if letter.isprintable() else "?" for letter in text[:limit])
    return kept + "…" if len(text) > limit else kept


def shown(path: str | os.PathLike[str]) -> str:
    """A path as it stands in a message."""
    return printable(os.fspath(path), 1000)


def contained_file(folder: Path, name: str) -> Path:
    """The real path of the regular file `name` of `folder`.

    A link is followed only to where a Hugging Face cache keeps its files: inside the folder, or from
    `…/snapshots/REVISION/` into the sibling folder `blobs`. Raises EnvironmentProblem for a missing
    file, one that leads elsewhere, and anything that is not a regular file.
    """
    base = Path(os.path.realpath(folder))
    try:
        real = Path(os.path.realpath(folder / name, strict=True))
        regular = stat.S_ISREG(real.stat().st_mode)
    except FileNotFoundError:
        raise EnvironmentProblem(
            f"{printable(name)} is missing in {shown(folder)}",
            "complete the checkpoint; nothing is downloaded",
        ) from None
    except OSError as error:
        raise _unreadable(folder / name, error) from None
    roots = [base]
    if base.parent.name == "snapshots":
        # not resolved: a `blobs` that is itself a link elsewhere must not widen what may be read
        roots.append(base.parent.parent / "blobs")
    if not any(real.is_relative_to(root) for root in roots):
        raise EnvironmentProblem(
            f"{printable(name)} is a link that leads out of {shown(folder)}", "put the file itself there"
        )
    if not regular:
        raise EnvironmentProblem(f"{shown(folder / name)} is not a regular file", "put the file itself there")
    return real


@contextmanager
def opened(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """A regular file open for reading, with its size in bytes. Never waits on a pipe or device."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise EnvironmentProblem(f"{shown(path)} is not a regular file", "put the file itself there")
            yield file, status.st_size
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError) -> EnvironmentProblem:
    return EnvironmentProblem(
        f"{shown(path)} cannot be read ({error.strerror})", "check its place and its permissions"
    )


def read_json(folder: Path, name: str, limit_bytes: int) -> dict[str, Any]:
    """The JSON object that the file `name` of `folder` holds."""
    with opened(contained_file(folder, name)) as (file, size):
        data = file.read(limit_bytes + 1)
    if size > limit_bytes or len(data) > limit_bytes:
        raise EnvironmentProblem(
            f"{printable(name)} holds {max(size, len(data))} bytes, more than {limit_bytes}",
            "check that it is the file its name says",
        )
    return parse_json(data, printable(name))


def parse_json(data: bytes, what: str) -> dict[str, Any]:
    """A JSON object: UTF-8, finite numbers, no key twice. Raises EnvironmentProblem naming `what`."""
    try:
        value = json.loads(
            data.decode("utf-8"),
            parse_constant=_refuse_constant,
            parse_float=_finite,
            object_pairs_hook=_without_repeats,
        )
    except RecursionError:
        raise EnvironmentProblem(f"{what} is nested too deeply", "restore the file from its source") from None
    except ValueError as error:
        reason = printable(str(error))
        raise EnvironmentProblem(
            f"{what} is not strict JSON ({reason})", "restore the file from its source"
        ) from None
    if not isinstance(value, dict):
        raise EnvironmentProblem(f"{what} is not a JSON object", "restore the file from its source")
    return value


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a number")


def _finite(word: str) -> float:
    number = float(word)
    if not math.isfinite(number):
        raise ValueError(f"{word} is out of range")
    return number


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key '{key}' stands twice")
        found[key] = value
    return found
