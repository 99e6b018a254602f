"""A file of metrics, and what is said of one that cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from specprof.engines.metrics import MeasuredAcceptance, read_acceptance
from specprof.errors import RunFileProblem, SpecprofError


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., MeasuredAcceptance]:
    """Reads text as a file; `before` too is text."""

    def reading(text: str, before: str | None = None, **options: Any) -> MeasuredAcceptance:
        path = tmp_path / "now.txt"
        path.write_text(text, encoding="utf-8", newline="")
        if before is not None:
            options["before"] = tmp_path / "before.txt"
            options["before"].write_text(before, encoding="utf-8", newline="")
        return read_acceptance(path, **options)

    return reading


@pytest.fixture
def refusal(read: Callable[..., MeasuredAcceptance], tmp_path: Path) -> Callable[..., str]:
    """The one line that refuses a text, without the file's folder."""

    def refused(
        text: str, before: str | None = None, error: type[SpecprofError] = RunFileProblem, **options: Any
    ) -> str:
        with pytest.raises(error) as caught:
            read(text, before, **options)
        assert type(caught.value) is error
        said = str(caught.value)
        assert said.isprintable(), said
        return said.replace(f"{tmp_path}/", "")

    return refused
