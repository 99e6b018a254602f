"""What holds for every test."""

from __future__ import annotations

import itertools

import pytest

_NUMBERS = itertools.count()


@pytest.fixture(autouse=True)
def _settings_of_nobody(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the themes and choices of whoever runs it, or leaves any. The folder is not there yet."""
    config = tmp_path_factory.getbasetemp() / f"config-{next(_NUMBERS)}"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(config))
