"""The one way for text of a run into a page."""

from __future__ import annotations

import html

from specprof.run.sanitize import clean


def escaped(text: str) -> str:
    """Text of a run as it may stand in a page: clean, and without a sign that HTML would read."""
    return html.escape(clean(text), quote=True)
