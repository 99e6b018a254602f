"""The breakdown of a run in a page and as CSV, and what is exported of how it was executed."""

from __future__ import annotations

import csv
import io
import re

import pytest

from specprof.analysis.acceptance import PUBLISHED
from specprof.analysis.opened import Run
from specprof.run.record import RunRecord
from specprof.views.export.csv_file import csv_text

from .measured_run import record as unprofiled
from .profiled_run import HOSTILE, profiled, with_checks, with_kernels
from .test_export_page import Page, page

WIDTH = re.compile(r"width: ([\d.]+)%; background: var\(--([a-z0-9-]+)\)")


def bars(shown: Page) -> list[list[tuple[float, str]]]:
    """Of each bar the widths of its parts, per cent, and their colours."""
    found: list[list[tuple[float, str]]] = []
    for tag, attributes in shown.tags:
        if tag == "div" and attributes.get("class") == "bar":
            found.append([])
        match = WIDTH.fullmatch(attributes.get("style") or "")
        if match:
            found[-1].append((float(match[1]), match[2]))
    return found


def test_the_page_has_a_bar_for_each_cell_as_long_as_its_total():
    run = profiled()
    _, shown = page(Run.of(run))
    found = bars(shown)
    assert len(found) == len(run.cells)
    for cell, parts in zip(run.cells, found, strict=True):
        longest = max(c.breakdown.total_ms for c in run.cells if c.cell.row == cell.cell.row)
        assert sum(width for width, _ in parts) == pytest.approx(
            100 * cell.breakdown.total_ms / longest, abs=0.01
        )
        assert [colour for _, colour in parts] == ["series-1", "series-2", "series-3", "series-4", "grid"]
    assert "norms, rotary, activation" in shown.text
    assert "profiled once, apart from the timed samples" in shown.text


def test_every_colour_of_a_bar_is_declared_though_there_are_fewer_curves():
    text, _ = page(Run.of(profiled(seq_lens=(128,))))
    used = set(re.findall(r"var\((--[a-z0-9-]+)\)", text))
    assert used <= set(re.findall(r"(--[a-z0-9-]+):", text))


def test_the_page_says_where_it_is_of_a_slice():
    assert "Of the slice that was measured, 2 of 32 layers" in page(Run.of(profiled(sliced=True)))[1].text
    assert "Of the slice" not in page(Run.of(profiled()))[1].text


def test_a_hostile_kernel_name_is_text():
    run = with_kernels(profiled(), {1: HOSTILE, 16: "good", 64: "good", 112: "good"})
    text, shown = page(Run.of(run))
    assert "<script" not in text
    assert "script" not in {tag for tag, _ in shown.tags}
    assert f"{HOSTILE} → good" in shown.text


def test_without_a_breakdown_the_page_has_nothing_of_it():
    text, _ = page(Run.of(unprofiled()))
    assert "Where the time" not in text
    assert ".bar" not in text


# CSV


def rows(record: RunRecord) -> list[dict[str, str]]:
    run = Run.of(record)
    return list(csv.DictReader(io.StringIO(csv_text(run, (PUBLISHED,), run.batch_sizes))))


def test_csv_has_the_parts_and_the_total_in_columns():
    run = profiled()
    for row, cell in zip(rows(run), run.cells, strict=True):
        found = cell.breakdown
        for name in ("linear_ms", "attention_ms", "elementwise_ms", "head_ms", "gaps_ms"):
            assert float(row[name]) == pytest.approx(getattr(found, name), rel=1e-8)
        assert float(row["profiled_ms"]) == pytest.approx(found.total_ms, rel=1e-8)


def test_csv_leaves_the_columns_empty_where_nothing_was_profiled():
    assert {row["linear_ms"] + row["profiled_ms"] for row in rows(unprofiled())} == {""}


# How it was executed


def test_the_page_names_modes_checked_rates_and_what_was_dropped():
    made = with_checks(profiled(attention_beside="eager"))
    device = made.environment.device.model_copy(update={"gemm_flops_per_s": 3.125e14})
    plan = made.plan.model_copy(update={"quantization": "int8"})
    environment = made.environment.model_copy(update={"device": device})
    _, shown = page(Run.of(made.model_copy(update={"environment": environment, "plan": plan})))
    said = " ".join(shown.text.split())
    for words in (
        "Execution compile with attention eager was dropped: its logits are too far off.",
        "checked: eager, sdpa error 0.0021, at most 0.02 allowed; 12.30 ms for one candidate and",
        "3 graphs compiled",
        "sdpa, masked efficient (aten::_efficient_attention_forward)",
        "attention sdpa, with eager beside it",
        "quantization int8",
        "GEMM rate, measured 312.5 TFLOP/s",
    ):
        assert re.sub(r"\W", "", words) in re.sub(r"\W", "", said), words
