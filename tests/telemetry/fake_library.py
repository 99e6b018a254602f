"""The fake NVML library, compiled."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

GPU_A = "GPU-00000000-1111-2222-3333-444444444444"
GPU_B = "GPU-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"


def build_in(folder: Path) -> Path:
    """`folder` with the fake in it, ready for LD_LIBRARY_PATH. Skips the test without a compiler."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler to build the fake NVML library with")
    source = Path(__file__).with_name("fake_nvml.c")
    command = [compiler, "-std=gnu11", "-Wall", "-Wextra", "-shared", "-fPIC"]
    subprocess.run([*command, "-o", folder / "libnvidia-ml.so.1", source], check=True)
    return folder
