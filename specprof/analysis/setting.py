"""What a run was measured on, as far as it may explain the shape of its curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from specprof.plan.model import BYTES_PER_VALUE, ModelShape
from specprof.plan.modes import Attention, Workload
from specprof.plan.plan import Cell
from specprof.run.breakdown import Breakdown
from specprof.run.record import RunRecord


@dataclass(frozen=True)
class Setting:
    """Shapes, device and, where cells were profiled, the parts of a step and the kernels that ran."""

    shape: ModelShape
    value_bytes: int
    on_gpu: bool
    workload: Workload
    attention: Attention
    breakdowns: Mapping[Cell, Breakdown]
    sm_count: int | None = None
    l2_bytes: int | None = None
    refined: bool = False
    published: bool = False


def setting_of(record: RunRecord) -> Setting:
    """The setting of a run, or of a published figure, which names a model and no device."""
    plan = record.plan
    device = record.environment.device if record.environment else None
    return Setting(
        shape=plan.model,
        value_bytes=BYTES_PER_VALUE[plan.dtype],
        on_gpu=plan.device.startswith("cuda") if device is None else device.kind == "cuda",
        workload=plan.workload,
        attention=plan.attention,
        breakdowns={cell.cell: cell.breakdown for cell in record.cells if cell.breakdown},
        sm_count=device.sm_count if device else None,
        l2_bytes=device.l2_bytes if device else None,
        refined=plan.refinement is not None,
        published=record.reference is not None,
    )
