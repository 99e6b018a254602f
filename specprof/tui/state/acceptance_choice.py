"""The acceptance model that is shown, and changing it: another model, or one of its parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from specprof.analysis.acceptance import ACCEPTANCE_MODELS, AcceptanceModel, Parameter


@dataclass(frozen=True)
class ParameterNow:
    name: str
    value: str
    bounds: str
    """`0 … 2`"""
    what: str
    """What it is, in a few words."""
    chosen: bool


@dataclass(frozen=True)
class ModelNow:
    name: str
    number: int
    of: int
    """It is the `number`-th of so many models."""
    formula: str
    source: str
    parameters: tuple[ParameterNow, ...]


def with_others(models: Sequence[AcceptanceModel]) -> tuple[AcceptanceModel, ...]:
    """The models asked for first, then one of each other kind."""
    asked = {model.name for model in models}
    return (*models, *(model for model in ACCEPTANCE_MODELS if model.name not in asked))


@dataclass(frozen=True)
class AcceptanceChoice:
    models: tuple[AcceptanceModel, ...] = ACCEPTANCE_MODELS
    """One of each kind, as far as the user has changed it."""
    at: int = 0
    chosen: int = 0
    """Index of the parameter that + and − change."""

    @property
    def model(self) -> AcceptanceModel:
        return self.models[self.at]

    @property
    def _kinds(self) -> tuple[Parameter, ...]:
        return self.model.parameter_kinds

    def next_model(self) -> AcceptanceChoice:
        return replace(self, at=(self.at + 1) % len(self.models), chosen=0)

    def next_parameter(self, step: int) -> AcceptanceChoice:
        return replace(self, chosen=(self.chosen + step) % max(1, len(self._kinds)))

    def nudged(self, steps: int) -> AcceptanceChoice:
        """The chosen parameter some of its steps away, within its range."""
        if not self._kinds:
            return self
        kind = self._kinds[self.chosen]
        value = kind.nudged(self.model.parameters[kind.name], steps)
        models = list(self.models)
        models[self.at] = self.model.with_parameter(kind.name, value)
        return replace(self, models=tuple(models))

    @property
    def shown(self) -> ModelNow:
        values = self.model.parameters
        return ModelNow(
            self.model.name,
            self.at + 1,
            len(self.models),
            self.model.formula,
            self.model.source,
            tuple(
                ParameterNow(
                    name=kind.name,
                    value=f"{values[kind.name]:g}",
                    bounds=f"{kind.low:g} … {kind.high:g}",
                    what=kind.what,
                    chosen=index == self.chosen,
                )
                for index, kind in enumerate(self._kinds)
            ),
        )
