"""Run files for the tests of the loader: a whole one, and what the loader says of a spoilt one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from specprof.errors import RunFileProblem
from specprof.run.reading import LoadedRun, load_record

from .streams import Story, build_stream, journal_bytes, reduce_all

COMPLETE = build_stream(Story(masked_baseline=True))
JOURNAL = journal_bytes(COMPLETE)
HEADER_END = JOURNAL.index(b"\n") + 1
RECORD = reduce_all(COMPLETE).record()


def load(folder: Path, content: bytes | str | dict[str, Any], name: str = "run.json") -> LoadedRun:
    """Loads `content` from a file."""
    path = folder / name
    if isinstance(content, dict):
        content = json.dumps(content)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load_record(path)


def refusal(folder: Path, content: bytes | str | dict[str, Any], name: str = "run.json") -> str:
    """What is said of a file that is refused: one printable line, exit code 4."""
    with pytest.raises(RunFileProblem) as caught:
        load(folder, content, name)
    said = str(caught.value)
    assert caught.value.exit_code == 4
    assert said.isprintable()
    return said.replace(f"{folder}/", "")
