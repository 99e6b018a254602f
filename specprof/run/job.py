"""What the session tells the measuring child: the plan and how far an earlier process came."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from specprof.plan.plan import Cell, Plan, Row
from specprof.plan.validation import Way
from specprof.run.events import ModelBuilt
from specprof.run.mode_check import RanAs
from specprof.run.statistics import Estimate

PAUSE = b"p"
"""A wish on the pipe that goes to the child, as `GO_ON` is. The last one counts."""
GO_ON = b"g"


class Job(BaseModel):
    """One child's work. `ended` cells are left alone; K = 1 is measured again where its row goes on.

    The budget counts anew for what is left to measure.
    """

    model_config = ConfigDict(frozen=True)

    plan: Plan
    origin_s: float = Field(description="Value of the machine's monotonic clock at the run's t_s = 0")
    ended: list[Cell] = Field(default_factory=list)
    known: list[tuple[Cell, Estimate]] = Field(
        default_factory=list, description="T(K)/T(1) of cells measured before, where the grid is refined"
    )
    built: ModelBuilt | None = Field(
        default=None, description="How an earlier child executed its steps, as this one must too"
    )
    without_modes: list[RanAs] = Field(
        default_factory=list, description="Execution modes whose check a child died of"
    )
    without_draft: list[Row] = Field(
        default_factory=list, description="Rows whose draft pass failed before: they go without"
    )
    without_decoding: list[tuple[Row, Way]] = Field(
        default_factory=list, description="Rows and ways of decoding that failed before: they go without"
    )
    unprofiled: list[Cell] = Field(
        default_factory=list, description="Cells measured before whose time is still to be broken down"
    )
    next_round: dict[str, int] = Field(
        default_factory=dict, description="First free round of rows begun before, by `row_key`"
    )

    def rows_to_draft(self) -> list[Row]:
        """Rows with cells to measure that have not lost their draft pass."""
        gone, ended = set(self.without_draft), set(self.ended)
        rows = (row for row in self.plan.rows() if row not in gone)
        return [row for row in rows if any(Cell(*row, k) not in ended for k in self.plan.counts(row))]

    def first_round(self, row: Row) -> int:
        return self.next_round.get(row_key(row), 0)


def row_key(row: Row) -> str:
    return f"{row.batch_size}x{row.seq_len}"
