"""Made-up runs whose cells were profiled. Nothing here was measured."""

from __future__ import annotations

from run.streams import Story, build_record

from specprof.run.breakdown import Breakdown, Kernel
from specprof.run.mode_check import ModeCheck, SdpaBackend
from specprof.run.record import RunRecord

HOSTILE = "void <script>alert('k')</script>[bold]&\"x\""


def breakdown(*sizes: float, total_ms: float | None = None, kernels: tuple[Kernel, ...] = ()) -> Breakdown:
    """Of linear, attention, elementwise, head and gaps, ms."""
    names = ("linear_ms", "attention_ms", "elementwise_ms", "head_ms", "gaps_ms")
    return Breakdown(
        **dict(zip(names, sizes, strict=True)),
        total_ms=sum(sizes) if total_ms is None else total_ms,
        kernels=list(kernels),
    )


def profiled(**story: object) -> RunRecord:
    """Three counts by three sequence lengths, each cell profiled."""
    asked = {"seq_lens": (128, 512, 8192), "candidates": (1, 16, 64, 112), **story}
    return build_record(Story(**asked))  # type: ignore[arg-type]


def with_kernels(record: RunRecord, names: dict[int, str], part: str = "attention") -> RunRecord:
    """The same run where at each K another kernel took longest in a part."""

    def changed(found: Breakdown, name: str) -> Breakdown:
        kernels = [Kernel(name=name, part=part, ms=1, calls=1)]
        return found.model_copy(update={"kernels": kernels})

    cells = [
        cell.model_copy(update={"breakdown": changed(cell.breakdown, names[cell.candidates])})
        if cell.breakdown is not None
        else cell
        for cell in record.cells
    ]
    return record.model_copy(update={"cells": cells})


def with_checks(record: RunRecord) -> RunRecord:
    """With two modes checked, one of them dropped, and what ran behind sdpa."""
    return record.model_copy(
        update={
            "checks": [
                ModeCheck(execution="eager", attention="sdpa", error=0.0021, tolerance=0.02, step_ms=12.3),
                ModeCheck(
                    execution="compile",
                    attention="eager",
                    error=0.31,
                    tolerance=0.02,
                    compiled=3,
                    dropped="its logits are too far off",
                ),
            ],
            "sdpa_backends": [
                SdpaBackend(form="masked", backend="efficient", operator="aten::_efficient_attention_forward")
            ],
        }
    )
