"""The decode lines of an SGLang server's log.

Such a line, every 40 steps by default (--decode-log-interval), reads
`Decode batch, #running-req: 4, #token: 812, token usage: 0.01, accept len: 2.34, accept rate: 0.45, …`
and averages over the steps since the last. Older servers print no accept rate.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from math import fsum
from typing import NamedTuple

from specprof.engines.metrics.measured import MeasuredAcceptance, bad_data
from specprof.engines.metrics.sglang_figures import Speculation, fitted

MARK = "accept len:"

_LINE = re.compile(r"accept len: ?(?P<length>[^\s,]+)(?:, ?accept rate: ?(?P<rate>[^\s,]+))?")
_RUNNING = re.compile(r"#running-req: ?(\d{1,9})\b", re.ASCII)
_ARGUMENT = re.compile(r"\bspeculative_(num_steps|eagle_topk|num_draft_tokens)=(\d{1,6})\b", re.ASCII)
_ADAPTIVE = "speculative_adaptive=True"
_NUMBER = re.compile(r"\d{1,9}(?:\.\d{1,9})?", re.ASCII)
_PRINTED = 0.005
"""Two decimals are printed."""


class _Decoded(NamedTuple):
    length: float
    rate: float | None
    running: int | None


def read_sglang_log(text: str, where: str) -> MeasuredAcceptance:
    """A fitted chain of the lines' mean accept length. Raises RunFileProblem.

    A line counts as its running requests do, since each of them took the interval's steps; equally where
    some line does not tell them.
    """
    lines = list(_lines(text, where))
    if not lines:
        raise bad_data(where, f"no line with '{MARK}'", "name the log of an SGLang server that speculates")
    running = [line.running for line in lines if line.running]
    weighted = len(running) == len(lines)
    weights = running if weighted else [1] * len(lines)
    mean = fsum(line.length * weight for line, weight in zip(lines, weights, strict=True)) / sum(weights)
    how = "weighted by their running requests" if weighted else "weighted equally"
    return fitted(
        where,
        f"SGLang log, {len(lines):,} line{'s' * (len(lines) != 1)}",
        mean,
        [(line.length, line.rate) for line in lines if line.rate is not None],
        _PRINTED,
        _speculation(text),
        [f"Mean of {len(lines):,} decode line{'s' * (len(lines) != 1)}, {how}."],
    )


def _lines(text: str, where: str) -> Iterator[_Decoded]:
    for number, line in enumerate(text.split("\n"), 1):
        match = _LINE.search(line)
        if match is None:
            continue
        at = f"{where}, line {number}"
        length = _figure(match["length"], "accept len", at)
        if length < 1:
            raise bad_data(at, f"accept len is {length:g}", "the bonus token counts, so it is 1 or more")
        rate = None if match["rate"] is None else _figure(match["rate"], "accept rate", at)
        if rate is not None and rate > 1:
            raise bad_data(at, f"accept rate is {rate:g}", "a rate lies between 0 and 1")
        running = _RUNNING.search(line)
        yield _Decoded(length, rate, int(running[1]) if running else None)


def _figure(word: str, name: str, at: str) -> float:
    value = float(word) if _NUMBER.fullmatch(word) else math.nan
    if math.isnan(value):
        raise bad_data(at, f"{name} is {word[:24]}, not a number")
    return value


def _speculation(text: str) -> Speculation:
    """What the server's arguments, printed as it starts, say; nothing where two starts differ."""
    said: dict[str, set[int]] = {}
    for name, digits in _ARGUMENT.findall(text):
        said.setdefault(name, set()).add(int(digits))
    # an adaptive server changes its number of steps as it runs
    if _ADAPTIVE in text or any(len(values) > 1 for values in said.values()):
        return Speculation()
    told = {name: values.pop() for name, values in said.items()}
    return Speculation(told.get("num_steps"), told.get("eagle_topk"), told.get("num_draft_tokens"))
