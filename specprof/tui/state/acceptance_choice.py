"""The acceptance model that is shown, and changing it: another model, or one of its parameters."""

from __future__ import annotations

from dataclasses import dataclass, replace

from specprof.analysis.acceptance import PUBLISHED, AcceptanceModel, LogFit


@dataclass(frozen=True)
class AcceptanceChoice:
    models: tuple[AcceptanceModel, ...] = (PUBLISHED,)
    """One of each kind, as far as the user has changed it."""
    at: int = 0
    chosen: int = 0
    """Index of the parameter that + and − change."""

    @property
    def model(self) -> AcceptanceModel:
        return self.models[self.at]

    @property
    def parameters(self):
        return list(self.model.parameters)

    def next_model(self) -> AcceptanceChoice:
        return replace(self, at=(self.at + 1) % len(self.models), chosen=0)

    def next_parameter(self, step: int) -> AcceptanceChoice:
        return replace(self, chosen=(self.chosen + step) % max(1, len(self.parameters)))

    def nudged(self, steps: int) -> AcceptanceChoice:
        name = self.parameters[self.chosen]
        value = round(max(0.0, self.model.parameters[name] + steps * 0.01), 3)
        models = list(self.models)
        models[self.at] = replace(self.model, **{name: value})
        return replace(self, models=tuple(models))

    @property
    def shown(self):
        from specprof.tui.widgets.model_panel import ModelNow, ParameterNow

        m = self.model
        return ModelNow(
            m.name,
            self.at + 1,
            len(self.models),
            m.formula,
            m.source,
            tuple(
                ParameterNow(n, f"{v:g}", "0 … 2", i == self.chosen)
                for i, (n, v) in enumerate(m.parameters.items())
            ),
        )
