"""The specprof command, with the real measuring child or a fake one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from session.stage import Stage

from .command import FakedCommand, Zygote


@pytest.fixture(scope="session")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    running = Zygote(tmp_path_factory.mktemp("desks"))
    yield running
    running.close()


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    folder = tmp_path / "stage"
    folder.mkdir()
    return Stage(folder)


@pytest.fixture
def faked(tmp_path: Path, stage: Stage, zygote: Zygote) -> Iterator[FakedCommand]:
    """specprof with a fake child: it measures in a moment and does what the stage tells it."""
    home = tmp_path / "home"
    home.mkdir()
    command = FakedCommand(home, stage, zygote)
    yield command
    command.end_all()
