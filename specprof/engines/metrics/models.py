"""Which of the models on a page is meant."""

from __future__ import annotations

from collections.abc import Collection

from specprof.engines.metrics.prometheus_text import Labels
from specprof.errors import UsageProblem
from specprof.run.sanitize import clean

_SHOWN = 8


def model_of(labels: Labels) -> str:
    """The model that a series tells of, as it may be shown; "" where it names none."""
    return clean(dict(labels).get("model_name", ""), 200)


def chosen_model(there: Collection[str], asked: str | None, where: str) -> str:
    """The one model, or the one asked for. Raises UsageProblem naming those there are."""
    listed = ", ".join(name or "(unnamed)" for name in sorted(there)[:_SHOWN]) + (
        " …" if len(there) > _SHOWN else ""
    )
    if asked is None:
        if len(there) > 1:
            raise UsageProblem(
                f"{where} tells of {len(there)} models: {listed}",
                "choose one with specprof acceptance --model",
            )
        return next(iter(there))
    if clean(asked, 200) not in there:
        raise UsageProblem(
            f"{where} tells of no model {clean(asked, 200)}",
            f"choose {listed}" if any(there) else "it names none",
        )
    return clean(asked, 200)
