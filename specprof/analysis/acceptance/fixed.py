"""A model without a parameter to change: it is what was measured or given."""

from __future__ import annotations

from typing import ClassVar, Self

from specprof.analysis.acceptance.model import Parameter
from specprof.errors import UsageProblem


class Fixed:
    """Base of the models that come from numbers and not from a formula."""

    parameters: ClassVar[dict[str, float]] = {}
    parameter_kinds: ClassVar[tuple[Parameter, ...]] = ()

    def with_parameter(self, name: str, value: float) -> Self:
        raise UsageProblem(
            f"this acceptance model has no parameter {name[:40]!a}", "it is what was measured or given"
        )
