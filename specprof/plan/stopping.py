"""When a cell has been measured well enough."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator


class StoppingRule(BaseModel):
    """A cell stops when its interval is narrow enough, when more samples stop helping, or at the budget.

    The interval is tested only when the sample count reaches the next term of a geometric series:
    testing after every sample stops on lucky streaks, and the interval then covers too rarely.
    """

    model_config = ConfigDict(frozen=True)

    target_ci: float = Field(gt=0, lt=1, description="Relative half-width of the 95 % interval to reach")
    budget_s: float | None = Field(
        default=None, gt=0, le=1e6, description="Seconds for all measuring, without imports and model build"
    )
    min_samples: int = Field(default=10, ge=3, le=10_000, strict=True)
    max_samples: int = Field(default=200, ge=3, le=100_000, strict=True)
    min_time_s: float = Field(default=0.3, ge=0, le=3600, description="Seconds of samples a cell must hold")
    growth: float = Field(default=1.5, ge=1.01, le=10, description="Ratio of the geometric series of tests")
    min_rounds: int = Field(
        default=4,
        ge=1,
        le=100_000,
        strict=True,
        description="Rounds a row must be able to afford, or the longest sequence lengths are dropped",
    )
    drop_rows: bool = Field(
        default=False, description="Whether sequence lengths may be dropped to keep to the budget"
    )

    @model_validator(mode="after")
    def _samples_agree(self) -> StoppingRule:
        if self.max_samples < self.min_samples:
            raise ValueError(f"max_samples {self.max_samples} is less than min_samples {self.min_samples}")
        return self


def next_test(count: int, rule: StoppingRule) -> int:
    """The next sample count, after `count`, at which the interval is tested."""
    following = float(rule.min_samples)
    while int(following) <= count:
        following *= rule.growth
    return int(following)
