"""Acceptance models: how many tokens one verify step of K candidates is expected to yield."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Vector = NDArray[np.float64]


class AcceptanceModel(Protocol):
    """Expected tokens per step, by K. K counts the root, so one candidate always yields one token."""

    @property
    def name(self) -> str: ...

    @property
    def source(self) -> str:
        """Where the formula and its parameters come from."""

    @property
    def parameters(self) -> dict[str, float]: ...

    @property
    def formula(self) -> str:
        """The formula with its parameters filled in, as shown beside every result."""

    def expected_tokens(self, candidates: ArrayLike) -> Vector:
        """Expected tokens per verify step, the same shape as `candidates` (counts ≥ 1)."""


@dataclass(frozen=True)
class LogFit:
    """E(K) = base + a · ln K: the fit of the Medusa paper (arXiv 2401.10774, appendix), a = 0.477.

    The paper prints `0.477 log(K)`; its curve starts at 1.0 for K = 1 and matches 1 + 0.477 ln K.
    """

    a: float = 0.477
    base: float = 1.0

    @property
    def name(self) -> str:
        return "log-fit"

    @property
    def source(self) -> str:
        return "Medusa, arXiv 2401.10774, appendix"

    @property
    def parameters(self) -> dict[str, float]:
        return {"a": self.a, "base": self.base}

    @property
    def formula(self) -> str:
        return f"{self.base:g} + {self.a:g} ln K"

    def expected_tokens(self, candidates: ArrayLike) -> Vector:
        counts = np.asarray(candidates, dtype=np.float64)
        tokens: Vector = self.base + self.a * np.log(counts)
        return tokens


_NUMBER = r"(\d{1,6}(?:\.\d{1,12})?)"
_LOG_FIT = re.compile(rf"{_NUMBER} \+ {_NUMBER} ln K")


def log_fit_from(formula: str) -> LogFit | None:
    """The log fit that a formula such as `1 + 0.477 ln K` names; None where it is none with E(1) > 0."""
    match = _LOG_FIT.fullmatch(formula.strip())
    if match is None or float(match[1]) <= 0:
        return None
    return LogFit(a=float(match[2]), base=float(match[1]))


PUBLISHED = LogFit()
"""The acceptance model where the user names none."""
