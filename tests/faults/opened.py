"""Which files of some folders are opened, by whatever process: the kernel tells (inotify)."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_IN_OPEN, _IN_ISDIR = 0x20, 0x40000000
_EVENT = struct.Struct("iIII")


class Opened:
    """The watched folders, and which of their files were opened so far."""

    def __init__(self, descriptor: int, folders: dict[int, Path]) -> None:
        self._descriptor = descriptor
        self._folders = folders
        self._seen: set[Path] = set()

    def files(self) -> set[Path]:
        """All files opened since the watch began. A folder that was listed is none."""
        while True:
            try:
                data = os.read(self._descriptor, 1 << 16)
            except BlockingIOError:
                return self._seen
            while data:
                watch, mask, _, length = _EVENT.unpack_from(data)
                name = data[_EVENT.size : _EVENT.size + length].rstrip(b"\0")
                if not mask & _IN_ISDIR:
                    self._seen.add(self._folders[watch] / os.fsdecode(name))
                data = data[_EVENT.size + length :]


@contextmanager
def watched(*folders: Path) -> Iterator[Opened]:
    """Watches `folders`, not what lies below them. Skips the test where there is no inotify."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC) if hasattr(libc, "inotify_init1") else -1
    if descriptor < 0:
        pytest.skip("the kernel does not tell here which files are opened")
    try:
        by_watch = {}
        for folder in folders:
            watch = libc.inotify_add_watch(descriptor, os.fsencode(folder), _IN_OPEN)
            assert watch >= 0, os.strerror(ctypes.get_errno())
            by_watch[watch] = folder
        yield Opened(descriptor, by_watch)
    finally:
        os.close(descriptor)
