"""The published log fit, and how its formula is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from specprof.analysis.acceptance.model import Parameter, Parametric, Vector


@dataclass(frozen=True)
class LogFit(Parametric):
    """E(K) = base + a · ln K: the fit of the Medusa paper (arXiv 2401.10774, appendix), a = 0.477.

    The paper prints `0.477 log(K)`; its curve starts at 1.0 for K = 1 and matches 1 + 0.477 ln K.
    """

    a: float = 0.477
    base: float = 1.0

    kinds: ClassVar = (
        Parameter("a", 0.0, 2.0, 0.01, "tokens gained per e-fold of candidates"),
        Parameter("base", 0.1, 2.0, 0.05, "tokens of a step without speculation"),
    )

    @property
    def name(self) -> str:
        return "log-fit"

    @property
    def source(self) -> str:
        return "Medusa, arXiv 2401.10774, appendix"

    @property
    def formula(self) -> str:
        return f"{self.base:g} + {self.a:g} ln K"

    def expected_tokens(self, candidates: ArrayLike) -> Vector:
        counts = np.asarray(candidates, dtype=np.float64)
        tokens: Vector = self.base + self.a * np.log(counts)
        return tokens

    def draft_depth(self, candidates: ArrayLike) -> Vector:
        """The fit says nothing of the trees behind it."""
        counts = np.asarray(candidates, dtype=np.float64)
        return np.where(counts > 1, np.nan, 0.0)


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
