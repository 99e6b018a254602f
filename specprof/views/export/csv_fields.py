"""Fields of a CSV file: an empty one is a value that there is not."""

from __future__ import annotations

import math

from specprof.run.sanitize import clean

_FORMULA_SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the beginning of a formula, the wide ones too (OWASP, CSV injection)."""


def interval(of: tuple[float, float, float] | None) -> list[str]:
    """A value and the two ends of its interval."""
    return ["", "", ""] if of is None else [number(part) for part in of]


def number(value: float) -> str:
    """Nine digits, more than any clock gives; nothing where it is not finite."""
    return f"{value:.9g}" if math.isfinite(value) else ""


def words(text: str) -> str:
    """Clean text that no spreadsheet takes for a formula."""
    shown = clean(text)
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA_SIGNS) else shown
