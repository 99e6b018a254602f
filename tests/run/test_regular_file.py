"""A file that is not what its size says, as those of /proc are, is not read beyond what it may hold."""

import os
from types import SimpleNamespace

import pytest

from specprof.errors import RunFileProblem
from specprof.run import regular_file
from specprof.run.regular_file import regular_bytes


def read(path, most):
    return regular_bytes(
        path, "it", most,
        irregular=lambda where: RunFileProblem(f"{where} is odd"),
        too_large=lambda where: RunFileProblem(f"{where} is large"),
    )  # fmt: skip


def test_a_file_of_just_the_size_is_read_and_one_byte_more_is_refused(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert read(path, 5) == b"12345"
    with pytest.raises(RunFileProblem, match="it is large"):
        read(path, 4)


def test_a_size_that_is_not_told_does_not_let_more_in(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    untold = SimpleNamespace(st_mode=path.stat().st_mode, st_size=0)
    lying = SimpleNamespace(**{**vars(os), "stat": lambda path: untold, "fstat": lambda descriptor: untold})
    monkeypatch.setattr(regular_file, "os", lying)
    assert read(path, 5) == b"12345"
    with pytest.raises(RunFileProblem, match="it is large"):
        read(path, 4)


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(RunFileProblem, match="it is odd"):
            read(path, 5)
    for path in (tmp_path / "none", "a\x00b"):
        with pytest.raises(RunFileProblem, match="cannot read it"):
            read(path, 5)
