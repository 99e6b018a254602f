"""Samples of a Prometheus page (text exposition format 0.0.4), those with given names only.

A parser of our own, since a page is read for some ten lines of it: prometheus_client would be a dependency
that nothing else here needs, it reads every family of a page, and it drops the `_total` of counters in a
way that depends on their TYPE lines, which saved pages often lack. What is read is read strictly.
Format: prometheus.io/docs/instrumenting/exposition_formats.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from typing import NamedTuple

from specprof.engines.metrics.measured import bad_data

MAX_LINE = 1 << 16
MAX_SAMPLES = 100_000

Labels = tuple[tuple[str, str], ...]

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*+")
_REST = re.compile(
    r'(?:[ \t]*+\{(?P<labels>(?:[^"}]|"(?:[^"\\]|\\.)*+")*+)\})?[ \t]++(?P<value>\S++)'
    r"(?:[ \t]++-?\d++(?:\.\d++)?)?[ \t]*+(?:#.*)?"  # a time stamp; an exemplar, which OpenMetrics adds
)
_LABEL = re.compile(r'[ \t]*+([a-zA-Z_][a-zA-Z0-9_]*+)[ \t]*+=[ \t]*+"((?:[^"\\]|\\.)*+)"[ \t]*+(?:,|\Z)')
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_ESCAPED = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}


class Sample(NamedTuple):
    """One line: its labels sorted by name, its value finite."""

    name: str
    labels: Labels
    value: float
    line: int

    def label(self, name: str) -> str:
        """The label's value, "" where there is none: the format takes both for the same."""
        return dict(self.labels).get(name, "")


def samples_named(names: Collection[str], text: str, where: str) -> list[Sample]:
    """The page's samples with one of these names, in its order. Raises RunFileProblem.

    A series that stands there twice must have one value.
    """
    found: dict[tuple[str, Labels], Sample] = {}
    for number, line in enumerate(text.split("\n"), 1):
        name = _NAME.match(line)
        if name is None or name[0] not in names:
            continue
        if len(line) > MAX_LINE or len(found) >= MAX_SAMPLES:
            raise bad_data(f"{where}, line {number}", "more than a page of an engine holds")
        sample = _sample(name[0], line[name.end() :].rstrip("\r"), number, f"{where}, line {number}")
        known = found.setdefault((sample.name, sample.labels), sample)
        if known.value != sample.value:
            raise bad_data(
                where,
                f"{name[0]} stands there twice, in lines {known.line} and {number}",
                "save one page to a file; --before takes the earlier one",
            )
    return list(found.values())


def _sample(name: str, rest: str, number: int, where: str) -> Sample:
    match = _REST.fullmatch(rest)
    if match is None:
        raise bad_data(where, f"not a line of a Prometheus page: {name}{rest[:60]}")
    word = match["value"]
    value = float(word) if _NUMBER.fullmatch(word) else math.nan
    if not math.isfinite(value):
        raise bad_data(where, f"the value of {name} is {word[:24]}, not a finite number")
    return Sample(name, _labels(match["labels"] or "", where), value, number)


def _labels(text: str, where: str) -> Labels:
    found: dict[str, str] = {}
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _LABEL.match(text, at)
        if match is None or match[1] in found:
            raise bad_data(where, f"labels that cannot be read: {text[at : at + 60]}")
        found[match[1]] = re.sub(r"\\.", lambda escape: _ESCAPED.get(escape[0], escape[0]), match[2])
        at = match.end()
    return tuple(sorted(found.items()))
