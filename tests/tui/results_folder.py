"""A results folder of the test's own, and runs to put into it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from run.streams import Story, build_stream, journal_bytes, reduce_all

from specprof.analysis.section import published
from specprof.places import runs_folder
from specprof.run.journal import write_document

SOME_DAY_S = 1.7e9

COMPLETE = Story(rounds=12)
"""Six cells on a made-up CPU, all of them measured."""

HALF = Story(rounds=12, cancelled_at=(1, 4))


class ResultsFolder:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._moment_s = SOME_DAY_S

    def put(self, name: str, content: str | bytes = "") -> Path:
        """A file; each is a minute younger than the one before."""
        path = self.path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self._dated(path)

    def run(self, name: str, story: Story = COMPLETE) -> Path:
        path = self.path / f"{name}.json"
        write_document(path, published(reduce_all(build_stream(story)).record()))
        return self._dated(path)

    def unfinished(self, name: str, story: Story = HALF) -> Path:
        return self.put(f"{name}.jsonl.part", journal_bytes(build_stream(story)))

    def _dated(self, path: Path) -> Path:
        self._moment_s += 60
        os.utime(path, (self._moment_s, self._moment_s))
        return path

    @property
    def names(self) -> set[str]:
        return {path.name for path in self.path.iterdir()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ResultsFolder:
    """An empty results folder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    path = runs_folder()
    path.mkdir(parents=True)
    assert tmp_path in path.parents
    return ResultsFolder(path)
