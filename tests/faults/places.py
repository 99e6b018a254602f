"""Folders as a machine may have them: of a disk that is full, on one that is mounted read-only."""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

_PR_CAPBSET_DROP = 24
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH, _CAP_FOWNER = 1, 2, 3


@contextlib.contextmanager
def mounted(folder: Path, *options: str) -> Iterator[Path]:
    """`mount OPTIONS FOLDER`, as long as the context lasts. Skips the test where mounting is not allowed."""
    folder.mkdir(exist_ok=True)
    try:
        done = subprocess.run(["mount", *options, str(folder)], capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if done.returncode:
        pytest.skip(f"mounting is not allowed here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def small_disk(folder: Path) -> contextlib.AbstractContextManager[Path]:
    """A disk of 64 KiB."""
    return mounted(folder, "-t", "tmpfs", "-o", "size=64k", "tmpfs")


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[Path]:
    """`folder` with what lies in it, mounted over itself so that nobody may write to it."""
    with mounted(folder, "--bind", str(folder)):
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
        yield folder


def fill(folder: Path) -> Path:
    """Fills the disk of `folder` to its last byte; removing the file that is given back frees it."""
    filler = folder / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1024))
    return filler


def obey_modes() -> None:
    """Makes this process, root or not, subject to the modes and owners of files from its next exec on."""
    if os.geteuid() == 0:
        for capability in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH, _CAP_FOWNER):
            ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
