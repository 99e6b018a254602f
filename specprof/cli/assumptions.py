"""What a speedup assumes, as options of every command that shows one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from specprof.analysis.acceptance import AcceptanceModel

_MODELS = (
    "Acceptance model, NAME:param=value: log-fit (default), chain:alpha=0.8, positions:file=PATH, "
    "table:file=PATH, medusa:model=7b, sequoia:model=7b."
)
AcceptanceAsked = Annotated[
    list[str] | None,
    typer.Option("--acceptance", help=f"{_MODELS} Several stand side by side.", metavar="MODEL"),
]
OneAcceptanceAsked = Annotated[
    list[str] | None,  # a list, so that a second one is refused and does not silently replace the first
    typer.Option("--acceptance", help=_MODELS, metavar="MODEL"),
]
DraftCostAsked = Annotated[
    str | None,
    typer.Option(
        "--draft-cost",
        help="What one draft pass costs: a fraction of a target step, or measured. "
        "[as measured by run --drafter, else 0]",
        metavar="C|measured",
    ),
]


def models_from(texts: Sequence[str] | None) -> tuple[AcceptanceModel, ...]:
    """The acceptance models asked for, the first of them the one that is drawn; never empty.

    Raises UsageProblem, and RunFileProblem for a file of measured acceptance that cannot be used.
    """
    from specprof.analysis.acceptance import PUBLISHED, acceptance_from

    if not texts:
        return (PUBLISHED,)
    from specprof.engines.metrics import read_acceptance

    return tuple(dict.fromkeys(acceptance_from(text, read_acceptance) for text in texts))


def model_from(texts: Sequence[str] | None) -> AcceptanceModel:
    """The one acceptance model asked for. Raises what `models_from` raises, and UsageProblem for several."""
    from specprof.errors import UsageProblem

    models = models_from(texts)
    if len(models) > 1:
        raise UsageProblem(
            "this command takes one --acceptance", "specprof schedule sets several side by side"
        )
    return models[0]
