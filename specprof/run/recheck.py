"""What a document says of itself against what its samples give: the samples are believed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

import numpy as np
from pydantic import ValidationError

from specprof.errors import RunFileProblem
from specprof.plan.plan import Cell, Row
from specprof.plan.validation import Way
from specprof.run.cell_record import CellRecord, DraftRecord, Interval, Measured
from specprof.run.decoding_state import block_fault
from specprof.run.events import EventModel
from specprof.run.held_times import TIMED, held_times, held_words
from specprof.run.record import RunRecord
from specprof.run.reduce import Reduction
from specprof.run.strict_json import validation_problem
from specprof.run.unfold import unfold

TOLERANCE = 1e-6
"""Relative difference up to which a stored statistic agrees with the recomputed one."""
MAX_WARNINGS = 20

_INTERVALS = (*TIMED, "latency_ms", "ratio", "beside_latency_ms", "beside_ratio", "beside_over")


def check_reference(record: RunRecord, where: str) -> None:
    """A published figure holds speedups `[sequence length][candidates]` of one batch size, and nothing that
    was measured."""
    reference, plan = record.reference, record.plan
    assert reference is not None
    for name in ("cells", "drafts", "validation", "telemetry"):
        if getattr(record, name):
            raise RunFileProblem(f"{where}: {name}: a published figure has none")
    if len(plan.batch_sizes) != 1:
        raise RunFileProblem(f"{where}: plan.batch_sizes: a published figure has one")
    if len(reference.speedup) != len(plan.seq_lens):
        raise RunFileProblem(
            f"{where}: reference.speedup: {len(reference.speedup)} rows "
            f"for {len(plan.seq_lens)} sequence lengths"
        )
    for index, row in enumerate(reference.speedup):
        if len(row) != len(plan.candidates):
            raise RunFileProblem(
                f"{where}: reference.speedup[{index}]: {len(row)} values "
                f"for {len(plan.candidates)} candidate counts"
            )


def check_cells(record: RunRecord, where: str) -> None:
    """Refuses cells that cannot be computed with: not of the plan, there twice, lists that do not match."""
    planned, seen = set(record.plan.cells()), set[Cell]()
    for index, cell in enumerate(record.cells):
        path = f"{where}: cells[{index}]"
        if cell.cell not in planned:
            raise RunFileProblem(f"{path}: {cell.cell} is not in the plan")
        if cell.cell in seen:
            raise RunFileProblem(f"{path}: {cell.cell} is there twice")
        seen.add(cell.cell)
        for name in TIMED:
            measured = getattr(cell, name)
            if measured is not None:
                _check_lists(measured, f"{path}.{name}")
        if cell.measured_ms is None:
            continue
        for whole, part in (("measured_ms", "head_ms"), ("beside_ms", "beside_head_ms")):
            step, head = getattr(cell, whole), getattr(cell, part)
            if head is not None and (step is None or head.rounds != step.rounds):
                raise RunFileProblem(f"{path}.{part}.rounds: not those of {whole}")
        if cell.beside_ms is not None and record.plan.attention_beside is None:
            raise RunFileProblem(f"{path}.beside_ms: the plan has no second attention")


def check_drafts(record: RunRecord, where: str) -> None:
    """Refuses draft passes that are not of the plan's drafter and rows, or cannot be computed with."""
    drafter, rows, seen = record.plan.drafter, set(record.plan.rows()), set[Row]()
    for index, draft in enumerate(record.drafts):
        path = f"{where}: drafts[{index}]"
        said = (draft.drafter, draft.kind, draft.depth, draft.width)
        if drafter is None or said != (drafter.text, drafter.kind, drafter.depth, drafter.width):
            raise RunFileProblem(f"{path}: it is not the plan's drafter")
        if draft.row not in rows or draft.row in seen:
            place = f"batch {draft.batch_size}, seq_len {draft.seq_len}"
            said_of = "is there twice" if draft.row in seen else "is not in the plan"
            raise RunFileProblem(f"{path}: {place} {said_of}")
        seen.add(draft.row)
        if draft.pass_ms is not None:
            _check_lists(draft.pass_ms, f"{path}.pass_ms")


def check_validation(record: RunRecord, where: str) -> None:
    """Refuses decoding that is not of the plan's rows and settings, or cannot be computed with."""
    validation, rows = record.plan.validation, set(record.plan.rows())
    seen = set[tuple[Row, Way]]()
    for index, decoding in enumerate(record.validation):
        path, place = f"{where}: validation[{index}]", (decoding.row, decoding.way)
        if validation is None:
            raise RunFileProblem(f"{path}: the plan does not decode")
        known = decoding.row in rows and decoding.way in validation.ways(decoding.batch_size)
        if not known or place in seen:
            raise RunFileProblem(f"{path}: it is there twice, or not in the plan")
        seen.add(place)
        if len(decoding.sampled_at_s) != len(decoding.blocks):
            count = len(decoding.sampled_at_s)
            raise RunFileProblem(f"{path}.sampled_at_s: {count} values for {len(decoding.blocks)} blocks")
        for number, block in enumerate(decoding.blocks):
            fault = block_fault(record.plan, *place, block)
            if fault:
                raise RunFileProblem(f"{path}.blocks[{number}]: {fault}")


def _check_lists(measured: Measured, path: str) -> None:
    count = len(measured.samples)
    if not count:
        raise RunFileProblem(f"{path}.samples: empty")
    for name in ("rounds", "sampled_at_s"):
        length = len(getattr(measured, name))
        if length != count:
            raise RunFileProblem(f"{path}.{name}: {length} values for {count} samples")
    if not path.endswith("head_ms") and min(measured.samples) <= 0:
        index = measured.samples.index(min(measured.samples))
        raise RunFileProblem(f"{path}.samples[{index}]: a step cannot take 0 ms")


def reduced(events: Iterable[EventModel], where: str, item: str) -> Reduction:
    """The reduction of events from a file. `item` names them in a message: `where: line 12: …`."""
    reduction = Reduction()
    for number, event in enumerate(events, start=1):
        try:
            reduction.apply(event)
        except RunFileProblem as problem:
            raise RunFileProblem(f"{where}: {item} {number}: {problem.what}", problem.remedy) from None
    return reduction


def record_of(
    reduction: Reduction, where: str, paths: Mapping[Cell | Row, str] = MappingProxyType({})
) -> RunRecord:
    """The reduction's record. Raises RunFileProblem where a statistic of absurd samples overflows.

    `paths` says where in the file a cell or a draft pass stands.
    """
    try:
        with np.errstate(all="ignore"):
            return reduction.record()
    except ValidationError as error:
        found = _overflowing(reduction)
        place = "" if found is None else f"{paths.get(found) or found}: "
        raise validation_problem(error, f"{where}: {place}computed") from None


def _overflowing(reduction: Reduction) -> Cell | Row | None:
    """The first cell, or row of a draft pass, that has no record."""
    with np.errstate(all="ignore"):
        for cell in reduction.cells:
            try:
                reduction.cell_record(cell)
            except ValidationError:
                return cell
        for row in reduction.drafts:
            try:
                reduction.draft_record(row)
            except ValidationError:
                return row
    return None


def recomputed(stored: RunRecord, where: str) -> tuple[RunRecord, tuple[str, ...]]:
    """The record that a document's samples give, and a sentence for each thing it had said otherwise."""
    paths: dict[Cell | Row, str] = {cell.cell: f"cells[{index}]" for index, cell in enumerate(stored.cells)}
    paths.update((draft.row, f"drafts[{index}]") for index, draft in enumerate(stored.drafts))
    record = record_of(reduced(unfold(stored), where, "event"), where, paths)
    warnings = list(_disagreements(stored, record))
    if len(warnings) > MAX_WARNINGS:
        more = len(warnings) - MAX_WARNINGS
        warnings[MAX_WARNINGS:] = [f"… and {more} more statistics of the file do not follow from its samples"]
    return record, tuple(warnings)


def _disagreements(stored: RunRecord, record: RunRecord) -> Iterator[str]:
    missing = len(record.cells) - len(stored.cells)
    if missing:
        yield f"{missing} of the plan's {len(record.cells)} cells are missing: taken as not run"
    if stored.pauses != record.pauses:
        yield "stored pauses do not follow one another: put in order"
    if stored.status != record.status:
        yield f"stored status {stored.status}, but its cells make it {record.status}"
    elif stored.validity is not None and record.validity is not None:
        said, found = stored.validity.verdict, record.validity.verdict
        if said != found:
            yield f"stored validity {said}, but its cells make it {found}: recomputed"
    _, went_back = held_times(stored)
    if went_back:
        yield held_words(went_back)
    cells = {cell.cell: cell for cell in record.cells}
    for index, cell in enumerate(stored.cells):
        yield from _cell_disagreements(f"cells[{index}]", cell, cells[cell.cell])
    drafts = {draft.row: draft for draft in record.drafts}
    missing = len(drafts) - len(stored.drafts)
    if missing:
        yield f"{missing} of the plan's {len(drafts)} draft passes are missing: taken as not run"
    for index, draft in enumerate(stored.drafts):
        yield from _judged_disagreements(f"drafts[{index}]", draft, drafts[draft.row], ("pass_ms", "ratio"))


def _cell_disagreements(path: str, stored: CellRecord, found: CellRecord) -> Iterator[str]:
    yield from _judged_disagreements(path, stored, found, _INTERVALS)
    for name in ("order", "started_at_s"):
        if getattr(stored, name) != getattr(found, name):
            yield f"{path}: stored {name} does not follow from when the samples were taken: recomputed"
    if stored.estimated != found.estimated:
        yield f"{path}: stored estimated {stored.estimated}, the plan says {found.estimated}: corrected"


def _judged_disagreements(
    path: str, stored: CellRecord | DraftRecord, found: CellRecord | DraftRecord, intervals: Iterable[str]
) -> Iterator[str]:
    for name in intervals:
        before, after = getattr(stored, name), getattr(found, name)
        if before is not None and after is None:
            yield f"{path}: stored {name} has no samples behind it: dropped"
        elif before is None and after is not None:
            yield f"{path}: {name} is missing: computed from the samples"
        elif before is not None:
            said = _interval_disagreement(name, before, after)
            if said:
                yield f"{path}: {said}: recomputed"
    if stored.verdict != found.verdict:
        yield f"{path}: stored verdict {stored.verdict}, its samples give {found.verdict}: recomputed"
    if stored.suspended_rounds != found.suspended_rounds:
        yield f"{path}: stored suspended_rounds are not rounds of its samples, ascending: corrected"


def _interval_disagreement(name: str, before: Interval, after: Interval) -> str | None:
    unit = " ms" if name.endswith("_ms") else ""
    if not before.ci_low <= before.median <= before.ci_high:
        return (
            f"stored {name} is impossible, {before.ci_low:.6g} ≤ {before.median:.6g} ≤ "
            f"{before.ci_high:.6g}{unit} does not hold"
        )
    for field, word in (("median", "median"), ("ci_low", "lower bound"), ("ci_high", "upper bound")):
        old, new = getattr(before, field), getattr(after, field)
        if not math.isclose(old, new, rel_tol=TOLERANCE, abs_tol=1e-12):
            return f"stored {name} {word} {old:.6g}{unit}, samples give {new:.6g}{unit}"
    return None
