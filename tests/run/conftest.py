"""What the tests of the loader start from."""

from __future__ import annotations

import json
from typing import Any

import pytest

from specprof.run.journal import document_text

from .run_files import RECORD


@pytest.fixture
def document() -> dict[str, Any]:
    """A complete run's document, to be spoilt."""
    return json.loads(document_text(RECORD))
