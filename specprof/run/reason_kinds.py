"""The kind of a cell's reason: the same words for all cells that it holds for, without their numbers."""

from __future__ import annotations

import re

_KINDS = (
    ("interval ±", "interval wider than asked for"),
    ("only ", "too few samples"),
    ("other programs used", "other programs on the host's CPU"),
    ("the SM clock", "the SM clock drifted"),
)
"""How a reason begins whose kind is not what stands before its first number."""

# " (pid 7, 40)", ": tried 2.0 GiB", " for 15.0% of its time"
_PARTICULARS = re.compile(r" \([^)]*\d.*|: .*| for (less than )?\d.*")
_COUNT = re.compile(r"\d+ (memory error)s? ")


def kind_of(reason: str) -> str:
    """What a reason is about."""
    for begins, kind in _KINDS:
        if reason.startswith(begins):
            return kind
    return _PARTICULARS.sub("", _COUNT.sub(r"\1s ", reason, count=1), count=1)
