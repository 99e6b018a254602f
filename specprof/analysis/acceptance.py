"""Acceptance models: how many tokens one verify step of K candidates is expected to yield."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import ClassVar, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from specprof.errors import UsageProblem

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Parameter:
    """A number that a model can be changed by, its range, and a step that makes a visible difference."""

    name: str
    low: float
    high: float
    step: float
    what: str

    def checked(self, value: float) -> float:
        """The value. Raises UsageProblem where it is out of range."""
        if not self.low <= value <= self.high:
            raise UsageProblem(
                f"acceptance parameter {self.name} {value:g} is out of range",
                f"it lies between {self.low:g} and {self.high:g}",
            )
        return value

    def nudged(self, value: float, steps: int) -> float:
        """The value some steps away, within its range."""
        return min(self.high, max(self.low, round(value + steps * self.step, 6)))


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
    def parameter_kinds(self) -> tuple[Parameter, ...]:
        """Range and step of each parameter, in the order of `parameters`."""

    def with_parameter(self, name: str, value: float) -> Self:
        """The same model with another value. Raises UsageProblem for an unknown name or out of range."""

    @property
    def formula(self) -> str:
        """The formula with its parameters filled in, as shown beside every result."""

    def expected_tokens(self, candidates: ArrayLike) -> Vector:
        """Expected tokens per verify step, the same shape as `candidates` (counts ≥ 1)."""


@dataclass(frozen=True)
class _Parametric:
    """A model whose parameters are its fields."""

    kinds: ClassVar[tuple[Parameter, ...]] = ()

    @property
    def parameters(self) -> dict[str, float]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def parameter_kinds(self) -> tuple[Parameter, ...]:
        return self.kinds

    def with_parameter(self, name: str, value: float) -> Self:
        kind = next((kind for kind in self.kinds if kind.name == name), None)
        if kind is None:
            known = ", ".join(kind.name for kind in self.kinds)
            raise UsageProblem(f"this acceptance model has no parameter {name[:40]!a}", f"it has {known}")
        return replace(self, **{name: kind.checked(value)})


@dataclass(frozen=True)
class LogFit(_Parametric):
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


@dataclass(frozen=True)
class Chain(_Parametric):
    """One chain of drafts, each accepted with probability α if all before it were (Leviathan et al.,
    arXiv 2211.17192, eq. 1): E = (1 − α^(γ+1)) / (1 − α) with γ drafts. K counts the root: γ = K − 1."""

    alpha: float = 0.8

    kinds: ClassVar = (Parameter("alpha", 0.0, 1.0, 0.01, "probability that a draft token is accepted"),)

    @property
    def name(self) -> str:
        return "chain"

    @property
    def source(self) -> str:
        return "Leviathan et al., arXiv 2211.17192, eq. 1"

    @property
    def formula(self) -> str:
        return f"(1 − {self.alpha:g}^K) / (1 − {self.alpha:g})" if self.alpha < 1 else "K"

    def expected_tokens(self, candidates: ArrayLike) -> Vector:
        counts = np.asarray(candidates, dtype=np.float64)
        if self.alpha >= 1:
            return counts.copy()
        if self.alpha <= 0:
            return np.ones_like(counts)
        # 1 − α^K by expm1: near α = 1 numerator and denominator both vanish
        tokens: Vector = -np.expm1(counts * np.log(self.alpha)) / (1 - self.alpha)
        return tokens


ACCEPTANCE_MODELS: tuple[AcceptanceModel, ...] = (LogFit(), Chain())
"""One of each kind, with its default parameters."""


def acceptance_from(text: str) -> AcceptanceModel:
    """The model that `NAME` or `NAME:param=value,param=value` means, e.g. `chain:alpha=0.7`.

    Raises UsageProblem.
    """
    name, _, rest = text.strip().partition(":")
    model = next((model for model in ACCEPTANCE_MODELS if model.name == name), None)
    if model is None:
        known = ", ".join(model.name for model in ACCEPTANCE_MODELS)
        raise UsageProblem(f"there is no acceptance model {name[:40]!a}", f"choose {known}")
    said: set[str] = set()
    for given in _given(rest):
        parameter, equals, word = (part.strip() for part in given.partition("="))
        try:
            value = float(word) if equals else float("nan")
        except ValueError:
            value = float("nan")
        if not np.isfinite(value):
            raise UsageProblem(
                f"acceptance parameter {given[:40]!a} is not NAME=NUMBER", f"write {_example(model)}"
            )
        if parameter in said:
            raise UsageProblem(f"acceptance parameter {parameter[:40]!a} is given twice", "give it once")
        said.add(parameter)
        model = model.with_parameter(parameter, value)
    return model


def _given(text: str) -> Iterable[str]:
    return (part for part in text.split(",") if part.strip())


def _example(model: AcceptanceModel) -> str:
    return model.name + ":" + ",".join(f"{name}={value:g}" for name, value in model.parameters.items())


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
