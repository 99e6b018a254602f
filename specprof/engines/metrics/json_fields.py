"""Numbers of a decoded JSON object, or RunFileProblem with the key that holds none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specprof.engines.metrics.measured import MAX_COUNT, MAX_POSITIONS, bad_data


def number_at(tree: Mapping[str, Any], key: str, where: str) -> float:
    return _number(tree.get(key), key, where)


def whole_at(tree: Mapping[str, Any], key: str, where: str) -> int:
    """A count: an integer of 0 or more."""
    return _whole(tree.get(key), key, where)


def numbers_at(tree: Mapping[str, Any], key: str, where: str) -> list[float]:
    return [_number(value, f"{key}[{place}]", where) for place, value in enumerate(_list(tree, key, where))]


def counts_at(tree: Mapping[str, Any], key: str, where: str) -> list[int]:
    return [_whole(value, f"{key}[{place}]", where) for place, value in enumerate(_list(tree, key, where))]


def _list(tree: Mapping[str, Any], key: str, where: str) -> list[Any]:
    value = tree.get(key)
    if not isinstance(value, list):
        raise bad_data(where, f"{key} is not a list")
    if len(value) > MAX_POSITIONS + 1:
        raise bad_data(where, f"{key} has {len(value)} entries, more than {MAX_POSITIONS + 1}")
    return value


def _number(value: object, key: str, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise bad_data(where, f"{key} is not a number")
    return float(value)


def _whole(value: object, key: str, where: str) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_COUNT:
        raise bad_data(where, f"{key} is not a count")
    return value
