"""A user's own folder of themes."""

from __future__ import annotations

from pathlib import Path

import pytest

from specprof.places import user_themes_folder


@pytest.fixture
def own() -> Path:
    """The user's folder of themes, empty."""
    folder = user_themes_folder()
    assert folder is not None
    folder.mkdir(parents=True)
    return folder
