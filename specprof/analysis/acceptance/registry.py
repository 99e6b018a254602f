"""The acceptance models by their names, and what `--acceptance NAME:param=value` means."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from specprof.analysis.acceptance.chain import Chain
from specprof.analysis.acceptance.log_fit import LogFit
from specprof.analysis.acceptance.model import AcceptanceModel
from specprof.errors import UsageProblem

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
                f"acceptance parameter {given[:40]!a} is not NAME=NUMBER", f"write {model.text}"
            )
        if parameter in said:
            raise UsageProblem(f"acceptance parameter {parameter[:40]!a} is given twice", "give it once")
        said.add(parameter)
        model = model.with_parameter(parameter, value)
    return model


def _given(text: str) -> Iterable[str]:
    return (part for part in text.split(",") if part.strip())
