"""JSON as it was meant, for files from elsewhere: no repeated keys, no numbers that are none, no abyss.

The standard decoder keeps the last of repeated keys, reads NaN, turns 1e999 into infinity, spends
seconds on 10^400000 and recurses into whatever it is given. Faults are reported with the JSON path.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from specprof.errors import RunFileProblem
from specprof.run.sanitize import clean

MAX_DEPTH = 64
MAX_DIGITS = 20
MAX_CONTAINERS = 1_000_000
"""Lists and objects in one text: twice what a run of 10,000 cells and 100,000 readings holds."""

_T = TypeVar("_T")
# all up to the next bracket outside strings; a string that never closes takes the rest, and the end of
# the text matches too, so that no character is looked at twice
_UP_TO_BRACKET = re.compile(r'(?:[^\[{\]}"]++|"(?:[^"\\]++|\\.)*+"?)*+([\[{\]}]|\Z)', re.DOTALL)


class _Refused:
    """Stands in the tree where a value was that JSON does not allow, until its path is known."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


class _Hooks:
    """What the decoder calls for numbers and objects. `refused` holds what it met that is not allowed."""

    def __init__(self) -> None:
        self.refused: list[_Refused] = []

    def refuse(self, reason: str) -> _Refused:
        self.refused.append(_Refused(reason))
        return self.refused[-1]

    def real(self, word: str) -> float | _Refused:
        value = float(word)
        return value if math.isfinite(value) else self.refuse(f"{word[:24]} is not a finite number")

    def whole(self, word: str) -> int | _Refused:
        digits = len(word) - word.startswith("-")
        return int(word) if digits <= MAX_DIGITS else self.refuse(f"an integer of {digits} digits")

    def constant(self, word: str) -> _Refused:
        return self.refuse(f"{word} is not a number")

    def object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        tree = dict(pairs)
        if len(tree) < len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    tree[key] = self.refuse("the key is given twice")
                seen.add(key)
        return tree


def parse(text: str, where: str) -> Any:
    """The value of one JSON text, or RunFileProblem: `where: cells[3].ratio.median: NaN is not a number`.

    Refuses repeated keys, NaN, infinities (1e999 too), integers of more than 20 digits and nesting
    deeper than 64. Strings come back as they are: see `sanitize.clean_tree`.
    """
    _check_nesting(text, where)
    hooks = _Hooks()
    decoder = json.JSONDecoder(
        object_pairs_hook=hooks.object,
        parse_float=hooks.real,
        parse_int=hooks.whole,
        parse_constant=hooks.constant,
    )
    try:
        tree = decoder.decode(text)
    except json.JSONDecodeError as error:
        raise RunFileProblem(
            f"{where}: not JSON: {error.msg}, line {error.lineno}, column {error.colno}"
        ) from None
    if hooks.refused:
        path, reason = _find_refused(tree, "") or ("", hooks.refused[0].reason)
        raise RunFileProblem(_located(where, path, reason))
    return tree


def validated(adapter: TypeAdapter[_T], tree: Any, where: str) -> _T:
    """The model of a decoded and cleaned tree, or RunFileProblem with the JSON path.

    Pydantic's JSON mode is used, strictly: true is no number, "3" is no number, 3.0 is no integer, and
    a list is as good as a tuple.
    """
    try:
        return adapter.validate_json(json.dumps(tree), strict=True)
    except ValidationError as error:
        raise validation_problem(error, where) from None


def validation_problem(error: ValidationError, where: str) -> RunFileProblem:
    """The first fault of a validation, in one line with its JSON path."""
    first = error.errors(include_url=False)[0]
    path = ""
    for part in first["loc"]:
        path = _below(path, part)
    said = first["msg"].removeprefix("Value error, ")
    if first["type"].startswith("union_tag"):  # pydantic lists every event there is
        said = "event: missing or not a known one"
    more = error.error_count() - 1
    return RunFileProblem(_located(where, path, said) + (f" (and {more} more)" if more else ""))


def _check_nesting(text: str, where: str) -> None:
    containers = text.count("[") + text.count("{")
    if containers <= MAX_DEPTH:
        return
    if containers > MAX_CONTAINERS:
        raise RunFileProblem(f"{where}: {containers} lists and objects are more than a run holds")
    depth = 0
    for piece in _UP_TO_BRACKET.finditer(text):
        mark = piece[1]
        if mark in ("[", "{"):
            depth += 1
            if depth > MAX_DEPTH:
                raise RunFileProblem(
                    f"{where}: nested deeper than {MAX_DEPTH} levels at character {piece.end()}"
                )
        elif mark in ("]", "}"):
            depth -= 1


def _find_refused(tree: Any, path: str) -> tuple[str, str] | None:
    """Path of and reason for the first refused value."""
    if isinstance(tree, _Refused):
        return path, tree.reason
    items: Any = ()
    if isinstance(tree, dict):
        items = tree.items()
    elif isinstance(tree, list):
        items = enumerate(tree)
    for part, value in items:
        found = _find_refused(value, _below(path, part))
        if found is not None:
            return found
    return None


def _below(path: str, part: str | int) -> str:
    if isinstance(part, int):
        return f"{path}[{part}]"
    name = part[:80] or '""'  # an empty key is a place too
    return f"{path}.{name}" if path else name


def _located(where: str, path: str, said: str) -> str:
    # keys and what pydantic quotes of the file come from elsewhere
    return clean(f"{where}: {path}: {said}" if path else f"{where}: {said}", 1000)
