"""specprof in a terminal of its own, in a home of its own, with a fake measuring child."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from on_pty.terminal import Terminal
from session.stage import Stage

WITH_FAKE_CHILD = Path(__file__).resolve().parent.parent / "cli" / "with_fake_child.py"
SMALL = ("--model", "tiny", "--layers", "2", "--seq-len", "16,32", "--candidates", "1,4,8", "--device", "cpu")


class Specprof:
    """Starts the command in terminals, and ends what a failed test left."""

    def __init__(self, home: Path, stage: Stage) -> None:
        self.home = home
        self.stage = stage
        self.terminals: list[Terminal] = []
        kinds = ("DATA", "STATE", "CACHE", "CONFIG")
        self.environment: dict[str, str | None] = {
            "HOME": str(home),
            **{f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in kinds},
        }

    def __call__(self, *arguments: object, program: tuple[str, ...] = (), **how: Any) -> Terminal:
        """The command in a terminal. `how`: what Terminal takes; in capitals, environment variables."""
        variables = {name: how.pop(name) for name in list(how) if name.isupper()}
        words = [sys.executable, *(program or (str(WITH_FAKE_CHILD), str(self.stage.folder)))]
        terminal = Terminal(
            [*words, *map(str, arguments)], env={**self.environment, **variables}, cwd=self.home, **how
        )
        self.terminals.append(terminal)
        return terminal

    def run(self, *arguments: object, **how: Any) -> Terminal:
        """A small run that is written to run.json."""
        return self("run", *SMALL, "--output", "run.json", *arguments, **how)

    @property
    def run_file(self) -> Path:
        return self.home / "run.json"


@pytest.fixture
def specprof(tmp_path: Path) -> Iterator[Specprof]:
    home, folder = tmp_path / "home", tmp_path / "stage"
    home.mkdir()
    folder.mkdir()
    started = Specprof(home, Stage(folder))
    yield started
    for terminal in started.terminals:
        terminal.close()
