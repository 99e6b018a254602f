"""Small libraries that stand in front of libc, and do to one process what a test cannot do to the machine."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def preload(name: str, folder: Path) -> dict[str, str]:
    """The environment in which `name`.c stands in front of libc. Skips the test where it cannot be built."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip(f"no C compiler to build {name} with")
    library = folder / f"{name}.so"
    command = [compiler, "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run([*command, "-o", library, Path(__file__).with_name(f"{name}.c"), "-ldl"], check=True)
    return {"LD_PRELOAD": str(library)}
