"""The least time that a verify step can take on a device: the later of two limits.

Its weights and cache must be read once at the measured bandwidth, and its matrix products computed at the
measured rate (the roofline, Williams et al. 2009). A step that stays in the caches can be faster than the
first. Both at full depth, as latencies are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from specprof.plan.flops import step_flops
from specprof.plan.memory import step_bytes
from specprof.plan.plan import Cell, Plan
from specprof.run.cell_record import CellRecord
from specprof.run.record import RunRecord
from specprof.run.statistics import Estimate

Limit = Literal["bandwidth", "products"]


class Floor(NamedTuple):
    """The two limits of one cell, ms. `products_ms` is None where the rate of its products is not known."""

    bandwidth_ms: float
    products_ms: float | None

    @property
    def limit(self) -> Limit:
        """Which of them is the floor."""
        bound = self.products_ms is not None and self.products_ms > self.bandwidth_ms
        return "products" if bound else "bandwidth"

    @property
    def ms(self) -> float:
        return max(self.bandwidth_ms, self.products_ms or 0.0)


@dataclass(frozen=True)
class Rates:
    """What a device was measured to do at most. `flops_per_s` is None where that does not hold for the
    plan's products; `why_no_flops` then says why."""

    bytes_per_s: float
    flops_per_s: float | None
    why_no_flops: str = ""

    def floor(self, plan: Plan, cell: Cell) -> Floor:
        products = None if self.flops_per_s is None else 1e3 * step_flops(plan, cell) / self.flops_per_s
        return Floor(1e3 * step_bytes(plan, cell) / self.bytes_per_s, products)


def rates_of(record: RunRecord) -> Rates | None:
    """The measured rates of a run; None where it did not measure its bandwidth.

    The rate of products is that of the plan's number type, so that it says nothing of products in float8.
    """
    device = record.environment.device if record.environment else None
    if device is None or device.stream_bytes_per_s is None:
        return None
    if record.plan.quantization == "fp8":
        return Rates(device.stream_bytes_per_s, None, "the rate of products in float8 was not measured")
    if device.gemm_flops_per_s is None:
        return Rates(device.stream_bytes_per_s, None, "the rate of matrix products was not measured")
    return Rates(device.stream_bytes_per_s, device.gemm_flops_per_s)


class Above(NamedTuple):
    """How a cell's latency stands to its floor."""

    floor: Floor
    multiple: Estimate
    """Latency over floor."""
    samples: int


@dataclass(frozen=True)
class Floors:
    """The floors of the cells of one run."""

    plan: Plan
    rates: Rates
    cells: Mapping[Cell, CellRecord]

    def of(self, cell: Cell) -> Floor:
        return self.rates.floor(self.plan, cell)

    def above(self, cell: Cell) -> Above | None:
        """None where the cell has no latency."""
        found, floor = self.cells.get(cell), self.of(cell)
        if found is None or found.latency_ms is None or found.measured_ms is None:
            return None
        multiple = Estimate(*(bound / floor.ms for bound in found.latency_ms.estimate))
        return Above(floor, multiple, len(found.measured_ms.samples))


def floors_of(record: RunRecord, cells: Mapping[Cell, CellRecord]) -> Floors | None:
    """The floors of a run, whose cells these are; None where it did not measure its bandwidth."""
    rates = rates_of(record)
    return None if rates is None else Floors(record.plan, rates, cells)
