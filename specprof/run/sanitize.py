"""The one sanitizer: text from elsewhere, made safe to show on a terminal.

A terminal obeys what it is sent: CVE-2021-25743 (kubectl) wrote escape sequences from a cluster's own
data. Textual and Rich strip only bytes 7, 8 and 11–13, so nothing reaches them but through here.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Any

from specprof.errors import RunFileProblem

MAX_STRING = 4096
MAX_MARKS = 2
"""Combining marks kept on one character: more are no language's, and pile up over the lines above."""

_BREAKS = "\t\n\r"
# assigned, printable by their category, and yet invisible: joiners, fillers, variation selectors
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
_MARKS = {"Mn", "Me"}
_NUMBERS = {int, float}


def clean(text: str, limit: int = MAX_STRING) -> str:
    """`text` as at most `limit` printable characters on one line.

    Removed: control characters (C0, DEL, C1), every format character (bidi controls, zero-width ones,
    tags), line and paragraph separators, surrogates, private and unassigned characters, variation
    selectors and other invisible ones. Newline, tab and every other kind of space become a space.
    An escape sequence without its ESC is harmless text.
    """
    if text.isascii() and text.isprintable():
        return text[:limit]
    kept: list[str] = []
    marks = MAX_MARKS  # a mark at the very start would land on the character shown before it
    # whoever hides a string behind a wall of invisible characters loses it
    for char in text[: 4 * limit]:
        category = unicodedata.category(char)
        if char in _BREAKS or category == "Zs":
            kept.append(" ")
            marks = 0
        elif category in _MARKS and not _INVISIBLE.match(char):
            marks += 1
            if marks <= MAX_MARKS:
                kept.append(char)
        elif char.isprintable() and not _INVISIBLE.match(char):
            kept.append(char)
            marks = 0
    return "".join(kept[:limit])


def clean_tree(value: Any) -> Any:
    """Decoded JSON with every string in it cleaned, the keys included.

    Raises RunFileProblem where two keys of one object become the same. Recursive: for what
    `strict_json.parse` has checked for depth.
    """
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return value if _NUMBERS.issuperset(map(type, value)) else [clean_tree(item) for item in value]
    if not isinstance(value, dict):
        return value
    tree = {clean(key): clean_tree(item) for key, item in value.items()}
    if len(tree) < len(value):
        counts = Counter(map(clean, value))
        key, _ = counts.most_common(1)[0]
        raise RunFileProblem(f"the key '{key[:80]}' is given twice, told apart by hidden characters only")
    return tree
