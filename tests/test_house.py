"""The house stands: style, types, import rules, and what each command may import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, timeout=280, check=False
    )


@pytest.mark.parametrize(
    "command",
    [
        ("-m", "ruff", "check", "."),
        ("-m", "ruff", "format", "--check", "."),
        ("-m", "mypy"),
    ],
    ids=["lint", "format", "types"],
)
def test_the_sources_are_clean(command):
    done = _run(*command)
    assert done.returncode == 0, done.stdout + done.stderr


def test_arrows_between_rooms_only_go_down():
    done = _run("-c", "from importlinter.cli import lint_imports_command as lint; lint()")
    assert done.returncode == 0, done.stdout + done.stderr


def _imported_by(*arguments: str) -> set[str]:
    """Top-level modules that a `specprof` command has imported when it ends."""
    script = (
        "import sys\n"
        "import specprof.__main__ as entry\n"
        f"sys.argv = {['specprof', *arguments]!r}\n"
        "try:\n    entry.main()\nexcept SystemExit:\n    pass\n"
        "print('IMPORTED', *{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)\n"
    )
    done = _run("-c", script)
    return set(done.stderr.rpartition("IMPORTED ")[2].split())


HEAVY = {"torch", "transformers", "textual", "numpy", "plotext", "pynvml"}


def test_help_imports_nothing_heavy():
    imported = _imported_by("--help")
    assert "typer" in imported
    assert not imported & (HEAVY | {"pydantic"})


def test_run_help_imports_nothing_heavy_of_its_own():
    imported = _imported_by("run", "--help")  # newer typers read options with pydantic
    assert "typer" in imported
    assert not imported & HEAVY


def test_show_needs_neither_torch_nor_textual():
    imported = _imported_by("show", "medusa-llama-7b-bs4")
    assert "plotext" in imported
    assert not imported & {"torch", "transformers", "textual"}
