"""What an acceptance model is: how many tokens one verify step of K candidates is expected to yield."""

from __future__ import annotations

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

    @property
    def text(self) -> str:
        """What `--acceptance` was or would be given for it, e.g. `chain:alpha=0.7`."""

    def expected_tokens(self, candidates: ArrayLike) -> Vector:
        """Expected tokens per verify step, the same shape as `candidates` (counts ≥ 1).

        NaN where the model does not know: a table or measured positions end somewhere.
        """

    def draft_depth(self, candidates: ArrayLike) -> Vector:
        """Sequential draft passes that propose K candidates one behind the other: the depth of what is
        proposed, 0 for K = 1. NaN where the model does not say in which shape its candidates come."""


@dataclass(frozen=True)
class Parametric:
    """A model whose parameters are its fields."""

    kinds: ClassVar[tuple[Parameter, ...]] = ()

    @property
    def name(self) -> str:
        raise NotImplementedError

    @property
    def parameters(self) -> dict[str, float]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def parameter_kinds(self) -> tuple[Parameter, ...]:
        return self.kinds

    def with_parameter(self, name: str, value: float) -> Self:
        kinds = self.parameter_kinds
        kind = next((kind for kind in kinds if kind.name == name), None)
        if kind is None:
            known = ", ".join(kind.name for kind in kinds)
            raise UsageProblem(f"this acceptance model has no parameter {name[:40]!a}", f"it has {known}")
        return replace(self, **{name: kind.checked(value)})

    @property
    def text(self) -> str:
        return self.name + ":" + ",".join(f"{name}={value:g}" for name, value in self.parameters.items())
