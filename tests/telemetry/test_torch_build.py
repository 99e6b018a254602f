"""What PyTorch was built for, read from its file and not by importing it."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from importlib.machinery import ModuleSpec

import pytest

from specprof.telemetry.torch_build import TorchBuild, torch_build


@pytest.fixture
def build(tmp_path):
    """What is found where torch/version.py holds `text`; no file where it is None."""

    def build(text: str | bytes | None) -> TorchBuild:
        if text is not None:
            data = text if isinstance(text, bytes) else text.encode()
            (tmp_path / "version.py").write_bytes(data)
        spec = ModuleSpec("torch", None, is_package=True)
        spec.submodule_search_locations = [str(tmp_path)]
        return torch_build(lambda name: spec)

    return build


def test_the_cuda_version_of_a_cuda_build(build):
    text = (
        "from typing import Optional\n__version__ = '2.8.0+cu128'\ncuda: Optional[str] = '12.8'\nhip = None\n"
    )
    assert build(text) == TorchBuild("2.8.0+cu128", "12.8", None)


def test_older_files_have_no_types(build):
    assert build("__version__ = '2.1.0'\ncuda = '11.8'\n") == TorchBuild("2.1.0", "11.8")


def test_builds_without_cuda_and_for_rocm(build):
    assert build("__version__ = '2.8.0+cpu'\ncuda: str = None\n") == TorchBuild("2.8.0+cpu")
    assert build("__version__ = '2.8.0'\ncuda = None\nhip: str = '6.4.1'\n").hip == "6.4.1"


def test_nothing_of_the_file_is_run(build, tmp_path):
    canary = tmp_path / "ran"
    text = f"open({str(canary)!r}, 'w')\n__version__ = '2.8.0'\ncuda = '12.8'\n"
    assert build(text).cuda == "12.8"
    assert not canary.exists()


def test_its_words_are_cleaned(build):
    assert build("__version__ = '2.8\\x1b[31m'\ncuda = '12.8\\u202e'\n") == TorchBuild("2.8[31m", "12.8")


@pytest.mark.parametrize("text", [None, "cuda = (", b"\xff\x00", "(" * 5000, "__version__ = '2.8.0'\n"])
def test_a_file_that_does_not_tell_is_a_problem_and_torch_is_still_installed(build, text):
    found = build(text)
    assert found.installed
    assert found.cuda is None
    assert "version.py" in found.problem


@pytest.mark.parametrize("error", [None, ImportError("no"), ValueError("torch.__spec__ is None")])
def test_where_there_is_no_torch_that_is_said(error):
    def find(name: str) -> None:
        if error is not None:
            raise error

    found = torch_build(find)
    assert not found.installed
    assert found.problem == "PyTorch is not installed"


def test_the_torch_here_is_found_and_not_imported():
    script = "import sys; from specprof.telemetry.torch_build import torch_build as b; print(b().version)"
    script += "; assert 'torch' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip().startswith(importlib.metadata.version("torch").split("+")[0])
